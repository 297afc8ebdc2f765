"""Users and their sessions. Must not know: what a role may do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from speedtolead.store.query import Nothing, Query


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


USER_BY_EMAIL = Query("user_by_email", UserRow)
OPEN_SESSION = Query("open_session", Nothing)
SESSION_OWNER = Query("session_owner", SessionOwner)
CLOSE_SESSION = Query("close_session", Nothing)
PRUNE_SESSIONS = Query("prune_sessions", Nothing)
