"""Addresses that only their receiver knows: an id with a mark that nobody else can make.

Owns: the mark. Must not know: what an address is for; each use has a purpose of its own, so that one's address is
worth nothing at another.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from uuid import UUID

_MARK = 16


class SecretLinks:
    def __init__(self, key: bytes, purpose: bytes) -> None:
        self._key = key
        self._purpose = purpose

    def token(self, of: UUID) -> str:
        return urlsafe_b64encode(of.bytes + self._mark(of)).decode().rstrip("=")

    def id_of(self, token: str) -> UUID | None:
        """None for a token that we did not make."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (NotBase64, ValueError):
            return None
        if len(raw) != 16 + _MARK:
            return None
        of = UUID(bytes=raw[:16])
        return of if hmac.compare_digest(raw[16:], self._mark(of)) else None

    def _mark(self, of: UUID) -> bytes:
        return hmac.new(self._key, self._purpose + of.bytes, hashlib.sha256).digest()[:_MARK]
