"""Bad days on the simulated carrier, ordered over its control endpoints."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from test_simulator_customer import LEAD, Office, office
from twilio.base.exceptions import TwilioRestException


async def order(o: Office, **fault: Any) -> None:
    await o.control("POST", "/faults", {"faults": [fault]})


async def test_a_status_is_answered_without_doing_anything_and_only_so_often() -> None:
    async with office() as o:
        await order(o, does="status", method="POST", path="*/Calls.json", status=429, code=20429, times=2)
        for _ in range(2):
            with pytest.raises(TwilioRestException) as refused:
                await o.call(LEAD)
            assert (refused.value.status, refused.value.code) == (429, 20429)
        assert o.simulator.carrier.calls == {}
        await o.call(LEAD)
        (fault,) = (await o.control("GET", "/faults"))["faults"]
        assert (fault["applied"], fault["times"]) == (2, 2)


async def test_a_fault_may_concern_one_number_only() -> None:
    async with office() as o:
        await order(o, does="status", to="+13035550101")
        await o.call(LEAD)
        with pytest.raises(TwilioRestException):
            await o.call("+13035550101")


async def test_an_error_after_the_call_was_made_leaves_it_made() -> None:
    async with office() as o:
        await order(o, does="status_after")
        with pytest.raises(TwilioRestException) as failed:
            await o.call(LEAD, "<Response/>")
        assert failed.value.status == 500
        (call,) = o.simulator.carrier.calls_to(LEAD)
        assert (await o.is_over(call.sid)).status == "completed"


async def test_a_connection_dropped_after_the_call_was_made_leaves_it_made() -> None:
    async with office() as o:
        await order(o, does="reset_after")
        with pytest.raises(aiohttp.ClientError):
            await o.call(LEAD)
        assert len(o.simulator.carrier.calls_to(LEAD)) == 1


async def test_no_answer_after_the_call_was_made_tests_the_clients_patience() -> None:
    async with office() as o:
        await order(o, does="timeout_after", seconds=3600)
        asked = asyncio.ensure_future(o.call(LEAD))
        await o.simulator.carrier.wait_for(lambda: o.simulator.carrier.calls_to(LEAD))
        assert not asked.done()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked


async def test_a_delay_comes_before_the_call_is_made() -> None:
    async with office() as o:
        await order(o, does="delay", seconds=0.05)
        asked = asyncio.ensure_future(o.call(LEAD))
        await o.simulator.carrier.wait_for(lambda: len(o.simulator.gate.arrivals) == 1)
        assert o.simulator.carrier.calls == {}
        await asked
        assert len(o.simulator.carrier.calls) == 1


async def statuses(o: Office, count: int) -> list[str]:
    await o.call(LEAD, "<Response/>")
    hooks = await o.heard("/status", count)
    await o.simulator.carrier.callbacks.settled()
    assert len(o.at("/status")) == count
    return [hook["CallStatus"] for hook in hooks]


async def test_callbacks_come_twice_with_the_same_token() -> None:
    async with office() as o:
        await order(o, does="duplicate", on="callback", event="in-progress")
        assert await statuses(o, 5) == ["initiated", "ringing", "in-progress", "in-progress", "completed"]
        first, second = o.at("/status", CallStatus="in-progress")
        token = "I-Twilio-Idempotency-Token"
        assert first.headers[token] == second.headers[token]


async def test_callbacks_never_come() -> None:
    async with office() as o:
        await order(o, does="drop", on="callback", event="completed")
        assert await statuses(o, 3) == ["initiated", "ringing", "in-progress"]


async def test_callbacks_come_late() -> None:
    async with office() as o:
        await order(o, does="delay", on="callback", event="initiated", seconds=0.2)
        assert (await statuses(o, 4))[-1] == "initiated"


async def test_the_callbacks_of_a_call_come_in_reverse() -> None:
    async with office() as o:
        await order(o, does="reverse", on="callback")
        assert await statuses(o, 4) == ["completed", "in-progress", "ringing", "initiated"]
        o.hooks.clear()
        assert await statuses(o, 4) == ["initiated", "ringing", "in-progress", "completed"]


async def test_the_callbacks_of_a_call_come_shuffled() -> None:
    async with office() as o:
        await order(o, does="shuffle", on="callback")
        assert sorted(await statuses(o, 4)) == ["completed", "in-progress", "initiated", "ringing"]


async def test_a_fault_that_makes_no_sense_is_refused() -> None:
    async with office() as o:
        for fault in ({"does": "explode"}, {"does": "drop"}, {"does": "status", "status": 200}, {"who": "x"}):
            async with o.session.post(f"{o.simulator.url}/simulator/faults", json=[fault]) as response:
                assert response.status == 400
        assert (await o.control("GET", "/faults"))["faults"] == []


async def test_requests_are_logged_with_their_arrival() -> None:
    async with office() as o:
        await o.call(LEAD)
        await o.client.calls.list_async(limit=1)
        log = await o.control("GET", "/requests?method=POST&path=/Calls.json")
        assert log["count"] == 1
        assert (log["requests"][0]["to"], log["requests"][0]["method"]) == (LEAD, "POST")
        async with o.session.get(f"{o.simulator.url}/simulator") as response:
            assert "/simulator/faults" in await response.text()
