"""Bad days: killed between any two steps, a carrier that times out after dialling, callbacks doubled, reversed,
dropped, a database that goes away, two nodes on one database. In every case each lead is dialled exactly once.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from mortal_node import STEPS
from processes import node_process, restart_postgres
from running import (
    ACCOUNT_KEY,
    AGENTS_ANSWER,
    LEAD_ANSWERS,
    LEAD_PHONE,
    SOURCE_KEY,
    SPEED,
    configuration,
    configure,
    person,
    running_node,
    running_service,
    settings_for,
    until,
)

from speedtolead.settings import Settings
from speedtolead.simulator import Fault, RunningSimulator, SimulatorConfig, running_simulator
from speedtolead.simulator.people import Does, default_people
from speedtolead.store.embedded import embedded_server
from speedtolead.store.migrations import migrate

IMPATIENT: dict[str, Any] = {"claim_lease": 1.0, "call_lease": 2.0, "carrier_consistency_window": 2.0,
                             "carrier_timeout": 1.0, "missed_offer_rest": 0.5}  # fmt: skip
"""Short leases, so that a test need not wait for the real ones."""
PEOPLE = (AGENTS_ANSWER, LEAD_ANSWERS)


@asynccontextmanager
async def carrier(people: tuple[Any, ...] = PEOPLE, **more: Any) -> AsyncIterator[RunningSimulator]:
    config = SimulatorConfig(speed=SPEED, calls_per_second=1000.0, people=(*people, *default_people()), **more)
    async with running_simulator(config) as simulator:
        yield simulator


def fictional_phones() -> list[str]:
    """Numbers that may be called at any hour: a hundred of each area code."""
    return [f"+1{area}55501{n:02d}" for area in (201, *range(302, 311), *range(401, 411)) for n in range(100)]


class Outside:
    """A client that knows only addresses: it goes on when the node behind them dies."""

    def __init__(self, http: aiohttp.ClientSession, settings: Settings) -> None:
        self._http, self._settings = http, settings

    async def post(self, phone: str = LEAD_PHONE, external_id: str | None = None) -> str:
        """Post until it is answered 202; the lead's id."""
        lead = {"phone": phone, "state": "NY", "consent": {"channels": ["call"]}, "external_id": external_id}

        async def once() -> str | None:
            try:
                async with self._http.post(
                    f"{self._settings.own_url}/v1/leads",
                    json={k: v for k, v in lead.items() if v is not None},
                    headers={"Authorization": f"Bearer {SOURCE_KEY}"},
                ) as response:
                    return (await response.json())["lead_id"] if response.status == 202 else None
            except aiohttp.ClientError:
                return None

        return await until(once, 60, "the lead taken")

    async def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
        async with self._http.get(f"{self._settings.own_url}{path}", headers=headers) as response:
            return await response.json() if response.status == 200 else None

    async def ended(self, lead_id: str) -> Any:
        async def look() -> Any:
            try:
                lead = await self.get(f"/v1/leads/{lead_id}")
            except aiohttp.ClientError:
                return None
            return lead if lead and lead["attempts"] and all(a["ended_at"] for a in lead["attempts"]) else None

        return await until(look, 60, "the lead's attempts ended")

    async def agents_free(self) -> None:
        async def look() -> bool:
            found = await self.get("/v1/agents")
            return bool(found) and {agent["state"] for agent in found["agents"]} == {"available"}

        await until(look, 60, "the agents free")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
@pytest.mark.parametrize("step", list(STEPS))
async def test_killed_after_any_step_the_lead_is_dialled_exactly_once(
    database_url: str, tmp_path: Path, step: str, mode: str
) -> None:
    await configure(database_url, configuration(mode=mode))
    async with carrier() as simulator, aiohttp.ClientSession() as http:
        settings = settings_for(database_url, tmp_path, simulator.port, **IMPATIENT)
        outside = Outside(http, settings)
        async with node_process(settings, step) as mortal:
            posting = asyncio.create_task(outside.post(external_id="one"))
            assert await mortal.ended() == -signal.SIGKILL
        async with node_process(settings):
            lead_id = await posting
            lead = await outside.ended(lead_id)
            await outside.agents_free()
        assert len(simulator.carrier.calls_to(LEAD_PHONE)) == 1
        assert len(lead["attempts"]) == 1
        assert lead["status"] in {"contacted", "exhausted"}
        assert not [call for call in simulator.carrier.calls.values() if call.is_live]


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
@pytest.mark.parametrize("kind", ["timeout_after", "reset_after", "status_after"])
async def test_a_carrier_that_fails_after_dialling_made_one_call_and_it_is_found(
    database_url: str, tmp_path: Path, mode: str, kind: str
) -> None:
    async with running_service(database_url, tmp_path, configuration(mode=mode), **IMPATIENT) as service:
        service.simulator.carrier.faults.order([Fault(does=kind, path="*/Calls.json", method="POST", seconds=5)])
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["status"] == "contacted"
        assert service.rung() == 1
        await service.agents_free()


