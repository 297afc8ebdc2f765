"""Calls on the simulated carrier: people, refusals, lists, queueing, detection, repeatability."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from test_simulator_customer import ALL, LEAD, OURS, Office, authorization, office
from twilio.base.exceptions import TwilioRestException

from speedtolead.simulator import Does, Person, PhoneNumber, Texts

TALK = "<Response><Dial><Conference>alone</Conference></Dial></Response>"


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("05", ["initiated", "ringing", "in-progress", "completed"]),
        ("63", ["initiated", "ringing", "no-answer"]),
        ("70", ["initiated", "busy"]),
        ("77", ["initiated", "ringing", "busy"]),
        ("85", ["initiated", "ringing", "in-progress", "completed"]),
        ("92", ["initiated", "ringing", "in-progress", "completed"]),
        ("97", ["initiated", "failed"]),
        ("98", ["initiated", "ringing", "in-progress", "completed"]),
    ],
)
async def test_the_default_people_behave_by_the_last_two_digits(ending: str, told: list[str]) -> None:
    async with office() as o:
        await o.call(f"+130355501{ending}", "<Response><Pause length='3'/></Response>", timeout=30)
        await o.last_word()
        assert [h["CallStatus"] for h in o.at("/status")] == told


async def test_a_ring_and_a_talk_last_as_long_as_the_script_says() -> None:
    person = Person(LEAD, ring=3.0, hangs_up_after_answer=20.0)
    async with office(person, speed=50.0) as o:
        call = await o.call(LEAD)
        await o.last_word()
        kept = o.simulator.carrier.calls[call.sid]
        assert kept.answered_at is not None
        assert 3.0 <= kept.answered_at - kept.created_at < 6.0
        assert kept.duration in (20, 21)


async def test_speed_shortens_real_time_but_not_reported_time() -> None:
    async with office(Person(LEAD, ring=1.0, hangs_up_after_answer=100.0), speed=500.0) as o:
        before = datetime.now(UTC)
        call = await o.call(LEAD)
        await o.is_over(call.sid)
        assert datetime.now(UTC) - before < timedelta(seconds=5)
        fetched = await o.client.calls(call.sid).fetch_async()
        assert 100 <= int(fetched.duration) < 130


async def test_a_finished_call_has_the_shape_that_the_sdk_reads() -> None:
    async with office() as o:
        created = await o.call(LEAD, "<Response/>")
        assert created.status == "queued"
        assert created.start_time is None
        assert created.duration is None
        await o.is_over(created.sid)
        call = await o.client.calls(created.sid).fetch_async()
        assert (call.status, call.direction, call._from, call.to) == ("completed", "outbound-api", OURS, LEAD)
        assert isinstance(call.start_time, datetime)
        assert isinstance(call.end_time, datetime)
        assert isinstance(call.date_created, datetime)
        assert call.duration == "1"
        assert call.price is None
        assert call.subresource_uris["recordings"].endswith(f"{call.sid}/Recordings.json")


async def refusal_of(o: Office, **request: object) -> tuple[int, int]:
    sent = {"to": LEAD, "from_": OURS, "twiml": "<Response/>"} | request
    with pytest.raises(TwilioRestException) as refused:
        await o.client.calls.create_async(**sent)
    assert o.simulator.carrier.calls == {}
    return refused.value.status, refused.value.code


async def test_bad_requests_are_refused_with_twilios_codes() -> None:
    async with office(numbers=(PhoneNumber(OURS),)) as o:
        assert await refusal_of(o, to="") == (400, 21201)
        assert await refusal_of(o, to="5551234") == (400, 21211)
        assert await refusal_of(o, to="+13035550195") == (400, 21211)
        assert await refusal_of(o, from_="") == (400, 21213)
        assert await refusal_of(o, from_="nobody") == (400, 21212)
        assert await refusal_of(o, from_="+12125550001") == (400, 21210)
        assert await refusal_of(o, twiml="") == (400, 21205)
        assert await refusal_of(o, url="ftp://nowhere") == (400, 21205)
        assert await refusal_of(o, status_callback="nowhere") == (400, 21205)
        assert await refusal_of(o, twiml="<Response>" + " " * 4000 + "</Response>") == (400, 32018)
        assert await refusal_of(o, timeout=601) == (400, 20001)


async def test_strangers_and_unknown_things_are_turned_away() -> None:
    async with office() as o:
        with pytest.raises(TwilioRestException) as unknown:
            await o.client.calls("CA" + "0" * 32).fetch_async()
        assert (unknown.value.status, unknown.value.code) == (404, 20404)
        url = f"{o.simulator.url}/2010-04-01/Accounts/{o.simulator.config.account_sid}/Calls.json"
        async with o.session.get(url, headers=authorization("AC", "wrong")) as response:
            body = await response.json()
            assert response.status == 401
        assert body["code"] == 20003
        assert set(body) == {"code", "message", "more_info", "status"}


async def test_too_many_requests_are_refused_and_not_processed() -> None:
    async with office(requests_per_second=2) as o:
        await o.call(LEAD)
        await o.call(LEAD)
        with pytest.raises(TwilioRestException) as refused:
            await o.call(LEAD)
        assert (refused.value.status, refused.value.code) == (429, 20429)
        assert len(o.simulator.carrier.calls) == 2


async def test_the_account_and_its_numbers_can_be_read() -> None:
    async with office(numbers=(PhoneNumber(OURS, voice_url="http://x.test/"),)) as o:
        sid = o.simulator.config.account_sid
        assert (await o.client.api.accounts(sid).fetch_async()).status == "active"
        (own,) = await o.client.incoming_phone_numbers.list_async()
        assert (own.phone_number, own.voice_url) == (OURS, "http://x.test/")


async def test_a_prefix_serves_clients_of_compatible_carriers() -> None:
    async with office(path_prefix="/api/laml") as o:
        config = o.simulator.config
        url = f"{o.simulator.url}/api/laml/2010-04-01/Accounts/{config.account_sid}.json"
        async with o.session.get(url, headers=authorization(config.account_sid, config.auth_token)) as response:
            assert (await response.json())["uri"].startswith("/api/laml/2010-04-01/")


async def test_lists_filter_and_page() -> None:
    async with office() as o:
        sids = [(await o.call(f"+130355501{n:02}", "<Response/>")).sid for n in range(7)]
        pages = await o.client.calls.page_async(page_size=3)
        assert [c.sid for c in pages] == sids[:3:-1]
        following = await pages.next_page_async()
        assert [c.sid for c in following] == sids[3:0:-1]
        assert len(await o.client.calls.list_async(page_size=2)) == 7
        (found,) = await o.client.calls.list_async(to="+13035550103")
        assert found.sid == sids[3]
        await o.is_over(sids[0])
        hour = timedelta(hours=1)
        now = datetime.now(UTC)
        assert sids[0] in [c.sid for c in await o.client.calls.list_async(start_time_after=now - hour)]
        assert await o.client.calls.list_async(start_time_after=now + hour) == []
        assert await o.client.calls.list_async(from_="+19995550000") == []
        assert sids[0] in [c.sid for c in await o.client.calls.list_async(status="completed")]


async def test_a_new_call_hides_from_lists_for_the_lag_but_can_be_fetched() -> None:
    async with office(list_lag=30.0) as o:
        call = await o.call(LEAD)
        assert await o.client.calls.list_async() == []
        assert (await o.client.calls(call.sid).fetch_async()).sid == call.sid
        waited = await o.call("+13035550199", "<Response><Pause length='60'/></Response>")
        await o.is_over(waited.sid)
        assert call.sid in [c.sid for c in await o.client.calls.list_async()]


async def test_calls_beyond_the_rate_wait_as_queued() -> None:
    async with office(calls_per_second=1.0, speed=10.0) as o:
        calls = [await o.call(LEAD, "<Response/>") for _ in range(6)]
        assert (await o.client.calls(calls[5].sid).fetch_async()).status == "queued"
        kept = [await o.is_over(call.sid) for call in calls]
        dialled = [call.created_at + call.queued_for for call in kept]
        assert dialled == sorted(dialled)
        assert dialled[5] >= kept[0].created_at + 5.0
        fetched = await o.client.calls(calls[5].sid).fetch_async()
        assert int(fetched.queue_time) == round(kept[5].queued_for * 1000)


async def test_a_queued_call_can_be_cancelled_without_having_rung() -> None:
    async with office(calls_per_second=0.01) as o:
        await o.call(LEAD)
        call = await o.call(LEAD)
        updated = await o.client.calls(call.sid).update_async(status="canceled")
        assert updated.status == "canceled"
        assert (await o.last_word(CallSid=call.sid))["CallStatus"] == "canceled"
        assert updated.start_time is None
        assert len(o.at("/status", CallSid=call.sid)) == 1


async def test_cancelling_while_ringing_ends_the_call_and_answers_too_late_are_refused() -> None:
    async with office(Person(LEAD, does=Does.MANUAL)) as o:
        call = await o.call(LEAD)
        await o.heard("/status", CallStatus="ringing")
        await o.client.calls(call.sid).update_async(status="completed")
        assert (await o.last_word())["CallStatus"] == "canceled"
        url = f"{o.simulator.url}/simulator/calls/{call.sid}/answer"
        async with o.session.post(url) as response:
            assert response.status == 409
        with pytest.raises(TwilioRestException) as refused:
            await o.client.calls(call.sid).update_async(status="completed")
        assert refused.value.code == 21220


async def test_canceled_does_not_touch_a_live_call_and_completed_ends_it() -> None:
    async with office() as o:
        call = await o.call(LEAD)
        await o.is_live(call.sid)
        assert (await o.client.calls(call.sid).update_async(status="canceled")).status == "in-progress"
        assert (await o.client.calls(call.sid).update_async(status="completed")).status == "completed"
        assert (await o.last_word())["CallStatus"] == "completed"


@pytest.mark.parametrize(
    ("to", "mode", "verdict"),
    [
        ("+13035550101", "Enable", "human"),
        ("+13035550180", "Enable", "machine_start"),
        ("+13035550180", "DetectMessageEnd", "machine_end_beep"),
    ],
)
async def test_detection_reports_while_the_call_goes_on(to: str, mode: str, verdict: str) -> None:
    async with office() as o:
        call = await o.call(to, machine_detection=mode, async_amd="true", async_amd_status_callback=f"{o.url}/amd")
        (hook,) = await o.heard("/amd")
        assert hook["AnsweredBy"] == verdict
        assert int(hook["MachineDetectionDuration"]) >= 4000
        assert (await o.client.calls(call.sid).fetch_async()).answered_by == verdict


async def test_detection_takes_as_long_as_a_persons_script_says() -> None:
    async with office(Person(LEAD, ring=1.0, detected_after=15.0, answered_by="machine_start")) as o:
        await o.call(LEAD, machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{o.url}/amd")
        (hook,) = await o.heard("/amd")
        assert (hook["AnsweredBy"], hook["MachineDetectionDuration"]) == ("machine_start", "15000")


async def test_synchronous_detection_delays_the_document_and_is_told_in_it() -> None:
    async with office(Person(LEAD, answered_by="fax")) as o:
        o.replies["/voice"] = "<Response/>"
        call = await o.call(LEAD, url=f"{o.url}/voice", machine_detection="Enable")
        (hook,) = await o.heard("/voice")
        assert hook["AnsweredBy"] == "fax"
        assert (await o.is_over(call.sid)).duration >= 4


async def test_the_dice_of_a_number_do_not_depend_on_other_calls() -> None:
    async def rings(order: list[str]) -> dict[str, list[float]]:
        async with office(seed=7) as o:
            directory = o.simulator.carrier.people
            thrown: dict[str, list[float]] = {}
            for to in order:
                thrown.setdefault(to, []).append(directory.dice(to).random())
            return thrown

    a, b = "+13035550101", "+13035550102"
    assert await rings([a, a, b, b]) == await rings([b, a, b, a])
    assert (await rings([a, a]))[a][0] != (await rings([a, a]))[a][1]


async def test_people_can_be_changed_and_all_be_reset_at_run_time() -> None:
    async with office() as o:
        await o.control("POST", "/people", {"people": [{"pattern": LEAD, "does": "busy", "texts": "failed"}]})
        assert o.simulator.carrier.people.behind(LEAD).texts is Texts.FAILED
        await o.call(LEAD)
        assert (await o.last_word())["CallStatus"] == "busy"
        state = await o.control("GET", "/state")
        assert [c["status"] for c in state["calls"]] == ["busy"]
        await o.control("POST", "/reset")
        assert (await o.control("GET", "/state"))["calls"] == []
        call = await o.call(LEAD, "<Response/>", status_callback_event=ALL)
        assert (await o.is_over(call.sid)).status == "completed"


async def test_a_script_that_makes_no_sense_is_refused() -> None:
    async with office() as o:
        for fields in ({"does": "fly"}, {"ring": "soon"}, {"talk": [9, 1]}, {"presses": "x"}, {"who": "me"}):
            async with o.session.post(f"{o.simulator.url}/simulator/people", json=fields) as response:
                assert response.status == 400
        assert len(o.simulator.carrier.people.people) == 11


async def test_only_so_many_finished_calls_are_remembered() -> None:
    async with office(kept_calls=3) as o:
        for _ in range(6):
            call = await o.call("+13035550170")
            await o.is_over(call.sid)
        assert len(o.simulator.carrier.calls) == 3
