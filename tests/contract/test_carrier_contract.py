"""The carrier port's contract, held by the Twilio adapter through the real SDK, in the guise of each carrier.

Every other adapter of the port, and every compatible carrier, is to pass the same.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import aiohttp
import pytest
from aiohttp import web
from carrier_office import (
    AGENT,
    LEAD,
    OURS,
    CarrierOffice,
    ago,
    callbacks_by,
    carrier_office,
    held,
    is_genuine,
    listening,
    order,
)
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.callbacks import answered_by
from speedtolead.adapters.twilio.carrier import TwilioCarrier, twilio_carrier
from speedtolead.domain.call import AnsweredBy, LegEnd, LegReport, LegState
from speedtolead.ports import (
    Announce,
    Apologise,
    Away,
    ConnectAgent,
    ConnectLead,
    Goodbye,
    Indeterminate,
    Instruction,
    JoinNow,
    OfferLead,
    Permanent,
    PortError,
    TooMany,
    Transient,
)
from speedtolead.ports.conference import Alone, JoinConference
from speedtolead.service.calling.whisper import MAX_SPOKEN
from speedtolead.simulator import Does, Person, PhoneNumber, SimulatorConfig

RETRY = "#rc=3&rp=ct,rt,5xx"
ATTEMPT, LEG = UUID(int=1), UUID(int=2)
RING = timedelta(seconds=20)
SILENT = Person(pattern=LEAD, does=Does.MANUAL)
TALKER = Person(pattern=LEAD, ring=1.0)


@pytest.fixture(params=["twilio", "signalwire"])
def guise(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# ---- placing ------------------------------------------------------------------------------------------------


async def test_a_placed_call_has_an_id_and_tells_its_story_in_genuine_callbacks(guise: str) -> None:
    async with carrier_office(TALKER, guise=guise) as o:
        wanted = order(detect=True, attempt_id=ATTEMPT, leg_id=LEG)
        call_id = await o.carrier.place_call(wanted)
        assert call_id in o.simulator.carrier.calls
        await o.is_over(call_id)
        await o.until(lambda: any(one["CallStatus"] == "completed" for one in o.at("status")))
        base = f"/carrier/twilio/attempts/{ATTEMPT}/legs/{LEG}/"
        assert {one.path for one in o.heard} <= {f"{base}status", f"{base}detection"}
        assert [one["CallStatus"] for one in o.at("status")] == [
            "initiated", "ringing", "in-progress", "completed"
        ]  # fmt: skip
        for one in o.heard:
            assert is_genuine(o.callbacks, one.path, one.fields, one.signature)
            assert o.callbacks.call_id({name: values[-1] for name, values in one.fields.items()}) == call_id
        assert o.posts() == 1


async def test_a_detection_is_told_while_the_call_goes_on(guise: str) -> None:
    async with carrier_office(Person(pattern=LEAD, does=Does.VOICEMAIL, ring=1.0), guise=guise) as o:
        hold = OfferLead(ATTEMPT, LEG, "Hold the line.")
        await o.carrier.place_call(order(instruction=hold, detect=True))
        await o.until(lambda: o.at("detection"))
        (told,) = o.at("detection")
        report = o.callbacks.leg_report({name: v[-1] for name, v in told.fields.items()}, ago())
        assert report.answered_by is AnsweredBy.MACHINE


async def test_without_detection_none_is_told(guise: str) -> None:
    async with carrier_office(TALKER, guise=guise) as o:
        await o.is_over(await o.carrier.place_call(order(detect=False)))
        await o.simulator.carrier.callbacks.settled()
        assert o.at("status")
        assert o.at("detection") == []


async def test_the_order_is_carried_out_as_it_was_given() -> None:
    async with carrier_office(Person(pattern=LEAD, does=Does.NO_ANSWER)) as o:
        call_id = await o.carrier.place_call(order(ring=7))
        call = o.simulator.carrier.calls[call_id]
        assert (call.to, call.from_) == (LEAD, OURS)
        await o.is_over(call_id)
        assert call.status == "no-answer"


@pytest.mark.parametrize("address", ["client:agent_3", "sip:agent@example.com"])
async def test_agents_in_a_browser_or_on_a_sip_set_are_called_as_well(address: str) -> None:
    async with carrier_office() as o:
        call_id = await o.carrier.place_call(order(address))
        assert o.simulator.carrier.calls[call_id].to == address
        assert [call.call_id for call in await o.known(address)] == [call_id]


# ---- a definite no ------------------------------------------------------------------------------------------


async def test_an_invalid_number_is_a_permanent_no(guise: str) -> None:
    async with carrier_office(guise=guise) as o:
        with pytest.raises(Permanent) as no:
            await o.carrier.place_call(order("+13035550195"))
        assert (no.value.code, no.value.provider_code) == ("invalid_number", "21211")
        assert o.simulator.carrier.calls == {}
        assert o.posts() == 1


async def test_too_many_requests_are_a_no_for_now(guise: str) -> None:
    async with carrier_office(guise=guise) as o:
        o.fault("status", status=429, code=20429)
        with pytest.raises(Transient) as no:
            await o.carrier.place_call(order())
        assert (no.value.code, no.value.provider_code) == ("carrier_busy", "20429")
        assert no.value.retry_after == timedelta(seconds=1)
        assert o.simulator.carrier.calls == {}
        assert o.posts() == 1


async def test_a_limit_of_the_carriers_own_is_a_no_for_now() -> None:
    async with carrier_office(requests_per_second=1) as o:
        await o.carrier.place_call(order())
        with pytest.raises(Transient) as no:
            await o.carrier.place_call(order())
        assert no.value.provider_code == "20429"
        assert len(o.simulator.carrier.calls) == 1


async def test_bad_credentials_give_no_lead_up(guise: str) -> None:
    async with carrier_office(guise=guise, token="wrong") as o:
        with pytest.raises(Transient) as no:
            await o.carrier.place_call(order())
        assert no.value.provider_code == "20003"
        assert no.value.retry_after >= timedelta(seconds=10)
        assert o.posts() == 1


async def test_a_number_that_is_not_ours_gives_no_lead_up() -> None:
    async with carrier_office(numbers=(PhoneNumber(OURS),)) as o:
        with pytest.raises(Transient) as no:
            await o.carrier.place_call(order(caller_id="+12125550199"))
        assert no.value.provider_code == "21210"


async def test_a_refused_connection_is_a_no_for_now() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    async with adapter(url) as carrier:
        with pytest.raises(Away):
            await carrier.place_call(order())


async def test_how_long_a_call_waits_at_the_carrier_is_told_with_its_placing(guise: str) -> None:
    heard: list[float] = []
    async with carrier_office(
        SILENT, guise=guise, queues=lambda wait: heard.append(wait.total_seconds()), calls_per_second=0.5, speed=1.0
    ) as o:
        for _ in range(3):
            await o.carrier.place_call(order())
        await o.carrier.dial_into(order(), "talk")
        assert heard[0] == 0
        assert [round(seconds / 2) for seconds in heard] == [0, 1, 2, 3]  # at one call in two seconds


# ---- nobody can say -----------------------------------------------------------------------------------------

UNCLEAR = {
    "a 500 after the call was made": ("status_after", {}),
    "a reset after the call was made": ("reset_after", {}),
    "no answer in time": ("timeout_after", {"seconds": 3600}),
}


@pytest.mark.parametrize("case", UNCLEAR)
async def test_what_is_unclear_is_said_to_be_and_can_be_found_out(case: str, guise: str) -> None:
    does, more = UNCLEAR[case]
    async with carrier_office(SILENT, guise=guise, timeout=1.0) as o:
        o.fault(does, method="POST", **more)
        before = ago()
        with pytest.raises(Indeterminate) as unclear:
            await o.carrier.place_call(order())
        assert unclear.value.code == "carrier_unclear"
        (call,) = await o.carrier.calls_to(LEAD, before)
        assert [call.call_id] == list(o.simulator.carrier.calls)
        assert (call.address, call.caller_id) == (LEAD, OURS)
        assert o.posts() == 1


async def test_a_503_is_never_read_as_a_no() -> None:
    """It may have come from something between us and the carrier, after the call was made."""
    async with carrier_office() as o:
        o.fault("status", status=503, code=20503)
        with pytest.raises(Indeterminate):
            await o.carrier.place_call(order())
        assert await o.known() == []
        assert o.posts() == 1


@asynccontextmanager
async def adapter(api_url: str, timeout: float = 1.0) -> AsyncIterator[TwilioCarrier]:
    config = SimulatorConfig()
    async with twilio_carrier(
        name="twilio",
        account_sid=config.account_sid,
        auth_token=config.auth_token,
        api_url=api_url,
        public_url="https://calls.example.com",
        timeout=timeout,
    ) as carrier:
        yield carrier


STRANGE: dict[str, tuple[int, str]] = {
    "an HTML page of a gateway": (502, "<html>Bad gateway</html>"),
    "a gateway's timeout": (504, ""),
    "a made call without JSON": (201, "created"),
    "a made call without anything": (201, ""),
    "a made call without an id": (201, "{}"),
    "a made call with no id": (201, '{"sid": null}'),
    "a made call that is a list": (201, "[]"),
    "a made call that is null": (201, "null"),
    "a made call that is a text": (201, '"CA1"'),
    "a failure that is a list": (500, "[]"),
    "a failure that is null": (500, "null"),
    "a failure with a strange code": (500, '{"message": "x", "code": "E-7"}'),
    "a failure without a code": (500, '{"message": "x", "code": null}'),
    "a problem document": (503, '{"type": "t", "title": "x", "status": 503, "code": 20503}'),
    "a problem document with words for numbers": (
        503, '{"type": "t", "title": "x", "status": "Unavailable", "code": "E-7"}'
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGE)
async def test_a_strange_answer_leaves_it_unclear_and_is_asked_for_once(case: str) -> None:
    status, body = STRANGE[case]
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        return web.Response(status=status, text=body, content_type="application/json")

    async with listening(answer) as url, adapter(url) as carrier:
        with pytest.raises(Indeterminate):
            await carrier.place_call(order())
    assert asked == ["POST"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_request_for_a_call_is_never_sent_on(status: int) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with listening(answer) as url, adapter(url) as carrier:
        with pytest.raises(PortError):
            await carrier.place_call(order())
    assert len(asked) == 1


async def test_a_connection_that_was_kept_open_and_died_is_not_used_to_dial_twice() -> None:
    """The carrier closes an idle connection just as the next request leaves on it."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        if len(asked) > 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"sid": "CA1"}, status=201)

    async with listening(answer) as url, adapter(url) as carrier:
        assert await carrier.place_call(order()) == "CA1"
        with pytest.raises(Indeterminate):
            await carrier.place_call(order())
    assert asked == ["POST", "POST"]


