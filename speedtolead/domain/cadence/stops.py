"""What ends a cadence, or a channel of it, before its steps are used up.

Owns: the reasons, and which steps each of them stops. Must not know: where the news of a reason comes from.
What the law stops (a suppression, consent that has ended) is the permit's, whatever is said here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from speedtolead.domain.cadence.plan import Channel


class Stop(StrEnum):
    """Why a cadence goes on no further."""

    CONTACTED = "contacted"
    """A verified two-way talk; one under the campaign's minimum counts as missed."""
    REPLIED = "replied"
    """The person wrote back: somebody should answer."""
    OPTED_OUT = "opted_out"
    BOOKED = "booked"
    """An appointment was made."""
    QUOTED = "quoted"
    SOLD = "sold"
    RETURNED = "returned"
    NEWER_LEAD = "newer_lead"
    """The same person came again, and that lead is in work."""
    WRONG_NUMBER = "wrong_number"
    STOPPED = "stopped"
    """By the account."""
    ATTEMPTS_USED_UP = "attempts_used_up"
    DAYS_USED_UP = "days_used_up"
    CONSENT_EXPIRED = "consent_expired"
    NO_STEP_LEFT = "no_step_left"


ALWAYS = frozenset({Stop.OPTED_OUT, Stop.WRONG_NUMBER, Stop.STOPPED, Stop.RETURNED, Stop.CONSENT_EXPIRED})
"""These stop every channel; no campaign can say otherwise."""
ALL = frozenset(Channel) - {Channel.WAIT}
CHOICES = MappingProxyType(
    {
        Stop.CONTACTED: ALL,
        Stop.REPLIED: ALL,
        Stop.BOOKED: ALL,
        Stop.QUOTED: frozenset(),
        Stop.SOLD: ALL,
        Stop.NEWER_LEAD: frozenset(),
    }
)
"""What a campaign may choose, and what holds where it says nothing: the channels that each reason stops."""


@dataclass(frozen=True, slots=True)
class StopRules:
    """``stops``: the channels that each reason stops. ``attempts`` and ``days``: after so many of them it is over.

    Attempts that were refused or withdrawn do not count.
    """

    stops: Mapping[Stop, frozenset[str]] = field(default_factory=lambda: CHOICES)
    attempts: int | None = None
    days: int | None = None

    def stopped(self, channel: str, happened: Collection[str]) -> Stop | None:
        """The first reason, in the order of ``Stop``, that stops a channel."""
        for reason in Stop:
            if reason in happened and (reason in ALWAYS or channel in self.stops.get(reason, ALL)):
                return reason
        return None

    def used_up(self, made: int, received_at: datetime, at: datetime) -> Stop | None:
        if self.attempts is not None and made >= self.attempts:
            return Stop.ATTEMPTS_USED_UP
        if self.days is not None and at >= received_at + timedelta(days=self.days):
            return Stop.DAYS_USED_UP
        return None
