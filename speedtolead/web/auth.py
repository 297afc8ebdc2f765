"""Who is asking: a key in ``Authorization``, or a session in a cookie; and that a form was ours.

Owns: telling callers apart, and refusing. A key never opens a page, and a cookie changes nothing without the
page's token and our own origin.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

COOKIE = "stl_session"
MANAGING = frozenset({"supervisor", "manager", "admin"})
"""Roles that see the account; an agent's session does not."""
CHANGING = frozenset({"manager", "admin"})
CSRF_FIELD = "csrf"


@dataclass(frozen=True, slots=True)
class Caller:
    """``source_id`` is set for a source's key, which reaches that source's leads only."""

    account_id: UUID
    source_id: UUID | None = None


def bearer(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


def unauthorised(detail: str = "A key is needed: Authorization: Bearer KEY.") -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


async def caller(request: web.Request, *, whole_account: bool = False) -> Caller:
    """Whoever the key or the session stands for. Raises 401, or 403 for a source's key that may not do this."""
    key = bearer(request)
    if key is not None:
        owner = await request.app[SERVICES].leads.key_owner(key)
        if owner is None:
            raise unauthorised("This key is unknown or revoked.")
        found = Caller(owner.account_id, owner.source_id)
    else:
        session = await session_of(request)
        if session is None:
            raise unauthorised()
        check_role(session)
        if request.method not in {"GET", "HEAD"}:
            check_form(request, request.headers.get("X-CSRF-Token"))
        found = Caller(session.account_id)
    if whole_account and found.source_id is not None:
        raise Problem(403, "forbidden", "A source's key may only post and read that source's leads.")
    return found


async def managing(request: web.Request) -> Caller:
    """A caller who may change how the account works: its key, or a manager. Raises 401 or 403."""
    found = await caller(request, whole_account=True)
    session = None if bearer(request) else await session_of(request)
    if session is not None and session.role not in CHANGING:
        raise Problem(403, "forbidden", "This is for managers; a supervisor may look.")
    return found


def check_role(session: SessionOwner) -> None:
    """Raises 403 for an agent: the account's leads and numbers are the managers'."""
    if session.role not in MANAGING:
        raise Problem(403, "forbidden", "This is for managers; an agent is rung on the agent's own phone.")


async def session_of(request: web.Request) -> SessionOwner | None:
    token = request.cookies.get(COOKIE)
    return await request.app[SERVICES].sign_in.owner(token) if token else None


async def acting(request: web.Request) -> str:
    """Who does it, for the record: the email of who is signed in, or ``api`` for a key."""
    session = None if bearer(request) else await session_of(request)
    return "api" if session is None else session.email


def csrf_token(request: web.Request) -> str:
    """Bound to the session's cookie, so it is worth nothing to another site or user."""
    cookie = request.cookies.get(COOKIE, "")
    return hmac.new(
        request.app[SERVICES].signing_key, cookie.encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()


def check_form(request: web.Request, token: str | None) -> None:
    """Raises 403 unless the change comes from one of our own pages."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(403, "forbidden", "This request came from another site.")
    if not hmac.compare_digest(csrf_token(request).encode(), (token or "").encode(errors="surrogatepass")):
        raise Problem(403, "forbidden", "The page is out of date; reload it and try again.")
