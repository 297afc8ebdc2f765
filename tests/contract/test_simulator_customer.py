"""A customer of the simulated carrier: the official SDK as its client, a small server for its webhooks.

The other test_simulator_* modules borrow `office` from here. This module's own tests are about webhooks: that
they are signed, complete, in order, and repeated only on request.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from speedtolead.simulator import (
    Person,
    PhoneNumber,
    RunningSimulator,
    SimulatorConfig,
    default_people,
    running_simulator,
)
from speedtolead.simulator.signals import Signals

OURS = "+12125550000"
LEAD = "+13035550142"
AGENT = "+14155550199"
ALL = ["initiated", "ringing", "answered", "completed"]
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}
PATIENCE = 8.0


def authorization(name: str, password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(name, password)}


class RedirectedClient(AsyncTwilioHttpClient):
    """The SDK's client, sent to the simulator instead of to Twilio."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        """The SDK's own way to authenticate is deprecated by aiohttp: hence the header."""
        name, password = more.pop("auth")
        more["headers"] = {**(more.get("headers") or {}), **authorization(name, password)}
        async with asyncio.timeout(PATIENCE):
            return await super().request(method, url.replace("https://api.twilio.com", self._url), *args, **more)


@dataclass
class Hook:
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]


Reply = str | int | Callable[[Hook], str | int]


@dataclass
class Office:
    simulator: RunningSimulator
    client: Client
    session: aiohttp.ClientSession
    url: str = ""
    hooks: list[Hook] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    forged: list[str] = field(default_factory=list)
    signals: Signals = field(default_factory=Signals)

    async def receive(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        told = form or dict(request.query)
        hook = Hook(request.path, told, dict(request.headers))
        validator = RequestValidator(self.simulator.config.auth_token)
        signature = request.headers.get("X-Twilio-Signature", "")
        address = f"{request.scheme}://{request.host}{request.raw_path}"
        if not validator.validate(address, form, signature):
            self.forged.append(request.path)
        self.hooks.append(hook)
        self.signals.changed()
        reply = self.replies.get(request.path, "")
        answer = reply(hook) if callable(reply) else reply
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.Response(text=answer, content_type="text/xml")

    def at(self, path: str, **wanted: str) -> list[Hook]:
        return [
            hook
            for hook in self.hooks
            if hook.path == path and all(hook.parameters.get(k) == v for k, v in wanted.items())
        ]

    async def heard(self, path: str, count: int = 1, **wanted: str) -> list[Hook]:
        await self.signals.wait_for(lambda: len(self.at(path, **wanted)) >= count, PATIENCE)
        return self.at(path, **wanted)

    async def last_word(self, path: str = "/status", **wanted: str) -> Hook:
        """The callback that says the call is over."""

        def over() -> list[Hook]:
            return [hook for hook in self.at(path, **wanted) if hook["CallStatus"] in OVER]

        await self.signals.wait_for(over, PATIENCE)
        return over()[0]

    async def is_over(self, sid: str) -> Any:
        carrier = self.simulator.carrier
        await carrier.wait_for(lambda: not carrier.calls[sid].is_live, PATIENCE)
        return carrier.calls[sid]

    async def is_live(self, sid: str) -> Any:
        carrier = self.simulator.carrier
        await carrier.wait_for(lambda: carrier.calls[sid].answered_at is not None, PATIENCE)
        return carrier.calls[sid]

    async def call(self, to: str, twiml: str = "<Response><Pause length='600'/></Response>", **more: Any) -> Any:
        settings = {"status_callback": f"{self.url}/status", "status_callback_event": ALL} | more
        if "url" not in settings:
            settings["twiml"] = twiml
        return await self.client.calls.create_async(to=to, from_=OURS, **settings)

    async def control(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.simulator.url}/simulator{path}"
        async with self.session.request(method, url, json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()


class Mishaps(logging.Handler):
    """Collects what the simulator itself calls an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(self.format(record))


