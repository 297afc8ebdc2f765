"""Passwords, as argon2id hashes. Hashing takes tens of milliseconds of one core, so it runs in a thread."""

from __future__ import annotations

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


@cache
def _nobodys() -> str:
    """A hash that no password has, so that an unknown email takes as long as a wrong password."""
    return _hasher.hash(secrets.token_urlsafe())


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """True when ``password`` is the one; equally slow when there is no such user (``kept`` is None)."""
    return await asyncio.to_thread(_verify, password, kept)


def _verify(password: str, kept: str | None) -> bool:
    try:
        return _hasher.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
