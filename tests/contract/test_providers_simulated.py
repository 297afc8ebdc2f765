"""The simulated providers: who may ask, what is scripted, and bad days on order."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from test_providers_contract import (
    CERT_ID,
    CERTIFICATE,
    KINDS,
    LEAD,
    SINCE,
    TOKEN,
    Simulated,
    question,
    simulated,
)

from speedtolead.adapters.jornaya import Jornaya
from speedtolead.adapters.scrub import DncScrub
from speedtolead.adapters.trustedform import TrustedForm
from speedtolead.adapters.twilio.lookup import twilio_lookup
from speedtolead.ports import Permanent, Transient
from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN, SimulatorConfig, running_simulator


async def refused(o: Simulated, body: Any) -> str:
    async with o.session.post(f"{o.url}/simulator/providers", json=body) as response:
        assert response.status == 400
        return str((await response.json())["error"])


async def test_a_wrong_key_is_refused_as_the_provider_would() -> None:
    async with simulated() as o:
        wrong = (
            TrustedForm(o.session, "wrong", endpoint=f"{o.url}/trustedform").check(question(CERTIFICATE + CERT_ID)),
            Jornaya(o.session, "wrong", "wrong", endpoint=f"{o.url}/jornaya/SingleQuery").check(question(TOKEN)),
            DncScrub(o.session, "wrong", endpoint=f"{o.url}/scrub/app/main/rpc/scrub").scrub(LEAD),
        )  # fmt: skip
        for asked in wrong:
            with pytest.raises(Transient) as no:
                await asked
            assert no.value.provider_code == "401"


async def test_a_wrong_token_is_refused_as_twilio_would() -> None:
    async with simulated() as o:
        url = f"{o.url}/v2/PhoneNumbers/{LEAD}"
        for headers in ({}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}):
            async with o.session.get(url, headers=headers) as response:
                assert response.status == 401
                assert (await response.json())["code"] == 20003


async def test_reassignment_needs_the_date_of_consent() -> None:
    async with simulated() as o:
        headers = {"Authorization": aiohttp.encode_basic_auth(SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN)}
        url = f"{o.url}/v2/PhoneNumbers/{LEAD}?Fields=reassigned_number"
        async with o.session.get(url, headers=headers) as response:
            assert response.status == 400


async def test_lookups_are_under_the_path_prefix_where_there_is_one() -> None:
    async with (
        running_simulator(SimulatorConfig(path_prefix="/api/laml")) as simulator,
        twilio_lookup(
            name="lookup",
            account_sid=SIMULATED_ACCOUNT_SID,
            auth_token=SIMULATED_AUTH_TOKEN,
            api_url=f"{simulator.url}/api/laml",
            timeout=5.0,
        ) as lookup,
    ):
        assert (await lookup.look_up(LEAD)).carrier_name


@pytest.mark.parametrize("body", ["", "[]", "{", '{"retain": {}}'])
async def test_a_certificate_is_not_retained_without_a_lead_to_match(body: str) -> None:
    async with simulated() as o:
        headers = {"Authorization": aiohttp.encode_basic_auth("x", "51011a7ed-provider-key")}
        async with o.session.post(f"{o.url}/trustedform/{CERT_ID}", data=body, headers=headers) as response:
            assert response.status == 400
            assert (await response.json())["outcome"] == "error"


async def test_an_answer_is_scripted_for_one_provider_and_subject_and_so_often() -> None:
    async with simulated() as o:
        script = {"provider": "scrub", "subject": "+1303*", "times": 2, "status": 503}
        (shown,) = (await o.control("POST", "/providers", {"answers": [script]}))["answers"]
        assert (shown["applied"], shown["times"]) == (0, 2)
        await o.ask("lookup")
        await o.ask("scrub", "+12125550142")
        for _ in range(2):
            with pytest.raises(Transient):
                await o.ask("scrub")
        await o.ask("scrub")
        (shown,) = (await o.control("GET", "/providers"))["answers"]
        assert shown["applied"] == 2


async def test_a_scripted_body_comes_as_it_was_given() -> None:
    async with simulated() as o:
        body = {"outcome": "failure", "reason": "as I like it"}
        script = {"provider": "trustedform", "subject": "eb9f*", "body": body, "headers": {"X-Number": 7}}
        await o.control("POST", "/providers", script)
        answer = await o.ask("trustedform")
        assert (answer.reason, json.loads(answer.raw)) == ("as I like it", body)


async def test_scripts_end_and_certificates_are_new_again() -> None:
    async with simulated() as o:
        await o.ask("trustedform")
        await o.control("POST", "/providers", [{"status": 500, "times": -1}])
        for kind in KINDS:
            with pytest.raises(Transient):
                await o.ask(kind)
        assert (await o.control("DELETE", "/providers"))["answers"] == []
        answer = await o.ask("trustedform")
        assert json.loads(answer.raw)["retain"]["results"]["previously_retained"] is False


async def test_a_script_that_makes_no_sense_is_refused() -> None:
    async with simulated() as o:
        assert "provider" in await refused(o, {"answers": [{"provider": "nobody"}]})
        assert "status" in await refused(o, {"answers": [{"status": 100}]})
        assert "who" in await refused(o, {"answers": [{"who": "x"}]})
        assert "list" in await refused(o, {"answers": "x"})
        assert (await o.control("GET", "/providers"))["answers"] == []


@pytest.mark.parametrize("does", ["status", "status_after", "reset_after"])
async def test_faults_on_order_befall_the_providers_too(does: str) -> None:
    async with simulated() as o:
        fault = {"does": does, "path": "*/SingleQuery", "to": TOKEN}
        await o.control("POST", "/faults", {"faults": [fault]})
        await o.ask("lookup")
        with pytest.raises(Transient):
            await o.ask("jornaya")
        assert (await o.ask("jornaya")).genuine


@pytest.mark.parametrize(("does", "retained"), [("timeout_after", True), ("delay", False)])
async def test_a_late_answer_comes_after_the_deed_and_a_delayed_one_before(does: str, retained: bool) -> None:
    async with simulated(30.0) as o:
        await o.control("POST", "/faults", [{"does": does, "seconds": 3600}])
        asked = asyncio.ensure_future(o.ask("trustedform"))
        await o.simulator.carrier.wait_for(lambda: len(o.simulator.gate.arrivals) == 1)
        assert not asked.done()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        again = json.loads((await o.ask("trustedform")).raw)
        assert again["retain"]["results"]["previously_retained"] is retained


async def test_a_held_request_is_let_go_when_the_simulator_stops() -> None:
    async with aiohttp.ClientSession() as session:
        async with running_simulator() as simulator:
            script = {"seconds": 3600, "status": 418}
            async with session.post(f"{simulator.url}/simulator/providers", json=script) as response:
                assert response.status == 200
            asked = asyncio.ensure_future(session.post(f"{simulator.url}/trustedform/{CERT_ID}"))
            await simulator.carrier.wait_for(lambda: len(simulator.gate.arrivals) == 1)
            assert not asked.done()
        async with await asked as response:
            assert response.status == 418


async def test_requests_are_logged_without_a_key() -> None:
    async with simulated() as o:
        for kind in KINDS:
            await o.ask(kind)
        log = await o.control("GET", "/requests")
        assert [one["to"] for one in log["requests"]] == [LEAD, LEAD, CERT_ID, TOKEN, LEAD]
        assert "provider-key" not in json.dumps(log)


async def test_calls_still_go_their_way() -> None:
    async with simulated() as o, o.session.get(f"{o.url}/simulator/state") as response:
        assert (await response.json())["calls"] == []


async def test_several_numbers_are_scrubbed_in_one_request() -> None:
    async with simulated() as o:
        url = f"{o.url}/scrub/app/main/rpc/scrub?phoneList=3035550142,3035550157|A-7&version=5&output=json"
        async with o.session.get(url, headers={"loginId": "51011a7ed-provider-key"}) as response:
            assert [row["ResultCode"] for row in await response.json()] == ["W", "D"]
        async with o.session.get(f"{o.url}/scrub/app/main/rpc/scrub?phoneList=12") as response:
            assert response.status == 401
        bad = f"{o.url}/scrub/app/main/rpc/scrub?phoneList=12"
        async with o.session.get(bad, headers={"loginId": "51011a7ed-provider-key"}) as response:
            assert response.status == 400


async def test_the_number_that_does_not_exist_is_known_to_nobody() -> None:
    async with simulated() as o:
        for asked in (o.lookup.look_up("+13035550195"), o.lookup.reassigned("+13035550195", SINCE)):
            with pytest.raises(Permanent):
                await asked
