"""The talks under way, as they are shown to those who may do something about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.call import LegKind, LegState
from speedtolead.domain.talk import Listening, Part, Recorded, Talk, TalkParty
from speedtolead.service.controls.parties import recorded_as
from speedtolead.store import controls as rows
from speedtolead.store.controls import PartyRow, TalkRow
from speedtolead.store.database import Database

MOST = 500


@dataclass(frozen=True, slots=True)
class Shown:
    row: TalkRow
    talk: Talk


class Talks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def under_way(self, account_id: UUID, agent_ids: frozenset[UUID] | None = None) -> list[Shown]:
        """Longest first, at most ``MOST``; ``agent_ids``: only those that one of these agents leads."""
        wanted = None if agent_ids is None else sorted(agent_ids)
        async with self._database.connection() as tx:
            talks = await rows.TALKS_OF_ACCOUNT.all(tx, account_id=account_id, agent_ids=wanted, most=MOST)
            ids = [talk.attempt_id for talk in talks]
            found = await rows.PARTIES_OF_TALKS.all(tx, attempt_ids=ids) if ids else []
        by_talk: dict[UUID, list[PartyRow]] = defaultdict(list)
        for party in found:
            by_talk[party.attempt_id].append(party)
        return [Shown(talk, _talk(by_talk[talk.attempt_id])) for talk in talks]

    async def agents_of(self, account_id: UUID, user_id: UUID) -> frozenset[UUID]:
        """The agents that a user is."""
        async with self._database.connection() as tx:
            found = await rows.AGENTS_OF_USER.all(tx, account_id=account_id, user_id=user_id)
        return frozenset(one.id for one in found)


def _talk(found: Sequence[PartyRow]) -> Talk:
    lead = next((row for row in reversed(found) if row.kind == LegKind.LEAD), None)
    recorded = Recorded.NO if lead is None else recorded_as(lead.recording, lead.paused_at)
    return Talk(tuple(_party(row) for row in found), True, recorded)


def _party(row: PartyRow) -> TalkParty:
    return TalkParty(
        leg_id=row.leg_id,
        kind=LegKind(row.kind),
        state=LegState(row.state),
        accepted=row.accepted_at is not None,
        part=Part(row.part) if row.part else None,
        took_over=row.took_over_at is not None,
        withdrawn=row.withdrawn_at is not None,
        muted=row.muted,
        held=row.held,
        listens=Listening(row.listens) if row.listens else None,
        agent_id=row.agent_id,
        name=row.name,
    )