async def test_a_silent_carrier_is_waited_for_no_longer_than_was_said() -> None:
    async with listening(held) as url, adapter(url, timeout=0.3) as carrier, asyncio.timeout(5):
        with pytest.raises(Indeterminate):
            await carrier.place_call(order())
        with pytest.raises(Transient):
            await carrier.fetch_call("CA1")
        with pytest.raises(Transient):
            await carrier.calls_to(LEAD, ago())
        with pytest.raises(Transient):
            await carrier.check()
        with pytest.raises(Indeterminate):
            await carrier.end_call("CA1")


async def test_being_cancelled_is_not_an_error_of_the_carrier() -> None:
    async with listening(held) as url, adapter(url, timeout=5) as carrier:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await carrier.place_call(order())


# ---- asking -------------------------------------------------------------------------------------------------


async def test_a_call_is_known_by_its_id(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        call_id = await o.carrier.place_call(order())
        known = await o.carrier.fetch_call(call_id)
        assert known is not None
        assert (known.call_id, known.address, known.caller_id) == (call_id, LEAD, OURS)
        assert known.created_at.utcoffset() == timedelta(0)
        assert abs(known.created_at - datetime.now(UTC)) < timedelta(seconds=10)
        assert known.report.state in {LegState.PLACING, LegState.RINGING}
        assert known.report.carrier_call_id == call_id


async def test_what_is_known_of_a_call_follows_it(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        call_id = await o.carrier.place_call(order(instruction=OfferLead(ATTEMPT, LEG, "Hold.")))
        carrier = o.simulator.carrier
        await carrier.wait_for(lambda: carrier.calls[call_id].status == "ringing", 8)
        await carrier_answers(o, call_id)
        live = await o.carrier.fetch_call(call_id)
        assert live is not None
        assert live.report.state is LegState.LIVE
        await o.carrier.end_call(call_id)
        await o.is_over(call_id)
        over = await o.carrier.fetch_call(call_id)
        assert over is not None
        assert (over.report.state, over.report.end) == (LegState.ENDED, LegEnd.COMPLETED)
        assert over.report.seconds is not None


async def carrier_answers(o: CarrierOffice, call_id: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{o.simulator.url}/simulator/calls/{call_id}/answer") as response,
    ):
        assert response.status == 200
    await o.is_answered(call_id)


@pytest.mark.parametrize(
    ("does", "end"),
    [
        (Does.BUSY, LegEnd.BUSY),
        (Does.NO_ANSWER, LegEnd.NO_ANSWER),
        (Does.UNREACHABLE, LegEnd.FAILED),
    ],
)
async def test_the_end_of_a_call_is_known_afterwards(does: Does, end: LegEnd) -> None:
    async with carrier_office(Person(pattern=LEAD, does=does)) as o:
        call_id = await o.carrier.place_call(order())
        await o.is_over(call_id)
        (call,) = await o.known()
        assert (call.report.state, call.report.end) == (LegState.ENDED, end)


async def test_an_unknown_call_is_none(guise: str) -> None:
    async with carrier_office(guise=guise) as o:
        assert await o.carrier.fetch_call("CA" + "0" * 32) is None


async def test_calls_to_an_address_are_those_since_then(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        first = await o.carrier.place_call(order())
        await o.carrier.place_call(order("+13035550143"))
        second = await o.carrier.place_call(order())
        assert {call.call_id for call in await o.carrier.calls_to(LEAD, ago(minutes=1))} == {first, second}
        assert await o.carrier.calls_to(LEAD, datetime.now(UTC) + timedelta(minutes=1)) == []
        assert await o.carrier.calls_to("+13035550144", ago(minutes=1)) == []


async def test_a_call_of_the_same_second_is_since_then() -> None:
    """The carrier tells whole seconds; the call may not be missed for the rest of one."""
    async with carrier_office(SILENT) as o:
        before = datetime.now(UTC)
        call_id = await o.carrier.place_call(order())
        assert [call.call_id for call in await o.carrier.calls_to(LEAD, before)] == [call_id]


async def test_the_list_may_lag_behind() -> None:
    async with carrier_office(SILENT, list_lag=100_000.0) as o:
        call_id = await o.carrier.place_call(order())
        assert await o.known() == []
        known = await o.carrier.fetch_call(call_id)
        assert known is not None


@pytest.mark.parametrize("does", ["status_after", "reset_after"])
async def test_a_question_that_fails_may_be_asked_again(does: str) -> None:
    async with carrier_office(SILENT) as o:
        call_id = await o.carrier.place_call(order())
        o.fault(does, method="GET", times=-1)
        with pytest.raises(Transient):
            await o.known()
        with pytest.raises(Transient):
            await o.carrier.fetch_call(call_id)
        o.simulator.carrier.faults.reset()
        assert len(await o.known()) == 1


@pytest.mark.parametrize("case", STRANGE)
async def test_a_strange_answer_to_a_question_is_a_no_for_now(case: str) -> None:
    status, body = STRANGE[case]

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if status == 201 else status, text=body, content_type="application/json")

    async with listening(answer) as url, adapter(url) as carrier:
        with pytest.raises(Transient):
            await carrier.calls_to(LEAD, ago())
        with pytest.raises(Transient):
            await carrier.fetch_call("CA1")


# ---- ending -------------------------------------------------------------------------------------------------


async def test_a_ringing_call_is_ended(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        call_id = await o.carrier.place_call(order())
        await o.carrier.end_call(call_id)
        await o.is_over(call_id)
        known = await o.carrier.fetch_call(call_id)
        assert known is not None
        assert (known.report.state, known.report.end) == (LegState.ENDED, LegEnd.CANCELLED)


async def test_a_live_call_is_ended(guise: str) -> None:
    async with carrier_office(TALKER, guise=guise, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=OfferLead(ATTEMPT, LEG, "Hold.")))
        await o.is_answered(call_id)
        await o.carrier.end_call(call_id)
        await o.is_over(call_id)
        known = await o.carrier.fetch_call(call_id)
        assert known is not None
        assert known.report.end is LegEnd.COMPLETED


async def test_ending_a_call_again_is_no_error(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        call_id = await o.carrier.place_call(order())
        await o.carrier.end_call(call_id)
        await o.carrier.end_call(call_id)
        await o.carrier.end_call("CA" + "0" * 32)


# ---- the account --------------------------------------------------------------------------------------------


async def test_the_account_is_told_in_one_line(guise: str) -> None:
    async with carrier_office(guise=guise) as o:
        line = await o.carrier.check()
        assert line == f"account {o.simulator.config.account_sid[:6]}… is active"
        assert o.simulator.config.account_sid not in line


async def test_what_is_wrong_with_the_account_is_told() -> None:
    async with carrier_office(token="wrong") as o:
        with pytest.raises(PortError) as wrong:
            await o.carrier.check()
        assert "401" in str(wrong.value)
        assert wrong.value.provider_code == "20003"
        assert "wrong" not in str(wrong.value)


# ---- instructions -------------------------------------------------------------------------------------------

PUBLIC = "https://" + "calls." * 20 + "example.com"
"""As long as anyone's address."""
INSTRUCTIONS: dict[str, Instruction] = {
    "offer": OfferLead(ATTEMPT, LEG, "Ann from Tampa. Press 1."),
    "offer without a key": OfferLead(ATTEMPT, LEG, "Ann from Tampa.", needs_key=False),
    "connect the lead": ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING),
    "connect a phone": ConnectAgent(ATTEMPT, LEG, AGENT, OURS, RING),
    "connect a browser": ConnectAgent(ATTEMPT, LEG, "client:agent_3", OURS, RING, needs_key=False),
    "connect a SIP set": ConnectAgent(ATTEMPT, LEG, "sip:agent@example.com;transport=tls", OURS, RING),
    "connect the lead after an announcement": ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING, announce=True),
    "announce": Announce(ATTEMPT, LEG, "This call may be recorded."),
    "apologise": Apologise(ATTEMPT, LEG, "This is Acme. Press 9."),
    "join": JoinNow(),
    "join a conference, greeted": JoinConference(ATTEMPT, LEG, "room", Alone.GREETING, ends_it=True),
    "join a conference, hearing it ring": JoinConference(ATTEMPT, LEG, "room", Alone.RINGING, ends_it=True),
    "join a conference with music": JoinConference(ATTEMPT, LEG, "room", Alone.MUSIC, ends_it=False, muted=True),
    "goodbye": Goodbye("Good-bye."),
    "silent goodbye": Goodbye(),
}


def rendered(instruction: Instruction, public_url: str = PUBLIC) -> ElementTree.Element:
    kind, body = callbacks_by("token", public_url).render(instruction)
    assert kind == "text/xml"
    assert len(body) <= 4000
    document = ElementTree.fromstring(body)
    assert document.tag == "Response"
    return document


def urls(document: ElementTree.Element) -> list[str]:
    found = [value for element in document.iter() for value in element.attrib.values() if "://" in value]
    return found + [element.text for element in document.iter() if element.text and "://" in element.text]


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_every_instruction_is_a_short_document_whose_callbacks_are_repeated(name: str) -> None:
    for url in urls(rendered(INSTRUCTIONS[name])):
        assert url.startswith(f"{PUBLIC}/carrier/twilio/attempts/{ATTEMPT}/legs/{LEG}/")
        assert url.endswith(RETRY)


@pytest.mark.parametrize("word", ["x", "&", "<", ">", '"', "é", "語", "😀", "&<"])
def test_the_longest_whisper_fits(word: str) -> None:
    spoken = (word * MAX_SPOKEN)[:MAX_SPOKEN]
    assert rendered(OfferLead(ATTEMPT, LEG, spoken)).findtext("Gather/Say") == spoken


def test_an_offer_gathers_one_key_and_hangs_up_without_one() -> None:
    document = rendered(INSTRUCTIONS["offer"])
    assert [element.tag for element in document] == ["Gather", "Hangup"]
    gather = document[0]
    assert (gather.get("numDigits"), gather.get("method")) == ("1", "POST")
    assert gather.findtext("Say") == "Ann from Tampa. Press 1."
    assert gather.get("action", "").endswith(f"/accept{RETRY}")


def test_an_offer_without_a_key_is_taken_at_once() -> None:
    (redirect,) = rendered(INSTRUCTIONS["offer without a key"])
    assert redirect.tag == "Redirect"
    assert (redirect.text or "").endswith(f"/accept{RETRY}")


def test_a_lead_is_rung_from_the_agents_call_and_detected_meanwhile() -> None:
    (dial,) = rendered(INSTRUCTIONS["connect the lead"])
    assert (dial.tag, dial.get("callerId"), dial.get("timeout")) == ("Dial", OURS, "20")
    assert dial.get("action", "").endswith(f"/dialed{RETRY}")
    (number,) = dial
    assert (number.tag, number.text) == ("Number", LEAD)
    assert set(number.get("statusCallbackEvent", "").split()) == {"initiated", "ringing", "answered", "completed"}
    assert number.get("statusCallback", "").endswith(f"/status{RETRY}")
    assert number.get("amdStatusCallback", "").endswith(f"/detection{RETRY}")
    assert number.get("machineDetection") == "Enable"


@pytest.mark.parametrize(
    ("name", "tag", "text", "whispered"),
    [
        ("connect a phone", "Number", AGENT, True),
        ("connect a browser", "Client", "agent_3", False),
        ("connect a SIP set", "Sip", "sip:agent@example.com;transport=tls", True),
    ],
)
def test_an_agent_is_rung_from_the_leads_call(name: str, tag: str, text: str, whispered: bool) -> None:
    (dial,) = rendered(INSTRUCTIONS[name])
    (noun,) = dial
    assert (noun.tag, noun.text) == (tag, text)
    assert (noun.get("url") or "").endswith(f"/whisper{RETRY}") is whispered
    assert noun.get("statusCallback", "").endswith(f"/status{RETRY}")


def test_a_lead_who_is_to_hear_an_announcement_hears_it_before_the_bridge() -> None:
    for name, announced in (("connect the lead", False), ("connect the lead after an announcement", True)):
        (number,) = rendered(INSTRUCTIONS[name])[0]
        assert (number.get("url") or "").endswith(f"/announce{RETRY}") is announced


def test_an_announcement_tells_us_when_it_was_said() -> None:
    say, redirect = rendered(INSTRUCTIONS["announce"])
    assert (say.tag, say.text, redirect.tag) == ("Say", "This call may be recorded.", "Redirect")
    assert (redirect.text or "").endswith(f"/announced{RETRY}")


def test_who_gets_no_agent_may_press_one_key_within_five_seconds() -> None:
    gather, hangup = rendered(INSTRUCTIONS["apologise"])
    assert (gather.tag, gather.get("numDigits"), gather.get("timeout")) == ("Gather", "1", "5")
    assert gather.findtext("Say") == "This is Acme. Press 9."
    assert gather.get("action", "").endswith(f"/opt_out{RETRY}")
    assert hangup.tag == "Hangup"


def test_joining_says_nothing_so_that_the_bridge_follows() -> None:
    assert list(rendered(JoinNow())) == []


def test_a_goodbye_hangs_up() -> None:
    assert [element.tag for element in rendered(Goodbye("Bye"))] == ["Say", "Hangup"]
    assert [element.tag for element in rendered(Goodbye())] == ["Hangup"]


def test_a_public_address_may_have_a_path_and_a_stroke() -> None:
    document = rendered(INSTRUCTIONS["offer"], "https://example.com/calls/")
    assert urls(document)[0].startswith("https://example.com/calls/carrier/twilio/attempts/")


async def test_every_callback_address_of_an_order_asks_for_repeats() -> None:
    asked: list[dict[str, list[str]]] = []

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        asked.append({name: [str(value) for value in form.getall(name)] for name in form})
        return web.json_response({"sid": "CA1"}, status=201)

    async with listening(answer) as url, adapter(url) as carrier:
        await carrier.place_call(order(instruction=INSTRUCTIONS["offer"], detect=True, ring=25))
    (fields,) = asked
    assert fields["StatusCallback"][0].endswith(f"/status{RETRY}")
    assert fields["AsyncAmdStatusCallback"][0].endswith(f"/detection{RETRY}")
    assert (fields["To"], fields["From"], fields["Timeout"]) == ([LEAD], [OURS], ["25"])
    assert fields["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert (fields["MachineDetection"], fields["AsyncAmd"]) == (["Enable"], ["true"])
    assert "Url" not in fields, "an address would make the carrier ignore the instruction"
    assert all(url.endswith(RETRY) for url in urls(ElementTree.fromstring(fields["Twiml"][0])))


async def test_a_whole_bridge_runs_over_genuine_callbacks(guise: str) -> None:
    """An agent is rung, presses 1, the lead is rung from the agent's call, answers, and both talk."""
    people = (Person(pattern=AGENT, ring=1.0, presses="1"), Person(pattern=LEAD, ring=1.0, talk=5.0))
    async with carrier_office(*people, guise=guise) as o:
        o.answers = {"/accept": ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING), "/dialed": Goodbye()}
        call_id = await o.carrier.place_call(order(AGENT, INSTRUCTIONS["offer"]))
        await o.until(lambda: o.at("dialed"))
        await o.is_over(call_id)
        (accepted,) = o.at("accept")
        assert o.callbacks.digits({name: v[-1] for name, v in accepted.fields.items()}) == "1"
        (dialed,) = o.at("dialed")
        report = o.callbacks.dialed_report({name: v[-1] for name, v in dialed.fields.items()}, ago())
        assert (report.state, report.end) == (LegState.ENDED, LegEnd.COMPLETED)
        assert [call.call_id for call in await o.known()] == [report.carrier_call_id]
        assert all(is_genuine(o.callbacks, h.path, h.fields, h.signature) for h in o.heard)


# ---- callbacks ----------------------------------------------------------------------------------------------


async def test_a_callback_that_was_changed_is_not_genuine() -> None:
    async with carrier_office(TALKER) as o:
        await o.is_over(await o.carrier.place_call(order()))
        await o.until(lambda: any(one["CallStatus"] == "completed" for one in o.at("status")))
        one = o.at("status")[-1]
        genuine = partial(is_genuine, o.callbacks)
        assert genuine(one.path, one.fields, one.signature)
        assert not genuine(one.path, one.fields | {"CallStatus": ["busy"]}, one.signature)
        assert not genuine(one.path, one.fields | {"New": ["1"]}, one.signature)
        missing = {name: values for name, values in one.fields.items() if name != "CallSid"}
        assert not genuine(one.path, missing, one.signature)
        assert not genuine(one.path, {}, one.signature)
        assert not genuine(one.path.replace("status", "accept"), one.fields, one.signature)
        assert not genuine(one.path + "?a=1", one.fields, one.signature)
        assert not genuine("//elsewhere.example.com" + one.path, one.fields, one.signature)
        for forged in (None, "", "x", one.signature[::-1] if one.signature else "", "é" * 28):
            assert not genuine(one.path, one.fields, forged)
        other = callbacks_by("another token", o.public_url)
        assert not is_genuine(other, one.path, one.fields, one.signature)
        elsewhere = callbacks_by(o.simulator.config.auth_token, "https://other.example.com")
        assert not is_genuine(elsewhere, one.path, one.fields, one.signature)


def test_the_example_of_the_carriers_own_documentation_is_genuine() -> None:
    """https://www.twilio.com/docs/usage/security, with its token, address and signature."""
    callbacks = callbacks_by("12345", "https://mycompany.com")
    fields = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+14158675309"],
        "Digits": ["1234"],
        "From": ["+14158675309"],
        "To": ["+18005551212"],
    }
    path, signature = "/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_genuine(callbacks, path, fields, signature)
    assert is_genuine(callbacks, path, fields | {"To": ["+18005551212"] * 2}, signature)


