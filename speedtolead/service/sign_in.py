"""Signing in and out: sessions are rows, and the cookie is a random token whose hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from speedtolead.ports import Clock
from speedtolead.service.passwords import matches
from speedtolead.store import people as rows
from speedtolead.store.database import Database
from speedtolead.store.people import SessionOwner

SESSION_LASTS = timedelta(hours=12)


class SignIn:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sign_in(self, email: str, password: str) -> str | None:
        """A new session's token; None where email and password do not belong together."""
        async with self._database.connection() as tx:
            user = await rows.USER_BY_EMAIL.first(tx, email=email.strip().lower())
        if not await matches(password, user.password_hash if user else None) or user is None:
            return None
        token, now = secrets.token_urlsafe(32), self._clock.now()
        async with self._database.connection() as tx:
            await rows.OPEN_SESSION.run(
                tx,
                token_hash=_digest(token),
                account_id=user.account_id,
                user_id=user.user_id,
                now=now,
                expires_at=now + SESSION_LASTS,
            )
        return token

    async def owner(self, token: str) -> SessionOwner | None:
        async with self._database.connection() as tx:
            return await rows.SESSION_OWNER.first(tx, token_hash=_digest(token), now=self._clock.now())

    async def sign_out(self, token: str) -> None:
        async with self._database.connection() as tx:
            await rows.CLOSE_SESSION.run(tx, token_hash=_digest(token))

    async def prune(self) -> None:
        """Forget sessions that are over."""
        async with self._database.connection() as tx:
            await rows.PRUNE_SESSIONS.run(tx, now=self._clock.now())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
