"""Texts and recordings on the simulated carrier."""

from __future__ import annotations

import io
import wave
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_simulator_customer import LEAD, OURS, Office, authorization, number, office
from twilio.base.exceptions import TwilioRestException

from speedtolead.simulator import Person, PhoneNumber, Texts


async def send(o: Office, **more: Any) -> Any:
    settings = {"to": LEAD, "from_": OURS, "body": "Hello", "status_callback": f"{o.url}/text"} | more
    return await o.client.messages.create_async(**settings)


@pytest.mark.parametrize(
    ("fate", "told", "code"),
    [
        (Texts.DELIVERED, ["queued", "sent", "delivered"], None),
        (Texts.UNDELIVERED, ["queued", "sent", "undelivered"], 30003),
        (Texts.FAILED, ["queued", "failed"], 30008),
    ],
)
async def test_a_text_goes_the_way_of_the_script(fate: Texts, told: list[str], code: int | None) -> None:
    async with office(Person(LEAD, texts=fate)) as o:
        text = await send(o)
        assert text.status == "queued"
        await o.heard("/text", len(told))
        assert [h["MessageStatus"] for h in o.at("/text")] == told
        fetched = await o.client.messages(text.sid).fetch_async()
        assert (fetched.status, fetched.error_code) == (told[-1], code)


async def test_texts_are_refused_with_twilios_codes() -> None:
    people = (Person("+13035550143", texts=Texts.OPTED_OUT), Person("+13035550144", texts=Texts.LANDLINE))
    async with office(*people, numbers=(PhoneNumber(OURS),)) as o:
        cases: list[tuple[dict[str, object], int]] = [
            ({"to": ""}, 21604),
            ({"from_": ""}, 21603),
            ({"body": ""}, 21602),
            ({"body": "x" * 1601}, 21617),
            ({"to": "nobody"}, 21211),
            ({"to": "+13035550195"}, 21211),
            ({"from_": "+12125550009"}, 21606),
            ({"to": "+13035550143"}, 21610),
            ({"to": "+13035550196"}, 21610),
            ({"to": "+13035550144"}, 21614),
        ]
        for request, code in cases:
            with pytest.raises(TwilioRestException) as refused:
                await send(o, **request)
            assert (refused.value.status, refused.value.code) == (400, code)
        assert await o.client.messages.list_async() == []


async def test_texts_are_listed_by_address_and_day() -> None:
    async with office() as o:
        first = await send(o)
        await send(o, to="+13035550101")
        assert [t.sid for t in await o.client.messages.list_async(to=LEAD)] == [first.sid]
        assert len(await o.client.messages.list_async(from_=OURS)) == 2
        now = datetime.now(UTC)
        assert len(await o.client.messages.list_async(date_sent_after=now - timedelta(minutes=5))) == 2
        assert await o.client.messages.list_async(date_sent_before=now - timedelta(days=1)) == []


async def test_an_incoming_text_reaches_the_numbers_address_and_stop_is_obeyed() -> None:
    async with office() as o:
        own = number(o.url)
        await o.control("POST", "/numbers", {"numbers": [{"number": own.number, "sms_url": own.sms_url}]})
        await o.control("POST", "/texts", {"from": LEAD, "to": OURS, "body": "STOP"})
        (hook,) = await o.heard("/sms")
        assert (hook["From"], hook["To"], hook["Body"], hook["NumMedia"]) == (LEAD, OURS, "STOP", "0")
        with pytest.raises(TwilioRestException) as refused:
            await send(o)
        assert refused.value.code == 21610
        await o.control("POST", "/texts", {"from": LEAD, "to": OURS, "body": "start"})
        assert (await send(o)).status == "queued"