READER = callbacks_by("token", "https://calls.example.com")
AT = datetime(2026, 6, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state", "end"),
    [
        ("queued", LegState.PLACING, None),
        ("initiated", LegState.PLACING, None),
        ("ringing", LegState.RINGING, None),
        ("in-progress", LegState.LIVE, None),
        ("completed", LegState.ENDED, LegEnd.COMPLETED),
        ("busy", LegState.ENDED, LegEnd.BUSY),
        ("no-answer", LegState.ENDED, LegEnd.NO_ANSWER),
        ("failed", LegState.ENDED, LegEnd.FAILED),
        ("canceled", LegState.ENDED, LegEnd.CANCELLED),
        ("a-new-word", None, None),
        ("", None, None),
    ],
)
def test_the_carriers_words_for_a_call_are_read(status: str, state: LegState | None, end: LegEnd | None) -> None:
    fields = {"CallStatus": status, "CallSid": "CA1", "Unheard": "of"}
    assert READER.leg_report(fields, AT) == LegReport(AT, state, end, None, "CA1")


def test_a_callback_may_say_nothing() -> None:
    assert READER.leg_report({}, AT) == LegReport(AT)
    assert READER.dialed_report({}, AT) == LegReport(AT)
    assert READER.digits({}) == ""
    assert READER.call_id({}) is None


