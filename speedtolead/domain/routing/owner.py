"""Owners: the agent whom a lead belongs to, by name or because they talked last."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent


def owner_first(ordered: Sequence[FreeAgent], owner: UUID | None) -> list[FreeAgent]:
    """The owner before all others, if free; the rest as they were."""
    return sorted(ordered, key=lambda agent: agent.agent_id != owner)


def owner_only(ordered: Sequence[FreeAgent], owner: UUID | None) -> list[FreeAgent]:
    """Nobody but the owner, and the fallback group where it may be asked; a lead that has none is anybody's."""
    if owner is None:
        return list(ordered)
    return owner_first([a for a in ordered if a.agent_id == owner or a.fallback], owner)
