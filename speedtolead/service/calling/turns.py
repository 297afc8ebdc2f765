"""Whose turn it is among those who wait: the last in a campaign's line, once in a while.

Owns: what a node's looks at the plan count, and the one row that is ranked first by it. Must not know: how often
(``worth``), or who is dialled.

Each node counts its own picks. Killed or restarted, it begins to count anew: a turn comes later, and nothing else.
Two nodes at once give one turn: whoever has one and still waits is the first in line, and nobody else is put there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from speedtolead.domain.worth import OVERDUE, TURN_AHEAD, Turns
from speedtolead.store import dial
from speedtolead.store.dial import DueRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)


class LastInLine:
    """The turns of one node."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._owed: dict[UUID, list[UUID]] = {}

    def saw(self, due: Sequence[DueRow], picked: Collection[UUID], now: datetime) -> None:
        """One look at the plan: what was due for the agents who were free, and which attempts were picked."""
        agents = {row.campaign_id: row.agents for row in due}
        picks = Counter(row.campaign_id for row in due if row.attempt_id in picked)
        for campaign_id, free in agents.items():
            if self._turns.picked(campaign_id, picks[campaign_id], now):
                self._owed[campaign_id] = free

    async def give(self, tx: Connection, now: datetime) -> None:
        """Rank first whoever has a turn. Nothing is written where nobody has waited long enough."""
        while self._owed:
            campaign_id, agents = self._owed.popitem()
            given = await dial.GIVE_TURN.first(
                tx,
                campaign_id=campaign_id,
                agents=agents,
                overdue=now - OVERDUE,
                now=now,
                rank_at=now + TURN_AHEAD,
            )
            if given is not None:
                log.info("dialer.turn", attempt_id=str(given.id))