@pytest.mark.parametrize(
    ("seconds", "counted"), [("0", 0), ("61", 61), ("", None), ("x", None), ("-1", None), ("1.5", None)]
)
def test_seconds_are_counted_by_the_carrier(seconds: str, counted: int | None) -> None:
    assert READER.leg_report({"CallDuration": seconds}, AT).seconds == counted
    assert READER.dialed_report({"DialCallDuration": seconds}, AT).seconds == counted


@pytest.mark.parametrize(
    ("word", "who"),
    [
        ("human", AnsweredBy.HUMAN),
        ("machine_start", AnsweredBy.MACHINE),
        ("machine_end_beep", AnsweredBy.MACHINE),
        ("machine_end_silence", AnsweredBy.MACHINE),
        ("machine_end_other", AnsweredBy.MACHINE),
        ("fax", AnsweredBy.MACHINE),
        ("unknown", AnsweredBy.UNKNOWN),
        ("a-new-word", AnsweredBy.UNKNOWN),
        ("", None),
        (None, None),
    ],
)
def test_the_carriers_words_for_who_answered_are_read(word: str | None, who: AnsweredBy | None) -> None:
    assert answered_by(word) is who


def test_the_reason_of_a_failure_is_kept() -> None:
    assert READER.leg_report({"ErrorCode": "13224", "SipResponseCode": "404"}, AT).carrier_code == "13224"
    assert READER.leg_report({"SipResponseCode": "486"}, AT).carrier_code == "486"