@asynccontextmanager
async def office(*people: Person, speed: float = 200.0, **settings: Any) -> AsyncIterator[Office]:
    """A customer and a carrier. Leaving it checks that every webhook was signed, and that nothing broke."""
    mishaps = Mishaps()
    logging.getLogger("speedtolead.simulator").addHandler(mishaps)
    config = SimulatorConfig(
        speed=speed, people=(*people, *default_people()), **{"calls_per_second": 1000.0} | settings
    )
    async with running_simulator(config) as simulator, aiohttp.ClientSession() as session:
        http = RedirectedClient(simulator.url)
        client = Client(config.account_sid, config.auth_token, http_client=http)
        customer = Office(simulator, client, session)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", customer.receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        customer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield customer
        finally:
            await runner.cleanup()
            await http.close()
            logging.getLogger("speedtolead.simulator").removeHandler(mishaps)
    assert customer.forged == []
    assert mishaps.records == []


def number(customer_url: str, **more: str) -> PhoneNumber:
    return PhoneNumber(OURS, voice_url=f"{customer_url}/voice", sms_url=f"{customer_url}/sms", **more)


async def test_every_status_is_told_in_order_and_signed() -> None:
    async with office() as o:
        call = await o.call(LEAD, "<Response><Pause length='5'/></Response>")
        await o.last_word()
        hooks = o.at("/status")
        assert [h["CallStatus"] for h in hooks] == ["initiated", "ringing", "in-progress", "completed"]
        assert [h["SequenceNumber"] for h in hooks] == ["0", "1", "2", "3"]
        assert all(h["CallSid"] == call.sid and h["From"] == OURS and h["To"] == LEAD for h in hooks)
        assert all(h["CallbackSource"] == "call-progress-events" for h in hooks)
        assert all(h["AccountSid"] == o.simulator.config.account_sid for h in hooks)
        assert {h["Direction"] for h in hooks} == {"outbound-api"}
        assert hooks[-1]["SipResponseCode"] == "200"
        assert 5 <= int(hooks[-1]["CallDuration"]) <= 15
        assert all("+0000" in h["Timestamp"] for h in hooks)
        assert len({h.headers["I-Twilio-Idempotency-Token"] for h in hooks}) == 4


async def test_without_events_only_the_end_is_told() -> None:
    async with office() as o:
        await o.client.calls.create_async(
            to=LEAD, from_=OURS, twiml="<Response/>", status_callback=f"{o.url}/status"
        )
        await o.last_word()
        await o.simulator.carrier.callbacks.settled()
        assert [h["CallStatus"] for h in o.hooks] == ["completed"]


async def test_a_callback_may_be_fetched_with_get_and_its_own_query_is_kept() -> None:
    async with office() as o:
        o.replies["/status"] = ""
        await o.call(LEAD, "<Response/>", status_callback=f"{o.url}/status?a=b%20c", status_callback_method="GET")
        hooks = await o.heard("/status", 4)
        assert [h["CallStatus"] for h in hooks] == ["initiated", "ringing", "in-progress", "completed"]
        assert {h["a"] for h in hooks} == {"b c"}


async def test_a_failed_callback_is_lost_by_default() -> None:
    async with office() as o:
        o.replies["/status"] = 500
        await o.call("+13035550172")
        await o.last_word()
        await o.simulator.carrier.callbacks.settled()
        assert [h["CallStatus"] for h in o.hooks] == ["initiated", "busy"]


async def test_connection_overrides_repeat_it_with_the_same_token() -> None:
    async with office() as o:
        o.replies["/status"] = lambda hook: 503 if len(o.at("/status")) < 3 else ""
        await o.call(
            "+13035550172",
            status_callback=f"{o.url}/status#rc=3&rp=ct,5xx",
            status_callback_event=["completed"],
        )
        hooks = await o.heard("/status", 3)
        await o.simulator.carrier.callbacks.settled()
        assert len(o.at("/status")) == 3
        assert len({h.headers["I-Twilio-Idempotency-Token"] for h in hooks}) == 1


async def test_a_silent_server_is_given_up_after_the_read_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with office() as o:
            port = silent.getsockname()[1]
            call = await o.call(LEAD, "<Response/>", status_callback=f"http://127.0.0.1:{port}/#rt=100")
            assert (await o.is_over(call.sid)).status == "completed"
            await o.simulator.carrier.callbacks.settled()


async def test_callbacks_to_a_dead_server_do_not_disturb_the_call() -> None:
    async with office() as o:
        with socket.create_server(("127.0.0.1", 0)) as dead:
            port = dead.getsockname()[1]
        call = await o.call(LEAD, "<Response/>", status_callback=f"http://127.0.0.1:{port}/gone")
        assert (await o.is_over(call.sid)).status == "completed"
        await o.simulator.carrier.callbacks.settled()
