"""One attempt with its legs, under its lock: what everybody works on who takes news about a call.

Owns: reading it, and writing a leg or an acceptance. Must not know: what follows from either.
The lock lasts until the caller's transaction ends; where that fails, nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from speedtolead.domain import call as legs_of_call
from speedtolead.domain import machine
from speedtolead.domain.agent import Accepted
from speedtolead.domain.attempt import AttemptState, Result
from speedtolead.domain.call import DialMode, Fate, Leg, LegKind, LegReport, LegState
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.inbound import Direction
from speedtolead.domain.machine import Label
from speedtolead.store import agents, dial
from speedtolead.store import calls as rows
from speedtolead.store.calls import CallRow, LegRow
from speedtolead.store.query import Connection


def needs_key(address: str) -> bool:
    """A phone must press 1, because a voicemail box answers too; a browser client answers only by hand."""
    return not address.startswith("client:")


@dataclass(slots=True)
class Call:
    """One attempt with its legs, locked; ``legs`` are replaced as reports are applied."""

    row: CallRow
    campaign: Campaign
    legs: dict[UUID, Leg]
    leg_rows: dict[UUID, LegRow]

    @property
    def mode(self) -> DialMode:
        return DialMode(self.row.mode or self.campaign.dial.mode)

    @property
    def carrier(self) -> CarrierName:
        """The carrier account of the present try: all its legs are there."""
        return CarrierName(next(reversed(self.leg_rows.values())).carrier)

    @property
    def dialing(self) -> bool:
        """The attempt is being made, and nobody was bridged yet."""
        return AttemptState(self.row.state) in {AttemptState.DIALING, AttemptState.UNKNOWN}

    @property
    def unclear(self) -> bool:
        """Whether nobody can say of one of its legs if it was placed, and the carrier has to be asked."""
        return any(
            leg.state is LegState.PLACING and leg.carrier_call_id is None and leg.carrier_code is not None
            for leg in (self.legs[leg_id] for leg_id in self.present() if self._opens(leg_id))
        )

    def present(self) -> list[UUID]:
        """The legs of the present try, in order; those of earlier tries do not count."""
        since = self.row.permitted_at
        return [leg_id for leg_id, leg in self.legs.items() if since is not None and leg.placed_at >= since]

    def current(self, kind: LegKind) -> tuple[UUID, Leg] | None:
        """The latest leg of a kind in the present try; a party rung into the talk counts once it took over, and of
        agents who were rung at once the one who took the lead."""
        found = [leg_id for leg_id in self.present() if self.legs[leg_id].kind is kind and self._leads(leg_id)]
        found = [leg_id for leg_id in found if self.taken_by_another(leg_id) is None] or found
        return (found[-1], self.legs[found[-1]]) if found else None

    def opening(self, kind: LegKind) -> tuple[UUID, Leg] | None:
        """The latest leg of a kind that was to bring agent and lead together, whoever took over since."""
        found = self.rung(kind).items()
        return next((one for one in reversed(found) if self.taken_by_another(one[0]) is None), None)

    def rung(self, kind: LegKind) -> dict[UUID, Leg]:
        """All legs of a kind that were to bring agent and lead together in the present try, oldest first."""
        found = (leg_id for leg_id in self.present() if self._opens(leg_id))
        return {leg_id: self.legs[leg_id] for leg_id in found if self.legs[leg_id].kind is kind}

    def taken_by_another(self, leg_id: UUID) -> datetime | None:
        """When another agent of those who were rung at once took the lead; None: nobody did, or this one."""
        if self.mode is not DialMode.AGENT_FIRST or not self._opens(leg_id):
            return None
        took = {i: leg.accepted_at for i, leg in self.rung(LegKind.AGENT).items() if leg.accepted_at is not None}
        theirs = (i for i in took if i in self.leg_rows and self.leg_rows[i].agent_id == self.row.agent_id)
        first = next(theirs, None) or min(took, key=lambda i: took[i], default=None)
        return None if first is None or first == leg_id or self.legs[leg_id].kind is LegKind.LEAD else took[first]

    def _leads(self, leg_id: UUID) -> bool:
        return self._opens(leg_id) or self.leg_rows[leg_id].took_over_at is not None

    def _opens(self, leg_id: UUID) -> bool:
        row = self.leg_rows.get(leg_id)
        return row is None or row.from_the_start

    def leg(self, kind: LegKind) -> Leg | None:
        found = self.current(kind)
        return found[1] if found else None

    @property
    def incoming(self) -> bool:
        """The person called us."""
        return self.row.direction == Direction.INBOUND

    def fate(self) -> Fate:
        offers = list(self.rung(LegKind.AGENT).values())
        found = legs_of_call.fate(self.mode, self.lead, offers)
        if self.incoming and found.result is Result.ABANDONED:
            return replace(found, result=Result.NO_ANSWER)  # nobody of ours took it
        return found

    @property
    def lead(self) -> Leg | None:
        """The lead's present leg, with who is taken to have answered it."""
        lead, offers = self.leg(LegKind.LEAD), list(self.rung(LegKind.AGENT).values())
        if lead is None:
            return None
        bridged = legs_of_call.fate(self.mode, lead, offers).bridged_at
        label = None if self.row.labelled_as is None else Label(self.row.labelled_as)
        return machine.treated(self.campaign.machine, lead, bridged, label)

    def is_contact(self) -> bool:
        lead, fate = self.lead, self.fate()
        if lead is None or fate.result is not None:
            return False
        minimum = self.campaign.dial.minimum_talk.total_seconds()
        return legs_of_call.is_contact(machine.counted(self.campaign.machine, lead), fate.bridged_at, minimum)

    def labelled(self, label: Label) -> None:
        """Somebody's word on who answered, which was written just now."""
        self.row = replace(self.row, labelled_as=label.value)

    def label_asked(self, detected: legs_of_call.AnsweredBy) -> None:
        self.row = replace(self.row, label_asked=detected.value)

    async def apply(self, tx: Connection, leg_id: UUID, report: LegReport) -> bool:
        """Advance a leg and write it; False where the report told nothing new, or of no leg of this attempt."""
        before = self.legs.get(leg_id)
        if before is None:
            return False
        after = legs_of_call.advance(before, report)
        if after == before:
            return False
        row = self.leg_rows[leg_id]
        if after.kind is LegKind.AGENT and after.live_at and not after.accepted_at and not needs_key(row.address):
            after = legs_of_call.accepted(after, after.live_at)
        self.legs[leg_id] = after
        await rows.save_leg(tx, leg_id, after)
        return True

    async def add_leg(
        self, tx: Connection, leg_id: UUID, kind: LegKind, address: str, agent_id: UUID | None, now: datetime
    ) -> None:
        """A leg that the carrier is about to be asked for, or to ring from another leg's call."""
        row = self.row
        await rows.ADD_LEG.run(
            tx,
            leg_id=leg_id,
            account_id=row.account_id,
            attempt_id=row.attempt_id,
            kind=kind,
            address=address,
            caller_id=self.shown,
            agent_id=agent_id,
            now=now,
        )
        added = LegRow(leg_id, kind, address, self.shown, agent_id, LegState.PLACING, self.carrier, now)
        self.legs[leg_id], self.leg_rows[leg_id] = added.leg(), added

    @property
    def shown(self) -> str:
        """The number that this attempt's calls show."""
        return self.row.caller_id or next((row.caller_id for row in self.leg_rows.values()), "")


async def load(tx: Connection, attempt_id: UUID) -> Call:
    """Lock an attempt and read its legs."""
    row = await rows.LOCK_CALL.one(tx, attempt_id=attempt_id)
    campaign = await dial.campaign(tx, row.account_id, row.campaign_id, row.campaign_version)
    leg_rows = await rows.LEGS_OF_ATTEMPT.all(tx, attempt_id=row.attempt_id)
    return Call(row, campaign, {leg.leg_id: leg.leg() for leg in leg_rows}, {leg.leg_id: leg for leg in leg_rows})


async def take_offer(tx: Connection, call: Call, agent_leg_id: UUID, now: datetime) -> None:
    """The agent pressed 1: talking, as far as the agent is concerned."""
    leg = legs_of_call.accepted(call.legs[agent_leg_id], now)
    call.legs[agent_leg_id] = leg
    await rows.save_leg(tx, agent_leg_id, leg)
    await agents.move_engaged(tx, call.leg_rows[agent_leg_id].agent_id, call.row.attempt_id, Accepted(), now)