# ---- what an error means ------------------------------------------------------------------------------------


def answered(status: int, code: int | None) -> TwilioRestException:
    return TwilioRestException(status, "/Calls.json", "words", code, "POST")


def problem(status: int, code: int) -> TwilioServiceException:
    return TwilioServiceException("about:blank", "words", status, code)


def connector() -> aiohttp.ClientConnectorError:
    key = aiohttp.client_reqrep.ConnectionKey("h", 443, True, True, None, None, None)
    return aiohttp.ClientConnectorError(key, OSError(111, "refused"))


MEANINGS: list[tuple[Exception, type[PortError], str, str | None]] = [
    *[(answered(400, c), Permanent, "invalid_number", str(c)) for c in (13223, 13224, 21211, 21214, 21217, 21614)],
    *[(answered(400, c), Permanent, "invalid_number", str(c)) for c in (30003, 30005, 30006)],
    *[(answered(400, c), Permanent, "blocked", str(c)) for c in (13225, 13227, 21215, 21216, 21408, 30007)],
    (answered(400, 21610), Permanent, "opted_out", "21610"),
    *[(answered(400, c), Transient, "carrier_busy", str(c)) for c in (21210, 21212, 21219, 21608, 10004, 30034)],
    (answered(400, 20003), Away, "carrier_busy", "20003"),
    (answered(400, 20005), Away, "carrier_busy", "20005"),
    (answered(403, 21215), Transient, "carrier_busy", "21215"),
    (answered(400, 21205), Permanent, "carrier_refused", "21205"),
    (answered(400, None), Permanent, "carrier_refused", None),
    (answered(401, 20003), Away, "carrier_busy", "20003"),
    (answered(403, None), Away, "carrier_busy", None),
    (answered(404, 20404), Away, "carrier_busy", "20404"),
    (answered(429, 20429), TooMany, "carrier_busy", "20429"),
    (answered(429, None), TooMany, "carrier_busy", None),
    (answered(400, 22005), TooMany, "carrier_busy", "22005"),
    (answered(400, 20429), TooMany, "carrier_busy", "20429"),
    (answered(500, 20500), Indeterminate, "carrier_unclear", "20500"),
    (answered(503, 21211), Indeterminate, "carrier_unclear", "21211"),
    (answered(504, None), Indeterminate, "carrier_unclear", None),
    (problem(429, 20429), TooMany, "carrier_busy", "20429"),
    (problem(503, 20503), Indeterminate, "carrier_unclear", "20503"),
    (problem(400, 21211), Permanent, "invalid_number", "21211"),
    (problem(400, 21610), Permanent, "opted_out", "21610"),
    (problem(401, 20003), Away, "carrier_busy", "20003"),
    (problem(400, 21219), Transient, "carrier_busy", "21219"),
    (TwilioException("Unable to fetch page"), Indeterminate, "carrier_unclear", None),
    (connector(), Away, "carrier_busy", None),
    (aiohttp.ConnectionTimeoutError(), Away, "carrier_busy", None),
    (aiohttp.ServerDisconnectedError(), Indeterminate, "carrier_unclear", None),
    (aiohttp.SocketTimeoutError(), Indeterminate, "carrier_unclear", None),
    (aiohttp.ClientOSError(104, "reset"), Indeterminate, "carrier_unclear", None),
    (aiohttp.ClientPayloadError(), Indeterminate, "carrier_unclear", None),
    (TimeoutError(), Indeterminate, "carrier_unclear", None),
    (ConnectionResetError(), Indeterminate, "carrier_unclear", None),
    (json.JSONDecodeError("no JSON", "", 0), Indeterminate, "carrier_unclear", None),
]


def named(error: Any) -> str:
    return f"{type(error).__name__} {getattr(error, 'status', '')} {getattr(error, 'code', '')}"


@pytest.mark.parametrize(
    ("error", "kind", "code", "provider_code"), MEANINGS, ids=[named(error) for error, *_ in MEANINGS]
)
def test_every_error_means_one_of_three_things(
    error: Exception, kind: type[PortError], code: str, provider_code: str | None
) -> None:
    found = errors.read(error)
    assert (type(found), found.code, found.provider_code) == (kind, code, provider_code)
    assert str(found)


@pytest.mark.parametrize(
    ("error", "kind", "code", "provider_code"), MEANINGS, ids=[named(error) for error, *_ in MEANINGS]
)
def test_a_question_may_always_be_asked_again(
    error: Exception, kind: type[PortError], code: str, provider_code: str | None
) -> None:
    found = errors.read_only(error)
    assert isinstance(found, Transient)
    assert found.provider_code == provider_code
    assert found.retry_after > timedelta(0)
