"""The carrier port's contract for recordings: started on a live call, told of by callbacks, played."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from carrier_office import carrier_office, is_genuine, listening, order
from test_carrier_contract import AT, ATTEMPT, LEG, READER, RETRY, SILENT, TALKER, adapter

from speedtolead.domain.recording import RecordingReport, RecordingState
from speedtolead.ports import Indeterminate, OfferLead, Permanent, PortError, Transient
from speedtolead.simulator import SimulatorConfig

HOLD = OfferLead(ATTEMPT, LEG, "Hold the line, please.")


@pytest.mark.parametrize("guise", ["twilio", "signalwire"])
async def test_a_live_call_is_recorded_in_two_tracks_and_its_sound_can_be_had(guise: str) -> None:
    async with carrier_office(TALKER, guise=guise, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=HOLD))
        await o.is_answered(call_id)
        recording_id = await o.carrier.start_recording(call_id, ATTEMPT, LEG)
        await o.carrier.end_call(call_id)
        await o.until(lambda: [one["RecordingStatus"] for one in o.at("recording")] == ["in-progress", "completed"])
        reports = []
        for one in o.at("recording"):
            assert one.path == f"/carrier/twilio/attempts/{ATTEMPT}/legs/{LEG}/recording"
            assert is_genuine(o.callbacks, one.path, one.fields, one.signature)
            assert one["RecordingChannels"] == "2"
            fields = {name: values[-1] for name, values in one.fields.items()}
            reports.append(o.callbacks.recording_report(fields, AT))
        running, kept = reports
        assert running is not None
        assert kept is not None
        assert (running.state, kept.state) == (RecordingState.RUNNING, RecordingState.KEPT)
        assert running.recording_id == kept.recording_id == recording_id
        assert kept.seconds is not None
        assert kept.started_at is not None
        assert abs(datetime.now(UTC) - kept.started_at) < timedelta(seconds=30)
        async with o.carrier.sound(recording_id) as sound:
            assert sound.content_type.startswith("audio/")
            assert b"".join([piece async for piece in sound.pieces]).startswith(b"RIFF")


async def test_a_call_that_is_not_live_is_not_recorded() -> None:
    async with carrier_office(SILENT) as o:
        call_id = await o.carrier.place_call(order())
        with pytest.raises(Permanent) as no:
            await o.carrier.start_recording(call_id, ATTEMPT, LEG)
        assert no.value.provider_code == "21220"
        with pytest.raises(PortError) as unknown:
            await o.carrier.start_recording("CA" + "0" * 32, ATTEMPT, LEG)
        assert not isinstance(unknown.value, Indeterminate)
        assert o.simulator.carrier.recordings.by_sid == {}


@pytest.mark.parametrize("does", ["status_after", "reset_after"])
async def test_whether_a_recording_runs_may_be_unclear_and_is_asked_for_once(does: str) -> None:
    async with carrier_office(TALKER, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=HOLD))
        await o.is_answered(call_id)
        o.fault(does, method="POST")
        with pytest.raises(Indeterminate):
            await o.carrier.start_recording(call_id, ATTEMPT, LEG)
        assert len(o.simulator.carrier.recordings.by_sid) == 1


async def test_a_recording_is_asked_for_in_the_words_of_the_carriers_documentation() -> None:
    """https://www.twilio.com/docs/voice/api/recording#create-a-recording-resource, with its answer."""
    asked: list[tuple[str, dict[str, list[str]]]] = []
    answers = {"recorded": RECORDED, "empty": "{}"}

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        asked.append((request.path, {name: [str(value) for value in form.getall(name)] for name in form}))
        return web.Response(status=201, text=answers[which], content_type="application/json")

    async with listening(answer) as url, adapter(url) as carrier:
        which = "recorded"
        assert await carrier.start_recording("CA1", ATTEMPT, LEG) == "RE" + "a" * 32
        which = "empty"
        with pytest.raises(Indeterminate):
            await carrier.start_recording("CA1", ATTEMPT, LEG)
    (path, fields), _ = asked
    assert path == f"/2010-04-01/Accounts/{SimulatorConfig().account_sid}/Calls/CA1/Recordings.json"
    (callback,) = fields["RecordingStatusCallback"]
    assert callback.endswith(f"/attempts/{ATTEMPT}/legs/{LEG}/recording{RETRY}")
    assert fields["RecordingStatusCallbackEvent"] == ["in-progress", "completed", "absent"]
    assert fields["RecordingChannels"] == ["dual"]


