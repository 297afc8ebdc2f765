"""Who is asking: a key in ``Authorization``, or a session in a cookie; and that a form was ours.

Owns: telling callers apart. Which of them may use a route stands in ``access``, and was held before. A key never
opens a page, and a cookie changes nothing without the page's token and our own origin.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from speedtolead.store.intake import KeyOwner
from speedtolead.store.people import SessionOwner
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

COOKIE = "stl_session"
MANAGING = frozenset({"supervisor", "manager", "admin"})
"""Roles that see the account; an agent's session sees the agent's own calls."""
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


_SESSION = web.RequestKey("session", list[SessionOwner | None])
_KEY = web.RequestKey("key_owner", KeyOwner)


async def key_owner(request: web.Request) -> KeyOwner:
    """Whose the key in the request is; looked up once a request. Raises 401."""
    if _KEY not in request:
        owner = await request.app[SERVICES].leads.key_owner(bearer(request) or "")
        if owner is None:
            raise unauthorised("This key is unknown or revoked.")
        request[_KEY] = owner
    return request[_KEY]


async def caller(request: web.Request, *, whole_account: bool = False) -> Caller:
    """Whoever the key or the session stands for. Raises 401, or 403 for a source's key that may not do this."""
    if bearer(request) is not None:
        owner = await key_owner(request)
        found = Caller(owner.account_id, owner.source_id)
    else:
        session = await session_of(request)
        if session is None:
            raise unauthorised()
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


async def session_of(request: web.Request, *, used: bool = True) -> SessionOwner | None:
    """Whose session the cookie is; looked up once a request. ``used``: a person did something with it."""
    if _SESSION not in request:
        token = request.cookies.get(COOKIE)
        owner = await request.app[SERVICES].sign_in.owner(token, used=used) if token else None
        request[_SESSION] = [owner]
    return request[_SESSION][0]


async def still_in(request: web.Request) -> bool:
    """Whether whoever began a long answer may go on with it: false once the session was ended."""
    token = request.cookies.get(COOKIE)
    if bearer(request) is not None or token is None:
        return True
    return await request.app[SERVICES].sign_in.owner(token, used=False) is not None


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
