"""Where a person may be: every candidate state and zone, each with the fact that suggests it.

Owns: the candidate. Must not know: the tables behind it (postal codes, area codes), which come through a port.
A person may be at any of the candidates, so a rule about local time must hold at every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """One place where the person may be. ``origin`` is ``state``, ``postal_code`` or ``area_code``."""

    zone: str
    state: str | None
    origin: str