RECORDED = json.dumps(
    {
        "account_sid": "AC" + "a" * 32,
        "api_version": "2010-04-01",
        "call_sid": "CA" + "a" * 32,
        "conference_sid": None,
        "channels": 2,
        "date_created": "Fri, 14 Oct 2016 21:56:34 +0000",
        "date_updated": "Fri, 14 Oct 2016 21:56:34 +0000",
        "start_time": "Fri, 14 Oct 2016 21:56:34 +0000",
        "price": None,
        "price_unit": None,
        "duration": None,
        "sid": "RE" + "a" * 32,
        "source": "StartCallRecordingAPI",
        "status": "in-progress",
        "error_code": None,
        "encryption_details": None,
        "track": "both",
        "uri": "/2010-04-01/Accounts/AC/Calls/CA/Recordings/RE.json",
    }
)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (404, Permanent, "unknown_recording"),
        (401, Transient, "carrier_busy"),
        (500, Transient, "carrier_busy"),
        (200, Transient, "carrier_busy"),
    ],
)
async def test_a_sound_that_cannot_be_had_is_said_so(status: int, kind: type[PortError], code: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html")

    async with listening(answer) as url, adapter(url) as carrier:
        with pytest.raises(kind) as no:
            async with carrier.sound("RE/../../x"):
                raise AssertionError("there is no sound")
        assert no.value.code == code


async def test_a_sound_kept_elsewhere_is_had_without_the_accounts_credentials_there() -> None:
    asked: list[tuple[str, bool]] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(("elsewhere", "Authorization" in request.headers))
        return web.Response(body=b"sound", content_type="audio/mpeg")

    async with listening(elsewhere) as other:

        async def answer(request: web.Request) -> web.Response:
            asked.append(("carrier", "Authorization" in request.headers))
            return web.Response(status=307, headers={"Location": f"{other}/file"})

        async with listening(answer) as url, adapter(url) as carrier, carrier.sound("RE1") as sound:
            assert [piece async for piece in sound.pieces] == [b"sound"]
    assert asked == [("carrier", True), ("elsewhere", False)]


async def test_a_sound_that_breaks_off_is_an_error_and_not_its_end() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg", "Content-Length": "10"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with listening(answer) as url, adapter(url) as carrier:
        with pytest.raises(Transient):
            async with carrier.sound("RE1") as sound:
                _ = [piece async for piece in sound.pieces]


@pytest.mark.parametrize(
    ("fields", "state", "seconds"),
    [
        ({"RecordingStatus": "in-progress"}, RecordingState.RUNNING, None),
        ({"RecordingStatus": "completed", "RecordingDuration": "61"}, RecordingState.KEPT, 61),
        ({"RecordingStatus": "absent", "RecordingDuration": "x"}, RecordingState.ABSENT, None),
    ],
)
def test_the_carriers_words_for_a_recording_are_read(
    fields: dict[str, str], state: RecordingState, seconds: int | None
) -> None:
    told = fields | {"RecordingSid": "RE1", "RecordingUrl": "https://x", "RecordingStartTime": "yesterday"}
    assert READER.recording_report(told, AT) == RecordingReport(AT, "RE1", state, None, seconds, "https://x")


@pytest.mark.parametrize(
    "fields", [{}, {"RecordingStatus": "completed"}, {"RecordingStatus": "x", "RecordingSid": "RE1"}]
)
def test_news_of_no_recording_or_in_new_words_is_none(fields: dict[str, str]) -> None:
    assert READER.recording_report(fields, AT) is None
