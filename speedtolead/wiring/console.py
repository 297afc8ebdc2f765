"""What the agents' consoles are built from. Owns: that, and nothing else."""

from __future__ import annotations

from typing import TypedDict

from speedtolead.adapters.simulated_phones import SimulatedPhones
from speedtolead.adapters.twilio.softphone import TwilioSoftphones
from speedtolead.ports import Clock
from speedtolead.ports import softphone as ports
from speedtolead.service.cadences.asked_calls import AskedCalls
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.labels import Labels
from speedtolead.service.console.cards import Cards
from speedtolead.service.console.dispositions import Dispositions
from speedtolead.service.console.seats import Seats
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.leads import Leads
from speedtolead.service.messages.wording import Wording
from speedtolead.service.outcomes import Outcomes
from speedtolead.settings import Settings
from speedtolead.store.database import Database


class ConsoleServices(TypedDict):
    seats: Seats
    cards: Cards
    dispositions: Dispositions
    softphones: ports.Softphones
    simulated_phones: ports.SimulatedPhones | None


def console_services(
    settings: Settings,
    database: Database,
    clock: Clock,
    calls: Calls,
    permits: Permits,
    suppressions: Suppressions,
    wording: Wording,
) -> ConsoleServices:
    follow_up = FollowUp(permits)
    simulated = None
    softphones: ports.Softphones = TwilioSoftphones(
        settings.twilio_account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
        None if settings.voice_sdk is None else settings.voice_sdk.read_bytes(),
    )
    if settings.carrier == "simulated":
        softphones = simulated = SimulatedPhones(f"http://127.0.0.1:{settings.simulator_port}")
    return {
        "seats": Seats(database, clock),
        "cards": Cards(database, clock, permits),
        "dispositions": Dispositions(
            database,
            clock,
            Outcomes(database, clock, follow_up),
            Leads(database, clock),
            suppressions,
            Labels(database, clock, calls),
            AskedCalls(database, clock, permits, wording),
        ),
        "softphones": softphones,
        "simulated_phones": simulated,
    }
