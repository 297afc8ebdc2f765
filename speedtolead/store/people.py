"""Users, their sessions, and sign-ins that failed. Must not know: what a role may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class UserRow:
    user_id: UUID
    account_id: UUID
    role: str
    password_hash: str
    account: str


@dataclass(frozen=True, slots=True)
class SessionOwner:
    account_id: UUID
    user_id: UUID
    email: str
    role: str
    account: str
    timezone: str
    session_id: UUID
    used_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    session_id: UUID
    user_id: UUID
    email: str
    role: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class FailureRow:
    key: bytes
    tries: int
    since: datetime


USER_BY_EMAIL = Query("user_by_email", UserRow)
OPEN_SESSION = Query("open_session", Nothing)
SESSION_OWNER = Query("session_owner", SessionOwner)
USE_SESSION = Query("use_session", Nothing)
SESSIONS_OF_ACCOUNT = Query("sessions_of_account", SessionRow)
END_SESSION = Query("end_session", Id)
CLOSE_SESSION = Query("close_session", Nothing)
PRUNE_SESSIONS = Query("prune_sessions", Nothing)
COUNT_FAILURES = Query("count_failures", FailureRow)
FORGIVE_FAILURES = Query("forgive_failures", Nothing)
PRUNE_FAILURES = Query("prune_failures", Nothing)
