"""Carriers in trouble: a second account takes over without doubling, a breaker holds calls back and no lead.

The first account is a simulated Twilio, the second one a simulated SignalWire: another base path, a project id, a
signing key and a signature header of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from running import (
    AGENTS_ANSWER,
    SPEED,
    RunningService,
    configuration,
    free_port,
    person,
    running_node,
    running_service,
    settings_for,
    until,
)
from twilio.request_validator import RequestValidator

from speedtolead.commands import doctor
from speedtolead.simulator import (
    Fault,
    PhoneNumber,
    RunningSimulator,
    SimulatorConfig,
    as_signalwire,
    default_people,
    running_simulator,
)
from speedtolead.simulator.people import Does

FIRST_NUMBER, SECOND_NUMBER = "+12125550100", "+13055550100"
PHONES = tuple(f"+130355501{n:02d}" for n in range(40, 60))
IMPATIENT: dict[str, Any] = {"claim_lease": 1.0, "call_lease": 2.0, "carrier_consistency_window": 2.0,
                             "carrier_timeout": 1.0, "missed_offer_rest": 0.5}  # fmt: skip
PATIENT: dict[str, Any] = {"carrier_timeout": 10.0, "call_lease": 30.0}
"""Where nothing fails, a busy machine must not look like a carrier in trouble."""
LEADS_ANSWER = person("+1303555*", Does.ANSWER, ring=1.0, talk=5.0)
LONG = 60.0


@dataclass
class Telephony:
    """A carrier that can be switched off and on again at its address; what it did before is remembered."""

    config: SimulatorConfig
    port: int = field(default_factory=free_port)
    runs: list[RunningSimulator] = field(default_factory=list)
    _life: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def on(self) -> RunningSimulator:
        self.runs.append(await self._life.enter_async_context(running_simulator(self.config, port=self.port)))
        return self.now

    async def off(self) -> None:
        await self._life.aclose()

    @property
    def now(self) -> RunningSimulator:
        return self.runs[-1]

    def rung(self, phone: str) -> int:
        return sum(len(run.carrier.calls_to(phone)) for run in self.runs)

    def asked(self) -> int:
        """How many requests for a call came."""
        return sum(a.method == "POST" and a.path.endswith("/Calls.json") for a in self.now.gate.arrivals)

    def fault(self, does: str, **more: Any) -> None:
        self.now.carrier.faults.order([Fault(does, **more)])

    def mend(self) -> None:
        self.now.carrier.faults.reset()


@dataclass
class TwoCarriers:
    service: RunningService
    first: Telephony
    second: Telephony

    async def post(self, phones: tuple[str, ...]) -> list[str]:
        """Every one of them is taken, whatever the carriers do."""
        answers = await asyncio.gather(*(self.service.post(phone=phone) for phone in phones))
        assert {status for status, _ in answers} == {202}
        return [answer["lead_id"] for _, answer in answers]

    async def contacted(self, leads: list[str]) -> list[Any]:
        found = [await self.service.ended(lead_id, LONG) for lead_id in leads]
        assert {lead["status"] for lead in found} == {"contacted"}
        return found

    async def talked(self, lead_id: str) -> Any:
        """The contacted lead, once both phones of its call are known to be over."""
        await self.contacted([lead_id])
        return await self.service.lead_when(
            lead_id, lambda lead: all(leg["ended_at"] for leg in lead["attempts"][0]["legs"]), LONG
        )

    async def unknown(self, leads: list[str]) -> None:
        """Each first attempt is unknown, as soon as it is."""
        for lead_id in leads:
            await self.service.lead_when(lead_id, lambda lead: lead["attempts"][0]["state"] == "unknown")

    def rung(self, phone: str) -> tuple[int, int]:
        return self.first.rung(phone), self.second.rung(phone)

    async def left_alone(self) -> dict[str, str]:
        found = await self.service.get("/v1/alerts")
        return {one["carrier"]: one["state"] for one in found["carriers"]}

    async def until_left_alone(self, *states: str) -> None:
        async def look() -> bool:
            return (await self.left_alone()).get("first") in states

        await until(look, LONG, f"the first carrier's breaker {states}")

    async def until_all_is_well(self) -> None:
        async def look() -> bool:
            return await self.left_alone() == {}

        await until(look, LONG, "no breaker open")

    async def events(self, kind: str) -> int:
        async with self.service.database.connection() as tx:
            found: int = await tx.fetchval("SELECT count(*) FROM event WHERE kind = $1", kind)
            return found


def config(calls_per_second: float = 1000.0, numbers: tuple[str, ...] = ()) -> SimulatorConfig:
    people = (AGENTS_ANSWER, LEADS_ANSWER, *default_people())
    owned = tuple(PhoneNumber(number) for number in numbers)
    return SimulatorConfig(speed=SPEED, people=people, calls_per_second=calls_per_second, numbers=owned)


def text(mode: str = "lead_first", numbers: tuple[str, ...] = ("first", "second"), agents: int = 8) -> str:
    owned = {"first": f'{{phone: "{FIRST_NUMBER}"}}', "second": f'{{phone: "{SECOND_NUMBER}", carrier: second}}'}
    listed = f"numbers: [{', '.join(owned[name] for name in numbers)}]"
    before = 'numbers: [{phone: "+12125550100"}, {phone: "+13055550100"}]'
    made = configuration(mode=mode, agents=agents)
    assert before in made
    return made.replace(before, listed)


def second_account(second: Telephony) -> dict[str, Any]:
    at = second.config
    return {
        "twilio_2_account_sid": at.account_sid,
        "twilio_2_auth_token": at.auth_token,
        "twilio_2_signing_key": at.signing_key,
        "twilio_2_api_url": f"http://127.0.0.1:{second.port}{at.path_prefix}",
        "twilio_2_calls_per_second": 1000.0,
    }


@asynccontextmanager
async def two_carriers(
    database_url: str,
    folder: Path,
    configured: str | None = None,
    first: SimulatorConfig | None = None,
    second: SimulatorConfig | None = None,
    **more: Any,
) -> AsyncIterator[TwoCarriers]:
    a, b = Telephony(first or config()), Telephony(as_signalwire(second or config()))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(b.off)
        stack.push_async_callback(a.off)
        one = await a.on()
        await b.on()
        given = IMPATIENT | second_account(b) | more
        service = await stack.enter_async_context(
            running_service(database_url, folder, configured or text(), simulator=one, **given)
        )
        yield TwoCarriers(service, a, b)


# ---- another carrier's guise --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
async def test_a_lead_talks_to_an_agent_through_a_carrier_in_the_guise_of_signalwire(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    async with two_carriers(database_url, tmp_path, text(mode, ("second",)), **PATIENT) as two:
        (lead_id,) = await two.post(PHONES[:1])
        lead = await two.talked(lead_id)
        legs = lead["attempts"][0]["legs"]
        assert {leg["carrier"] for leg in legs} == {"second"}
        assert {leg["ended_as"] for leg in legs} == {"completed"}
        assert {leg["carrier_call_id"] for leg in legs} == set(two.second.now.carrier.calls)
        assert all(len(leg["carrier_call_id"]) == 36 for leg in legs)  # a UUID, as SignalWire's are
        assert lead["attempts"][0]["caller_id"] == SECOND_NUMBER
        assert two.rung(PHONES[0]) == (0, 1)
        assert two.first.asked() == 0
        await two.service.agents_free()


async def test_a_callback_counts_only_with_the_signature_of_the_legs_own_carrier(
    database_url: str, tmp_path: Path
) -> None:
    async with two_carriers(database_url, tmp_path, text(numbers=("first",)), **PATIENT) as two:
        (lead_id,) = await two.post(PHONES[:1])
        lead = await two.talked(lead_id)
        async with two.service.database.connection() as tx:
            row = await tx.fetchrow("SELECT id, attempt_id FROM leg WHERE kind = 'lead'")
        path = f"/carrier/twilio/attempts/{row['attempt_id']}/legs/{row['id']}/status"
        fields = {"CallSid": "CA9", "CallStatus": "busy", "AnsweredBy": "machine_start"}

        async def told(key: str, header: str) -> int:
            signed = RequestValidator(key).compute_signature(two.service.url + path, fields)
            async with two.service.http.post(
                two.service.url + path, data=fields, headers={header: signed}
            ) as response:
                return response.status

        others, own = two.second.config.signing_key, two.first.config.auth_token
        assert await told(others, "X-SignalWire-Signature") == 403
        assert await told(others, "X-Twilio-Signature") == 403
        async with two.service.database.connection() as tx:
            kept = "SELECT count(*) FROM carrier_callback WHERE fields ->> 'CallSid' = 'CA9'"
            assert await tx.fetchval(kept) == 0
        assert await two.service.lead(lead_id) == lead
        assert await told(own, "X-Twilio-Signature") == 204


# ---- taking over --------------------------------------------------------------------------------------------


async def test_calls_are_shared_by_weight_each_shown_from_a_number_of_its_carrier(
    database_url: str, tmp_path: Path
) -> None:
    async with two_carriers(database_url, tmp_path, twilio_weight=1.0, twilio_2_weight=1.0) as two:
        leads = await two.contacted(await two.post(PHONES))
        by_carrier: dict[str, set[str]] = {"first": set(), "second": set()}
        for lead in leads:
            (attempt,) = lead["attempts"]
            (used,) = {leg["carrier"] for leg in attempt["legs"]}
            by_carrier[used].add(attempt["caller_id"])
        assert by_carrier == {"first": {FIRST_NUMBER}, "second": {SECOND_NUMBER}}
        assert [sum(two.rung(phone)) for phone in PHONES] == [1] * len(PHONES)


async def test_a_carrier_that_refuses_connections_is_taken_over_at_once_and_comes_back_by_one_call(
    database_url: str, tmp_path: Path
) -> None:
    """A definite no sends the attempt to the other account at the next look. Once the carrier answers again, one
    call goes through and tells."""
    async with two_carriers(database_url, tmp_path) as two:
        await two.first.off()
        await two.contacted(await two.post(PHONES[:8]))
        assert [two.rung(phone) for phone in PHONES[:8]] == [(0, 1)] * 8
        await two.until_left_alone("open")
        assert await two.events("carrier.paused") == 1
        await two.contacted(await two.post(PHONES[8:10]))
        await two.first.on()
        await two.until_left_alone("half_open")
        two.first.fault("delay", path="*/Calls.json", method="POST", seconds=0.5)
        more = await two.post(PHONES[10:16])
        await two.until_all_is_well()
        assert two.first.asked() == 1
        await two.contacted(more)
        assert [sum(two.rung(phone)) for phone in PHONES[:16]] == [1] * 16
        assert await two.events("carrier.resumed") == 1
        await two.contacted(await two.post(PHONES[16:17]))
        assert two.rung(PHONES[16]) == (1, 0)


async def test_an_attempt_that_both_carriers_refuse_is_passed_on_once_and_then_waits(
    database_url: str, tmp_path: Path
) -> None:
    """Neither owns the number that is shown. That says nothing of the carrier, so no breaker ends it."""
    others = config(numbers=("+19295550100",))
    async with two_carriers(database_url, tmp_path, first=others, second=others) as two:
        (lead_id,) = await two.post(PHONES[:1])

        async def waits() -> bool:
            async with two.service.database.connection() as tx:
                found: bool = await tx.fetchval(
                    "SELECT state = 'scheduled' AND tries = 2 AND due_at > now() + interval '20 s' FROM attempt"
                    " WHERE lead_id = $1",
                    lead_id,
                )
                return found

        await until(waits, what="the attempt put back for later")
        assert (two.first.asked(), two.second.asked()) == (1, 1)
        assert await two.left_alone() == {}


async def test_what_a_carrier_leaves_unclear_is_looked_for_there_before_another_may_call(
    database_url: str, tmp_path: Path
) -> None:
    """It answers 503 to everything. The first two calls were made all the same; nobody can know."""
    async with two_carriers(database_url, tmp_path) as two:
        two.first.fault("drop", on="callback", times=-1)
        two.first.fault("status_after", path="*/Calls.json", method="POST", times=2)
        two.first.fault("status", status=503, code=20503, times=-1)
        made = await two.post(PHONES[:2])
        await two.unknown(made)
        unclear = await two.post(PHONES[2:5])
        await two.unknown(unclear)
        await two.until_left_alone("open", "half_open")
        others = await two.contacted(await two.post(PHONES[5:8]))
        assert {leg["carrier"] for lead in others for leg in lead["attempts"][0]["legs"]} == {"second"}
        await two.unknown([*made, *unclear])
        assert [two.second.rung(phone) for phone in PHONES[:5]] == [0] * 5
        two.first.mend()
        await two.contacted([*made, *unclear])
        assert [two.rung(phone) for phone in PHONES[:2]] == [(1, 0)] * 2
        assert [sum(two.rung(phone)) for phone in PHONES[:8]] == [1] * 8
        await two.service.agents_free(LONG)


# ---- one carrier, two nodes ---------------------------------------------------------------------------------


@pytest.mark.timeout(120)
async def test_a_breaker_that_one_node_opened_holds_for_the_other_and_every_lead_is_called_when_it_closes(
    database_url: str, tmp_path: Path
) -> None:
    carrier = Telephony(config())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(carrier.off)
        one = await carrier.on()
        made = text(numbers=("first",))
        service = await stack.enter_async_context(
            running_service(database_url, tmp_path, made, simulator=one, **IMPATIENT)
        )
        (tmp_path / "two").mkdir()
        settings = settings_for(database_url, tmp_path / "two", carrier.port, **IMPATIENT)
        await stack.enter_async_context(running_node(settings))
        two = TwoCarriers(service, carrier, carrier)
        other = TwoCarriers(_at(service, settings.own_url), carrier, carrier)
        await carrier.off()
        leads = await two.post(PHONES[:5])
        await two.until_left_alone("open")
        assert await other.left_alone() == {"first": "open"}
        leads += await two.post(PHONES[5:8]) + await other.post(PHONES[8:12])
        await carrier.on()
        await two.until_left_alone("half_open")
        await two.until_all_is_well()
        await two.contacted(leads)
        assert [carrier.rung(phone) for phone in PHONES[:12]] == [1] * 12
        assert (await two.events("carrier.paused"), await two.events("carrier.resumed")) == (1, 1)


def _at(service: RunningService, url: str) -> RunningService:
    """The same service, asked at another of its nodes."""
    return RunningService(**{name: getattr(service, name) for name in service.__dataclass_fields__} | {"url": url})


async def test_the_board_says_which_carrier_is_left_alone_and_why(service: RunningService) -> None:
    async def known() -> bool:
        async with service.database.connection() as tx:
            return bool(await tx.fetchval("SELECT count(*) FROM carrier_breaker"))

    await until(known, what="the dialer connected")
    async with service.database.transaction() as tx:
        await tx.execute(
            "UPDATE carrier_breaker SET state = 'open', since = now(), opened_at = now(),"
            " words = 'it is not reached', try_at = now() + interval '1 hour' WHERE carrier = 'first'"
        )
        await tx.execute("UPDATE carrier_slot SET passes = 0 WHERE carrier = 'first'")
    status, _ = await service.post()
    assert status == 202
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        given = {"email": "manager@test.example", "password": "change-me-now"}
        await browser.post(f"{service.url}/login", data=given)
        async with browser.get(f"{service.url}/", headers={"Accept": "text/html"}) as response:
            page = " ".join((await response.text()).split())
    assert 'data-carrier="first"' in page
    assert "places no calls since" in page
    assert "it is not reached" in page
    assert service.rung() == 0
    told = [finding.words for finding in [one async for one in doctor.examine(service.settings)] if not finding.ok]
    assert any("first carrier account: held back since" in words for words in told)


async def test_numbers_of_a_carrier_that_is_not_set_are_found_by_the_doctor_and_call_nobody(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, text(numbers=("second",))) as service:
        status, answer = await service.post()
        assert status == 202
        told = [finding.words for finding in [one async for one in doctor.examine(service.settings)]]
        assert any(
            "1 of account test are of the second carrier account, which is not set" in words for words in told
        )
        assert (await service.lead(answer["lead_id"]))["attempts"][0]["state"] == "scheduled"
        assert service.rung() == 0


# ---- too many calls -----------------------------------------------------------------------------------------


async def test_calls_that_queue_at_the_carrier_slow_all_nodes_down(database_url: str, tmp_path: Path) -> None:
    """The settings promise the carrier more calls a second than it takes."""
    async with two_carriers(
        database_url, tmp_path, text(numbers=("first",)), first=config(calls_per_second=1.5)
    ) as two:
        leads = await two.post(PHONES[:6])

        async def slowed() -> float | None:
            async with two.service.database.connection() as tx:
                pace: float = await tx.fetchval("SELECT pace FROM carrier_slot WHERE carrier = 'first'")
                return pace if pace < 1 else None

        assert await until(slowed, what="a slower pace") == 0.5
        await two.contacted(leads)
        assert [two.first.rung(phone) for phone in PHONES[:6]] == [1] * 6
        assert await two.left_alone() == {}
