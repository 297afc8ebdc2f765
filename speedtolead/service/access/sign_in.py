"""Signing in and out: sessions are rows, and the cookie is a random token whose hash is kept.

Owns: opening, using and ending sessions, and counting the tries that failed: a try is counted before its password
is looked at, so many at once are no way around the limit. Must not know: HTTP, what a role may do.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.sign_in import IDLE_LASTS, SESSION_LASTS, WINDOW, Counted, wait
from speedtolead.ports import Clock
from speedtolead.service.access.passwords import matches
from speedtolead.store import people as rows
from speedtolead.store.database import Database
from speedtolead.store.people import SessionOwner, SessionRow

_USED_EVERY = timedelta(minutes=1)
_LONGEST = 200


class TooManyTries(SpeedToLeadError):
    """Signing in failed too often; ``wait`` is how long nothing is tried."""

    code = "too_many_tries"

    def __init__(self, left: timedelta) -> None:
        super().__init__("Signing in failed too often.")
        self.wait = left


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where somebody signs in, as far as it is known."""

    address: str | None = None
    user_agent: str | None = None


class SignIn:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sign_in(self, email: str, password: str, visitor: Visitor = Visitor()) -> str | None:
        """A new session's token; None where email and password do not belong together. Raises TooManyTries."""
        email, now = email.strip().lower(), self._clock.now()
        keys = _keys(email, visitor.address)
        async with self._database.transaction() as tx:
            tries = await rows.COUNT_FAILURES.all(tx, keys=list(keys), now=now, begin=now - WINDOW)
            user = await rows.USER_BY_EMAIL.first(tx, email=email)
        left = wait({keys[row.key]: (row.tries, row.since) for row in tries}, now)
        if left is not None:
            raise TooManyTries(left)
        if not await matches(password, user.password_hash if user else None) or user is None:
            return None
        token = secrets.token_urlsafe(32)
        async with self._database.transaction() as tx:
            await rows.FORGIVE_FAILURES.run(tx, keys=list(keys))
            await rows.OPEN_SESSION.run(
                tx,
                token_hash=_digest(token),
                account_id=user.account_id,
                user_id=user.user_id,
                now=now,
                expires_at=now + SESSION_LASTS,
                address=_readable(visitor.address),
                user_agent=_readable(visitor.user_agent),
            )
        return token

    async def owner(self, token: str, *, used: bool = True) -> SessionOwner | None:
        """Whose session it is, while it lasts. ``used``: a person did something, so it is not idle."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            found = await rows.SESSION_OWNER.first(
                tx, token_hash=_digest(token), now=now, idle_since=now - IDLE_LASTS
            )
            if found is not None and used and now - found.used_at > _USED_EVERY:
                await rows.USE_SESSION.run(tx, token_hash=_digest(token), now=now)
        return found

    async def sign_out(self, token: str) -> None:
        async with self._database.connection() as tx:
            await rows.CLOSE_SESSION.run(tx, token_hash=_digest(token))

    async def sessions(self, account_id: UUID, user_id: UUID | None) -> list[SessionRow]:
        """Who is signed in, the last used first; of one user, or of all the account."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            return await rows.SESSIONS_OF_ACCOUNT.all(
                tx, account_id=account_id, user_id=user_id, now=now, idle_since=now - IDLE_LASTS
            )

    async def end(self, account_id: UUID, session_id: UUID, user_id: UUID | None) -> None:
        """End a session of the account, or of the user. Raises NotFound."""
        async with self._database.connection() as tx:
            ended = await rows.END_SESSION.first(tx, account_id=account_id, session_id=session_id, user_id=user_id)
        if ended is None:
            raise NotFound("There is no such session.")

    async def prune(self) -> None:
        """Forget sessions and failures that are over."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            await rows.PRUNE_SESSIONS.run(tx, now=now, idle_since=now - IDLE_LASTS)
            await rows.PRUNE_FAILURES.run(tx, begin=now - WINDOW)


def _keys(email: str, address: str | None) -> dict[bytes, Counted]:
    """What a try is counted by. Digests: what strangers type is not kept."""
    where = address or ""
    return {
        _digest(f"pair {email} {where}"): Counted.PAIR,
        _digest(f"address {where}"): Counted.ADDRESS,
        _digest(f"email {email}"): Counted.EMAIL,
    }


def _readable(text: str | None) -> str | None:
    """As a page can show and a row can keep it."""
    return None if text is None else "".join(sign for sign in text if sign.isprintable())[:_LONGEST]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
