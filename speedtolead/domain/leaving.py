"""Both sides hang up right: what must become of a call whose other side is gone.

Owns: that decision, from the legs alone. Must not know: how a call is ended, or who else could be offered the lead.

In ``agent_first`` and ``lead_first`` one leg was rung from the other's call, and the carrier ends it with that one.
In ``both`` and ``hot`` the two are calls of their own: whoever is left is let go by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from speedtolead.domain.call import AnsweredBy, DialMode, Leg, LegState


class LeadsCall(StrEnum):
    """What becomes of the lead's call."""

    GOES_ON = "goes_on"
    NEXT_AGENT = "next_agent"
    """The agent who was rung did not take it: the next one is, while the lead's phone rings or the lead waits."""
    ENDS = "ends"


class AgentsCall(StrEnum):
    """What becomes of an agent's call."""

    GOES_ON = "goes_on"
    """Or ends by itself, with the lead's."""
    GOODBYE = "goodbye"
    """The agent, who took the call, is told that there is nobody, and hung up on."""
    ENDS = "ends"


def leads_call(mode: DialMode, lead: Leg | None, agents: Sequence[Leg], *, ends_itself: bool = False) -> LeadsCall:
    """What must become of the lead's call, by who is there to talk to.

    A machine is hung up on. An agent who took the call and has left ends it: before the answer the phone stops
    ringing, after it nobody is left to talk to. One who did not take it is followed by the next. ``ends_itself``:
    the two talked in a conference, which the carrier ends for both with the first to leave.
    """
    if lead is None or lead.state is LegState.ENDED:
        return LeadsCall.GOES_ON
    if lead.answered_by is AnsweredBy.MACHINE:
        return LeadsCall.ENDS
    if mode is DialMode.AGENT_FIRST:  # whoever else was rung at once is let go, and nobody to talk to
        agents = [leg for leg in agents if leg.accepted_at is not None] or agents
    if (
        ends_itself
        or mode is DialMode.LEAD_FIRST
        or not agents
        or any(leg.state is not LegState.ENDED for leg in agents)
    ):
        return LeadsCall.GOES_ON
    if mode is DialMode.BOTH and all(leg.accepted_at is None for leg in agents):
        return LeadsCall.NEXT_AGENT
    return LeadsCall.ENDS


def agents_call(
    mode: DialMode, lead: Leg | None, agent: Leg, *, bridged: bool, dialing: bool, taken: bool = False
) -> AgentsCall:
    """What must become of an agent's call.

    ``taken``: of several agents who were rung at once another took the lead.
    ``bridged``: the two talked, so that their conference's end is the end of both calls. ``dialing``: the attempt
    is still being made; else nobody will come.
    """
    if taken and agent.state is not LegState.ENDED:
        return AgentsCall.ENDS
    over = lead is None or lead.state is LegState.ENDED or not dialing
    if mode is not DialMode.BOTH or agent.state is LegState.ENDED or not over:
        return AgentsCall.GOES_ON
    if agent.state is not LegState.LIVE or agent.accepted_at is None:
        return AgentsCall.ENDS
    return AgentsCall.GOES_ON if bridged else AgentsCall.GOODBYE
