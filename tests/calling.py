"""People who call one of the account's numbers, in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from running import AGENTS_ANSWER, LEAD_ANSWERS, LEAD_PHONE, RunningService, configuration, running_service, until

from speedtolead.simulator import Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.config import PhoneNumber

OURS = "+12125550100"
TRACKING = "+13055550100"
STRANGER = "+19175550143"


def tracking(terms: str = "") -> str:
    """A configuration with a tracking number beside the form; ``terms``: more of the source, as YAML in a flow."""
    base = configuration(agents=2)
    source = (
        f'  - {{name: billboard, kind: call, campaign: auto, number: "{TRACKING}", price_per_call: 40.00{terms}}}\n'
    )
    return base.replace("campaigns:\n", f"{source}campaigns:\n")


@asynccontextmanager
async def answered_service(
    url: str, folder: Path, text: str, people: tuple[Person, ...] = (AGENTS_ANSWER, LEAD_ANSWERS), **more: Any
) -> AsyncIterator[RunningService]:
    """A service whose numbers' calls are told to it."""
    async with running_service(url, folder, text, people, **more) as service:
        tell_calls_to(service)
        yield service


def tell_calls_to(service: RunningService, *, status: bool = True) -> None:
    voice = f"{service.url}/carrier/twilio/voice"
    for phone in (OURS, TRACKING, *(f"+1212{5550110 + n}" for n in range(1, 4))):
        told = PhoneNumber(phone, voice_url=voice, status_callback=f"{voice}/status" if status else "")
        service.simulator.carrier.numbers[phone] = told


async def call_us(service: RunningService, to: str = OURS, from_: str = LEAD_PHONE, **person: Any) -> Call:
    """Somebody calls; ``person`` is their script: answers, talk, hangs_up_after_answer."""
    body: dict[str, Any] = {"from": from_, "to": to, "person": {"talk": 20.0} | person}
    url = f"http://127.0.0.1:{service.simulator.port}/simulator/inbound"
    async with service.http.post(url, json=body) as response:
        made = await response.json()
        assert response.status == 201, made
    return service.simulator.carrier.calls[made["sid"]]


async def calls_in(service: RunningService, **query: str) -> list[Any]:
    found = await service.get("/v1/inbound-calls", **query)
    return list(found["calls"])


async def over(service: RunningService, call: Call, **query: str) -> Any:
    """What the account is told of a call, once it is over."""

    async def look() -> Any:
        for one in await calls_in(service, **query):
            if one["carrier_call_id"] == call.sid and one["ended_at"]:
                return one
        return None

    return await until(look, what="the call is over")
