"""The service's side of a carrier, for contract tests: the adapter, and a small server for its callbacks.

Both talk HTTP on loopback: the adapter through the official SDK to the simulated carrier, and the carrier back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.callbacks import TwilioCallbacks
from speedtolead.adapters.twilio.carrier import TwilioCarrier, twilio_carrier
from speedtolead.domain.carrier import CarrierName
from speedtolead.ports import CallOrder, Goodbye, Instruction, KnownCall
from speedtolead.simulator import (
    Fault,
    Person,
    RunningSimulator,
    SimulatorConfig,
    as_signalwire,
    default_people,
    running_simulator,
)
from speedtolead.simulator.signals import Signals

OURS, LEAD, AGENT = "+12125550100", "+13035550142", "+14155550111"
PATIENCE = 8.0


@dataclass(frozen=True)
class Heard:
    """One callback as it came in."""

    path: str
    fields: dict[str, list[str]]
    signature: str | None

    def __getitem__(self, name: str) -> str:
        return self.fields[name][-1]


@dataclass
class CarrierOffice:
    simulator: RunningSimulator
    carrier: TwilioCarrier
    callbacks: TwilioCallbacks
    public_url: str
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Instruction] = field(default_factory=dict)
    """What a callback whose path ends so is answered."""
    signals: Signals = field(default_factory=Signals)

    async def receive(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields = {name: [str(value) for value in form.getall(name)] for name in form}
        signature = request.headers.get(self.simulator.config.signature_header)
        self.heard.append(Heard(request.raw_path, fields, signature))
        self.signals.changed()
        for ending, instruction in self.answers.items():
            if request.path.endswith(ending):
                kind, body = self.callbacks.render(instruction)
                return web.Response(text=body, content_type=kind)
        return web.Response()

    def at(self, kind: str) -> list[Heard]:
        return [one for one in self.heard if one.path.endswith(f"/{kind}")]

    def of_leg(self, leg_id: UUID, kind: str) -> list[Heard]:
        return [one for one in self.at(kind) if f"/legs/{leg_id}/" in one.path]

    async def until(self, condition: Callable[[], object]) -> None:
        await self.signals.wait_for(condition, PATIENCE)

    async def is_over(self, call_id: str) -> None:
        carrier = self.simulator.carrier
        await carrier.wait_for(lambda: not carrier.calls[call_id].is_live, PATIENCE)

    async def is_answered(self, call_id: str) -> None:
        carrier = self.simulator.carrier
        await carrier.wait_for(lambda: carrier.calls[call_id].answered_at is not None, PATIENCE)

    def fault(self, does: str, **more: Any) -> Fault:
        fault = Fault(does, **more)
        self.simulator.carrier.faults.order([fault])
        return fault

    def posts(self) -> int:
        """How many requests for a call came to the carrier."""
        return sum(a.method == "POST" and a.path.endswith("/Calls.json") for a in self.simulator.gate.arrivals)

    async def known(self, address: str = LEAD) -> list[KnownCall]:
        return list(await self.carrier.calls_to(address, ago(minutes=1)))


def callbacks_by(key: str, public_url: str) -> TwilioCallbacks:
    """The reader of one account's callbacks, which signs by this key."""
    return TwilioCallbacks({CarrierName.FIRST: key}, Addresses(public_url))


def is_genuine(callbacks: TwilioCallbacks, path: str, fields: dict[str, list[str]], signature: str | None) -> bool:
    return bool(callbacks.signers(path, fields, [] if signature is None else [signature]))


def ago(**parts: float) -> datetime:
    return datetime.now(UTC) - timedelta(**parts)


def order(
    address: str = LEAD,
    instruction: Instruction | None = None,
    *,
    detect: bool = False,
    ring: float = 20,
    attempt_id: UUID | None = None,
    leg_id: UUID | None = None,
    caller_id: str = OURS,
) -> CallOrder:
    return CallOrder(
        attempt_id or uuid4(),
        leg_id or uuid4(),
        address,
        caller_id,
        timedelta(seconds=ring),
        instruction or Goodbye("Hello."),
        detect,
    )


@asynccontextmanager
async def carrier_office(
    *people: Person,
    guise: str = "twilio",
    timeout: float = 5.0,
    token: str | None = None,
    queues: Callable[[timedelta], None] = lambda queued_for: None,
    **settings: Any,
) -> AsyncIterator[CarrierOffice]:
    config = SimulatorConfig(
        people=(*people, *default_people()),
        **{"speed": 200.0, "calls_per_second": 1000.0} | settings,
    )
    if guise == "signalwire":
        config = as_signalwire(config)
    async with (
        running_simulator(config) as simulator,
        _server() as (app, public_url),
        twilio_carrier(
            name="twilio",
            account_sid=config.account_sid,
            auth_token=config.auth_token if token is None else token,
            api_url=simulator.url + config.path_prefix,
            public_url=public_url,
            timeout=timeout,
            queues=queues,
        ) as carrier,
    ):
        callbacks = callbacks_by(config.signing_key or config.auth_token, public_url)
        office = CarrierOffice(simulator, carrier, callbacks, public_url)
        app.append(office)
        yield office


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[list[CarrierOffice], str]]:
    offices: list[CarrierOffice] = []

    async def receive(request: web.Request) -> web.Response:
        return await offices[0].receive(request)

    async with listening(receive) as url:
        yield offices, url


@asynccontextmanager
async def listening(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    """A server on loopback that gives every request to one handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def held(request: web.Request) -> web.Response:
    """Answers never."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
