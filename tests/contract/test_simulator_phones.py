"""A telephone of the simulated carrier that a person holds: rung until it is answered by hand."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from speedtolead.simulator import Person, SimulatorConfig, running_simulator
from speedtolead.simulator.engine import Order

PHONE, CLIENT = "+12125550142", "client:agent_2"


async def hold(http: aiohttp.ClientSession, url: str, **body: Any) -> tuple[int, Any]:
    async with http.post(f"{url}/simulator/phones", json=body) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("address", [PHONE, CLIENT])
async def test_a_phone_that_is_held_rings_until_it_is_answered_by_hand(
    http: aiohttp.ClientSession, address: str
) -> None:
    config = SimulatorConfig(speed=100.0, people=(Person(pattern="*", ring=0.1),))
    async with running_simulator(config) as simulator:
        assert await hold(http, simulator.url, address=address) == (200, {"calls": []})
        answered: list[str] = []

        async def script(call: Any) -> None:
            answered.append(call.sid)
            await call.over.wait()

        call = simulator.carrier.place(Order(address, "+12125550100"), script)
        await simulator.carrier.wait_for(lambda: call.status == "ringing")
        _, told = await hold(http, simulator.url, address=address)
        assert [(one["sid"], one["status"], one["with"]) for one in told["calls"]] == [
            (call.sid, "ringing", "+12125550100")
        ]
        async with http.post(f"{simulator.url}/simulator/calls/{call.sid}/answer") as response:
            assert response.status == 200
        await simulator.carrier.wait_for(lambda: answered)


async def test_whoever_lets_go_of_a_phone_gives_it_back_to_its_script(http: aiohttp.ClientSession) -> None:
    config = SimulatorConfig(speed=100.0, people=(Person(pattern="*", ring=0.1),))
    async with running_simulator(config) as simulator:
        await hold(http, simulator.url, address=PHONE, seconds=0)

        async def script(call: Any) -> None:
            await call.over.wait()

        call = simulator.carrier.place(Order(PHONE, "+12125550100"), script)
        await simulator.carrier.wait_for(lambda: call.answered_at)


@pytest.mark.parametrize(
    "body", [{"address": "nobody"}, {"address": PHONE, "seconds": -1}, {"address": PHONE, "seconds": "x"}, {}]
)
async def test_what_is_no_phone_is_refused(http: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    async with running_simulator(SimulatorConfig()) as simulator:
        assert (await hold(http, simulator.url, **body))[0] == 400
