"""What every part of a node stands on: settings, the clock, connections, the rules.

Owns: making it from the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from speedtolead.ports import Clock
from speedtolead.service.calling.patience import Patience
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store.database import Database


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts stand on. ``apart``: connections for whatever must not be in a call's way."""

    settings: Settings
    clock: Clock
    database: Database
    apart: Database
    rules: RuleSets
    permits: Permits


async def rules_of(database: Database, clock: Clock) -> RuleSets:
    rules = RuleSets(database, clock)
    await rules.refresh()
    return rules


def simulated(settings: Settings) -> bool:
    return settings.carrier == "simulated"


def patience_of(settings: Settings) -> Patience:
    """``dialing`` outlasts the slowest carrier request, so that a slow answer is not taken for none."""
    call = timedelta(seconds=settings.call_lease)
    window = timedelta(seconds=settings.carrier_consistency_window)
    return Patience(
        claim=timedelta(seconds=settings.claim_lease),
        dialing=timedelta(seconds=2 * settings.carrier_timeout + 2),
        call=call,
        consistency=window,
        missed_offer_rest=timedelta(seconds=settings.missed_offer_rest),
        ask_again=min(timedelta(seconds=5), max(window / 10, timedelta(milliseconds=200))),
    )
