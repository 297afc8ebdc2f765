"""How long the service waits for what may never come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """Leases and windows. ``dialing`` must outlast one carrier request, or a slow answer would look like none."""

    claim: timedelta = timedelta(seconds=15)
    """A claimed attempt whose node says nothing for this long goes back to the plan."""
    dialing: timedelta = timedelta(seconds=25)
    """An attempt whose carrier request was not answered for this long is unknown."""
    call: timedelta = timedelta(seconds=60)
    """A call that nothing was heard of for this long is looked up at the carrier."""
    consistency: timedelta = timedelta(seconds=60)
    """For this long the carrier is asked again and again before "no such call" is believed."""
    ask_again: timedelta = timedelta(seconds=5)
    """Between two such questions."""
    hang_up: timedelta = timedelta(seconds=15)
    """An agent whose lead is gone is free after this long, even if the end of the agent's call is never told."""
    missed_offer_rest: timedelta = timedelta(seconds=30)
    """An agent who did not take an offer is left in peace for this long."""
