"""How soon a call would start, for a lead that has not come yet.

Owns: the estimate from free agents, agents at work, waiting leads and the usual length of a call.
Must not know: how any of these is counted. An estimate is not a promise, and says so by its name.
"""

from __future__ import annotations

from dataclasses import dataclass

USUAL_CALL = 180.0
"""Seconds that an agent is busy with a lead, where nothing is known of this campaign: ringing, talk and notes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A campaign's agents and queue at one moment. ``seconds_each``: how long one lead keeps an agent busy."""

    free: int
    at_work: int
    waiting: int
    seconds_each: float | None = None


def seconds_until_agent(desk: Desk) -> float | None:
    """The expected wait for an agent of one more lead; None where nobody is at work.

    With more free agents than waiting leads it is 0. Else ``(waiting + 1 - free) * seconds_each / at_work``: the
    mean time in which a saturated queue with ``at_work`` servers moves up by so many places (Little's law).
    """
    if desk.free > desk.waiting:
        return 0.0
    if desk.at_work <= 0:
        return None
    places = desk.waiting + 1 - desk.free
    return places * (desk.seconds_each or USUAL_CALL) / desk.at_work