async def test_an_incoming_text_is_answered_with_each_message_of_its_document_unless_its_sender_opted_out() -> None:
    async with office() as o:
        own = number(o.url)
        await o.control("POST", "/numbers", {"numbers": [{"number": own.number, "sms_url": own.sms_url}]})
        o.replies["/sms"] = (
            "<Response><Message>One &amp; two.</Message><Message><Body>Three.</Body></Message></Response>"
        )
        await o.control("POST", "/texts", {"from": LEAD, "to": OURS, "body": "Who is this?"})
        carrier = o.simulator.carrier

        def replies() -> list[Any]:
            return [text for text in o.simulator.messages.by_sid.values() if text.direction == "outbound-reply"]

        await carrier.wait_for(lambda: [text.status for text in replies()] == ["delivered"] * 2, 10)
        assert [(text.from_, text.to, text.body) for text in replies()] == [
            (OURS, LEAD, "One & two."),
            (OURS, LEAD, "Three."),
        ]
        for body, document in (("STOP", o.replies["/sms"]), ("start", "<Response><Say>No text.</Say></Response>")):
            o.replies["/sms"] = document
            await o.control("POST", "/texts", {"from": LEAD, "to": OURS, "body": body})
        await o.heard("/sms", 3)
        await carrier.callbacks.settled()
        assert len(replies()) == 2


async def test_a_call_is_recorded_and_the_recording_can_be_had() -> None:
    async with office(Person(LEAD, hangs_up_after_answer=10.0)) as o:
        call = await o.call(LEAD, record=True, recording_status_callback=f"{o.url}/recording")
        (hook,) = await o.heard("/recording")
        assert (hook["CallSid"], hook["RecordingStatus"]) == (call.sid, "completed")
        assert int(hook["RecordingDuration"]) >= 9
        (recording,) = await o.client.recordings.list_async(call_sid=call.sid)
        assert (recording.sid, recording.status) == (hook["RecordingSid"], "completed")
        config = o.simulator.config
        headers = authorization(config.account_sid, config.auth_token)
        async with o.session.get(hook["RecordingUrl"] + ".wav", headers=headers) as response:
            sound = await response.read()
        with wave.open(io.BytesIO(sound)) as opened:
            assert opened.getnframes() == 800


async def test_a_recording_is_started_paused_and_stopped_over_the_api() -> None:
    async with office() as o:
        call = await o.call(LEAD)
        await o.is_live(call.sid)
        context = o.client.calls(call.sid)
        recording = await context.recordings.create_async(recording_status_callback=f"{o.url}/recording")
        assert recording.status == "in-progress"
        assert (await context.recordings(recording.sid).update_async(status="paused")).status == "paused"
        await context.recordings("Twilio.CURRENT").update_async(status="stopped")
        await o.heard("/recording")
        assert (await context.recordings(recording.sid).fetch_async()).status == "completed"


async def test_a_recording_has_as_many_channels_as_were_asked_for() -> None:
    async with office(Person(pattern=LEAD, ring=1.0)) as o:
        call = await o.call(LEAD, "<Response><Pause length='60'/></Response>")
        await o.is_live(call.sid)
        recordings = o.client.calls(call.sid).recordings
        assert (await recordings.create_async(recording_channels="dual")).channels == 2
        assert (await recordings.create_async()).channels == 1
        with pytest.raises(TwilioRestException) as no:
            await recordings.create_async(recording_channels="stereo")
        assert (no.value.status, no.value.code) == (400, 20001)


async def test_what_a_person_was_told_is_kept() -> None:
    async with office(Person(pattern=LEAD, ring=1.0)) as o:
        said = "<Say>One &amp; a half.</Say><Gather timeout='1'><Say>Press.</Say></Gather><Say>Bye.</Say>"
        call = await o.call(LEAD, f"<Response>{said}</Response>")
        await o.simulator.carrier.wait_for(lambda: not o.simulator.carrier.calls[call.sid].is_live, 8)
        async with o.session.get(f"{o.simulator.url}/simulator/calls?to={LEAD}") as response:
            (shown,) = (await response.json())["calls"]
        assert shown["said"] == ["One & a half.", "Press.", "Bye."]


async def test_the_record_verb_leads_to_its_action() -> None:
    async with office() as o:
        await o.call(LEAD, f"<Response><Record timeout='3' action='{o.url}/recorded'/></Response>")
        (hook,) = await o.heard("/recorded")
        assert hook["RecordingSid"].startswith("RE")
        assert int(hook["RecordingDuration"]) >= 3
