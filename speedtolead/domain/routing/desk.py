"""A free agent, as routing sees one.

Must not know: rows, or how the agent is rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """``contacts`` and ``sales`` are the agent's own, of late. ``fallback``: of the fallback group only."""

    agent_id: UUID
    idle_since: datetime
    offered_at: datetime | None = None
    tier: int = 1
    weight: float = 1.0
    skills: frozenset[str] = frozenset()
    licensed: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    contacts: int = 0
    sales: int = 0
    fallback: bool = False