async def test_a_call_that_no_callback_tells_of_is_found_by_asking_the_carrier(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(
        database_url, tmp_path, configuration(mode="lead_first"), (AGENTS_ANSWER, person(LEAD_PHONE, Does.BUSY)),
        **IMPATIENT,
    ) as service:  # fmt: skip
        service.simulator.carrier.faults.order(
            [
                Fault(does="reset_after", path="*/Calls.json", method="POST"),
                Fault(does="drop", on="callback", times=-1),
            ]
        )
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["attempts"][0]["state"] == "busy"
        assert service.rung() == 1
        await service.agents_free()


async def test_a_request_that_never_reached_the_carrier_is_made_after_the_window(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, configuration(mode="lead_first"), **IMPATIENT) as service:
        service.simulator.carrier.faults.order(
            [Fault(does="status", path="*/Calls.json", method="POST", status=500)]
        )
        _, answer = await service.post()
        unknown = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["state"] == "unknown")
        assert unknown
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["status"] == "contacted"
        assert lead["attempts"][0]["tries"] == 2
        assert service.rung() == 1


async def test_a_call_that_the_list_shows_late_is_still_adopted(database_url: str, tmp_path: Path) -> None:
    text = configuration(mode="lead_first")
    await configure(database_url, text)
    async with carrier(list_lag=SPEED * 1.0) as simulator:
        simulator.carrier.faults.order(
            [
                Fault(does="reset_after", path="*/Calls.json", method="POST"),
                Fault(does="drop", on="callback", times=-1, event="initiated"),
                Fault(does="drop", on="callback", times=-1, event="ringing"),
            ]
        )
        async with running_service(database_url, tmp_path, text, PEOPLE, simulator, **IMPATIENT) as service:
            _, answer = await service.post()
            lead = await service.ended(answer["lead_id"], 30)
            assert lead["status"] == "contacted"
            assert service.rung() == 1


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
@pytest.mark.parametrize("fault", ["duplicate", "reverse", "shuffle", "drop"])
async def test_callbacks_doubled_reversed_or_dropped_lead_to_the_same_final_state(
    database_url: str, tmp_path: Path, mode: str, fault: str
) -> None:
    async with running_service(database_url, tmp_path, configuration(mode=mode), **IMPATIENT) as service:
        service.simulator.carrier.faults.order([Fault(does=fault, on="callback", path="*/status", times=-1)])
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"], 30)
        attempt = lead["attempts"][0]
        assert attempt["state"] == "connected"
        assert [leg["ended_as"] for leg in attempt["legs"] if leg["kind"] == "lead"] == ["completed"]
        assert service.rung() == 1
        await service.agents_free()


async def test_too_many_requests_is_a_definite_no_and_is_asked_again(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, configuration(mode="lead_first"), **IMPATIENT) as service:
        service.simulator.carrier.faults.order(
            [Fault(does="status", path="*/Calls.json", method="POST", status=429, code=20429)]
        )
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["status"] == "contacted"
        assert service.rung() == 1


@pytest.mark.timeout(240)
async def test_the_database_restarts_under_load_and_every_202_survives(tmp_path: Path) -> None:
    """A server of its own, because it is stopped: posts meanwhile are answered 503 with Retry-After."""
    with tempfile.TemporaryDirectory(prefix="speedtolead-") as folder:
        await _restart_under_load(Path(folder), tmp_path)


async def _restart_under_load(folder: Path, tmp_path: Path) -> None:
    async with embedded_server(folder) as url, carrier() as simulator:
        await migrate(url)
        await configure(url, configuration(agents=20))
        settings = settings_for(url, tmp_path, simulator.port, **IMPATIENT)
        async with aiohttp.ClientSession() as http, running_node(settings):
            accepted: dict[str, str] = {}
            refused: list[int] = []
            stop = asyncio.Event()
            posting = [
                asyncio.create_task(_keep_posting(http, settings, accepted, refused, stop, n)) for n in range(4)
            ]
            await until(lambda: _at_least(accepted, 10))
            await asyncio.to_thread(restart_postgres, folder / "postgres")
            before = len(accepted)
            await until(lambda: _at_least(accepted, before + 10), 60)
            stop.set()
            await asyncio.gather(*posting)
            connection = await asyncpg.connect(url)
            stored = {str(row["id"]) for row in await connection.fetch("SELECT id FROM lead")}
            assert set(accepted) <= stored

            async def all_over() -> bool:
                open_attempts = await connection.fetchval("SELECT count(*) FROM attempt WHERE ended_at IS NULL")
                return bool(open_attempts == 0)

            await until(all_over, 90, "every attempt over")
            await connection.close()
            assert set(refused) <= {503}
            rung = {phone: len(simulator.carrier.calls_to(phone)) for phone in accepted.values()}
            assert set(rung.values()) == {1}


