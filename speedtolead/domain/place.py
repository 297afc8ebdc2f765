"""Where a person may be: every candidate state and zone, each with the fact that suggests it.

Owns: the candidate. Must not know: the tables behind it (postal codes, area codes), which come through a port.
A person may be at any of the candidates, so a rule about local time must hold at every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

IP = "ip"


class Candidate(NamedTuple):
    """One place where the person may be. ``origin`` is ``state``, ``postal_code``, ``area_code`` or ``ip``."""

    zone: str
    state: str | None
    origin: str

    @property
    def advisory(self) -> bool:
        """Shown, and not bound to: an address on the net tells little of where a person is."""
        return self.origin == IP


def binding(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that a rule must hold at."""
    return [candidate for candidate in candidates if not candidate.advisory]
