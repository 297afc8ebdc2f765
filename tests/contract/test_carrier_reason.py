"""Why a call is made, where the carrier shows it: on each way by which a lead is rung, and only if it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from carrier_office import AGENT, LEAD, OURS, carrier_office, order

from speedtolead.ports import ConnectLead, Goodbye, OfferLead
from speedtolead.simulator import Does, Person

ATTEMPT, LEG = UUID(int=1), UUID(int=2)
WHY = "Your insurance quote, as you asked & wished"
SILENT = Person(pattern=LEAD, does=Does.MANUAL)
TAKES = Person(pattern=AGENT, does=Does.ANSWER, ring=0.5, presses="1")


@pytest.mark.parametrize("reason", [WHY, None])
async def test_a_call_and_a_participant_carry_the_reason_of_their_order(reason: str | None) -> None:
    async with carrier_office(SILENT) as o:
        wanted = replace(order(), reason=reason)
        placed = await o.carrier.place_call(wanted)
        dialled = await o.carrier.dial_into(wanted, "a-room")
        assert [o.simulator.carrier.calls[call].reason for call in (placed, dialled)] == [reason, reason]


async def test_a_lead_who_is_rung_from_the_agents_call_sees_the_reason_and_the_agent_does_not() -> None:
    async with carrier_office(TAKES, SILENT) as o:
        o.answers["/accept"] = ConnectLead(ATTEMPT, LEG, LEAD, OURS, timedelta(seconds=20), reason=WHY)
        o.answers["/dialed"] = Goodbye()
        agents = await o.carrier.place_call(order(AGENT, OfferLead(ATTEMPT, LEG, "Press 1.")))
        await o.simulator.carrier.wait_for(lambda: o.simulator.carrier.calls_to(LEAD), 8)
        (rung,) = o.simulator.carrier.calls_to(LEAD)
        assert rung.reason == WHY
        assert o.simulator.carrier.calls[agents].reason is None