async def _at_least(things: dict[str, str], number: int) -> bool:
    return len(things) >= number


async def _keep_posting(
    http: aiohttp.ClientSession,
    settings: Settings,
    accepted: dict[str, str],
    refused: list[int],
    stop: asyncio.Event,
    lane: int,
) -> None:
    for phone in fictional_phones()[lane::4]:
        if stop.is_set():
            return
        lead = {"phone": phone, "state": "NY", "consent": {"channels": ["call"]}}
        try:
            async with http.post(
                f"{settings.own_url}/v1/leads", json=lead, headers={"Authorization": f"Bearer {SOURCE_KEY}"}
            ) as response:
                body = await response.json(content_type=None)
        except aiohttp.ClientError:
            continue
        if response.status == 202:
            accepted[body["lead_id"]] = phone
        elif response.status != 422:
            assert response.headers["Retry-After"]
            refused.append(response.status)


@pytest.mark.timeout(240)
async def test_two_nodes_on_one_database_dial_no_lead_twice_in_a_thousand(
    database_url: str, tmp_path: Path
) -> None:
    quick = person("*", Does.BUSY, ring=0.2)
    await configure(database_url, configuration(mode="lead_first", agents=60))
    async with carrier((quick,)) as simulator, aiohttp.ClientSession() as http:
        one = settings_for(database_url, tmp_path, simulator.port)
        two = settings_for(database_url, tmp_path, simulator.port)
        (tmp_path / "two").mkdir()
        async with node_process(one), node_process(two):
            phones = fictional_phones()[:1000]
            gate = asyncio.Semaphore(40)

            async def post(n: int, phone: str) -> str:
                async with gate:
                    return await Outside(http, (one, two)[n % 2]).post(phone)

            leads = await asyncio.gather(*(post(n, phone) for n, phone in enumerate(phones)))
            assert len(set(leads)) == 1000
            connection = await asyncpg.connect(database_url)

            async def all_over() -> bool:
                return bool(await connection.fetchval("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == 0)

            await until(all_over, 120, "every attempt over")
            await connection.close()
        rung = [len(simulator.carrier.calls_to(phone)) for phone in phones]
        assert rung == [1] * 1000


async def test_a_node_that_is_told_to_stop_finishes_what_it_has_begun(database_url: str, tmp_path: Path) -> None:
    await configure(database_url, configuration(mode="lead_first", agents=5))
    async with carrier() as simulator, aiohttp.ClientSession() as http:
        settings = settings_for(database_url, tmp_path, simulator.port)
        async with node_process(settings) as node:
            simulator.carrier.faults.order([Fault(does="delay", path="*/Calls.json", method="POST", seconds=0.5)])
            lead_id = await Outside(http, settings).post()
            await until(lambda: _asked(simulator), what="the carrier asked")
            node.terminate()
            assert await node.ended() == 0
        connection = await asyncpg.connect(database_url)
        row = await connection.fetchrow(
            "SELECT a.state, a.requested_at, l.carrier_call_id FROM attempt a JOIN leg l ON l.attempt_id = a.id"
            " WHERE a.lead_id = $1 AND l.kind = 'lead'",
            lead_id,
        )
        await connection.close()
        assert row["requested_at"] is not None
        assert row["carrier_call_id"] is not None


async def _asked(simulator: RunningSimulator) -> bool:
    return any("Calls.json" in arrival.path for arrival in simulator.gate.arrivals)


async def test_an_agent_reserved_by_a_dead_node_is_free_again(database_url: str, tmp_path: Path) -> None:
    await configure(database_url, configuration())
    async with carrier() as simulator, aiohttp.ClientSession() as http:
        settings = settings_for(database_url, tmp_path, simulator.port, **IMPATIENT)
        async with node_process(settings, "dialing committed") as mortal:
            posting = asyncio.create_task(Outside(http, settings).post(external_id="one"))
            await mortal.ended()
        connection = await asyncpg.connect(database_url)
        assert await connection.fetchval("SELECT state FROM agent") == "reserved"
        await connection.close()
        async with node_process(settings):
            await Outside(http, settings).ended(await posting)
            await Outside(http, settings).agents_free()
