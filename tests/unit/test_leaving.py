"""Both sides hang up right: what becomes of a call whose other side is gone."""

from __future__ import annotations

import pytest
from test_call import agent, lead

from speedtolead.domain.call import AnsweredBy, DialMode, Leg, LegEnd
from speedtolead.domain.leaving import AgentsCall, LeadsCall, agents_call, leads_call

A, L, B, H = DialMode.AGENT_FIRST, DialMode.LEAD_FIRST, DialMode.BOTH, DialMode.HOT
STAYS, NEXT, ENDS = LeadsCall.GOES_ON, LeadsCall.NEXT_AGENT, LeadsCall.ENDS
DECLINED, TOOK_AND_LEFT = agent(ended=3), agent(2, ended=4)

LEADS: dict[str, tuple[tuple[DialMode, ...], Leg | None, list[Leg], LeadsCall]] = {
    "no lead's call yet": ((A, L, B, H), None, [TOOK_AND_LEFT], STAYS),
    "the lead's call is over": ((A, L, B, H), lead(5, 9), [TOOK_AND_LEFT], STAYS),
    "an agent's phone rings": ((A, L, B, H), lead(), [agent()], STAYS),
    "an agent is there": ((A, L, B, H), lead(5), [agent(2)], STAYS),
    "complaint 4: the agent left, the lead's phone rings": ((A, B, H), lead(), [TOOK_AND_LEFT], ENDS),
    "the agent left the talk": ((A, B, H), lead(3), [agent(2, ended=9)], ENDS),
    "the agent declined, the lead's phone rings": ((B,), lead(), [DECLINED], NEXT),
    "the agent declined, the lead waits": ((B,), lead(2), [DECLINED], NEXT),
    "two agents declined": ((B,), lead(2), [DECLINED, DECLINED], NEXT),
    "the next agent rings": ((A, B, H), lead(2), [DECLINED, agent()], STAYS),
    "one took it and left, after one who declined": ((B,), lead(), [DECLINED, TOOK_AND_LEFT], ENDS),
    "the carrier follows the lead's own instructions": ((L,), lead(5), [TOOK_AND_LEFT], STAYS),
    "a machine": ((A, L, B, H), lead(5, by=AnsweredBy.MACHINE), [agent(2)], ENDS),
    "a machine and nobody": ((A, L, B, H), lead(5, by=AnsweredBy.MACHINE), [DECLINED], ENDS),
}


@pytest.mark.parametrize(("case", "mode"), [(case, mode) for case, (modes, *_) in LEADS.items() for mode in modes])
def test_what_becomes_of_the_leads_call(case: str, mode: DialMode) -> None:
    _, of_lead, of_agents, expected = LEADS[case]
    assert leads_call(mode, of_lead, of_agents) is expected


AGENTS: dict[str, tuple[Leg | None, Leg, bool, bool, AgentsCall]] = {
    "the lead's phone rings": (lead(), agent(2), False, True, AgentsCall.GOES_ON),
    "a talk": (lead(5), agent(2), True, True, AgentsCall.GOES_ON),
    "the lead hung up: their conference ends both": (lead(5, 9), agent(2), True, False, AgentsCall.GOES_ON),
    "the lead was not reached": (lead(None, 9, LegEnd.BUSY), agent(2), False, False, AgentsCall.GOODBYE),
    "not reached, the agent's phone rings": (lead(None, 9, LegEnd.BUSY), agent(), False, False, AgentsCall.ENDS),
    "the lead waited in vain, the agent's phone rings": (lead(3, 9), agent(), False, False, AgentsCall.ENDS),
    "put back to the plan": (lead(), agent(2), False, False, AgentsCall.GOODBYE),
    "put back to the plan, the phone rings": (lead(), agent(), False, False, AgentsCall.ENDS),
    "the agent has left": (lead(None, 9, LegEnd.BUSY), TOOK_AND_LEFT, False, False, AgentsCall.GOES_ON),
}


@pytest.mark.parametrize("case", AGENTS)
def test_what_becomes_of_the_agents_call_when_both_were_rung(case: str) -> None:
    of_lead, of_agent, bridged, dialing, expected = AGENTS[case]
    assert agents_call(B, of_lead, of_agent, bridged=bridged, dialing=dialing) is expected


@pytest.mark.parametrize("mode", [A, L, H])
@pytest.mark.parametrize("case", AGENTS)
def test_elsewhere_the_carrier_ends_one_with_the_other_or_the_line_stays(case: str, mode: DialMode) -> None:
    of_lead, of_agent, bridged, dialing, _ = AGENTS[case]
    assert agents_call(mode, of_lead, of_agent, bridged=bridged, dialing=dialing) is AgentsCall.GOES_ON


@pytest.mark.parametrize(
    ("of_lead", "of_agents", "expected"),
    [
        (lead(), [agent(2, ended=4), agent()], ENDS),
        (lead(), [agent(), agent(2, ended=4)], ENDS),
        (lead(5), [agent(), agent(2)], STAYS),
    ],
)
def test_of_those_who_were_rung_at_once_only_the_taker_keeps_the_leads_phone_ringing(
    of_lead: Leg, of_agents: list[Leg], expected: LeadsCall
) -> None:
    assert leads_call(A, of_lead, of_agents) is expected


@pytest.mark.parametrize(
    ("of_agent", "expected"),
    [
        (agent(), AgentsCall.ENDS),
        (DECLINED, AgentsCall.GOES_ON),
        (TOOK_AND_LEFT, AgentsCall.GOES_ON),
    ],
)
def test_whose_lead_another_took_stops_ringing(of_agent: Leg, expected: AgentsCall) -> None:
    assert agents_call(A, None, of_agent, bridged=False, dialing=True, taken=True) is expected
