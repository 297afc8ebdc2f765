"""The phone in an agent's browser: what the page needs to be rung by the carrier.

Owns: the port. A token lets its holder be rung under one name, for a while; it is made anew before it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class PhoneToken:
    """``kind``: ``carrier`` (the carrier's own voice SDK) or ``simulated`` (the stand-in)."""

    kind: str
    identity: str
    token: str
    expires_at: datetime


class Softphones(Protocol):
    """Makes tokens. Raises Permanent, with the code ``not_configured``, where the settings for it are missing."""

    @property
    def connects(self) -> tuple[str, ...]:
        """Where the SDK connects to, as a content security policy names it."""
        ...

    @property
    def sdk(self) -> bytes | None:
        """The SDK's script, as the installation keeps it."""
        ...

    def token(self, identity: str, now: datetime) -> PhoneToken: ...


class SimulatedPhones(Protocol):
    """The simulated carrier's phones, answered by hand. Raises Transient or Permanent."""

    async def calls(self, address: str) -> list[dict[str, Any]]:
        """The calls of an address, newest first; for a moment after it, a person answers this phone by hand."""
        ...

    async def do(self, call_id: str, does: str, digits: str = "") -> None:
        """``answer``, ``decline``, ``hangup`` or ``press``."""
        ...
