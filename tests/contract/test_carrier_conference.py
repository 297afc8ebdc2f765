"""Calls that meet in a conference: the contract of the port, and what a waiting person hears."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from uuid import UUID
from xml.etree import ElementTree

import aiohttp
import pytest
from carrier_office import AGENT, LEAD, CarrierOffice, ago, callbacks_by, carrier_office, is_genuine, order

from speedtolead.adapters.twilio.addresses import RINGING_SOUND
from speedtolead.domain.call import AnsweredBy, LegState
from speedtolead.ports import Goodbye, Indeterminate, Permanent, Transient
from speedtolead.ports.conference import Alone, Greet, JoinConference
from speedtolead.simulator import Does, Person
from speedtolead.simulator.call import Call
from speedtolead.web import sounds

ATTEMPT, LEG, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
ROOM = "room-1"
SILENT = Person(pattern=LEAD, does=Does.MANUAL)
STAYS = Person(pattern=AGENT, ring=1.0)


def join(
    alone: Alone = Alone.RINGING, *, leg: UUID = LEG, ends: bool = True, muted: bool = False
) -> JoinConference:
    return JoinConference(ATTEMPT, leg, ROOM, alone, ends, muted)


def rendered(instruction: JoinConference | Greet) -> ElementTree.Element:
    _, body = callbacks_by("token", "https://calls.example.com").render(instruction)
    return ElementTree.fromstring(body)


@pytest.fixture(params=["twilio", "signalwire"])
def guise(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# ---- documents ----------------------------------------------------------------------------------------------


def test_a_call_joins_a_conference_without_a_beep_and_asks_nothing_after_it() -> None:
    (dial,) = rendered(join(muted=True))
    (room,) = dial
    assert (room.tag, room.text, room.get("beep")) == ("Conference", ROOM, "false")
    assert (room.get("endConferenceOnExit"), room.get("muted")) == ("true", "true")
    assert room.get("participantLabel") == str(LEG)
    assert dial.get("action") is None


def test_an_agents_line_that_joins_a_talk_is_asked_how_it_goes_on_after_it() -> None:
    (dial,) = rendered(replace(join(), line_id=OTHER))
    assert dial.get("action", "").startswith(f"https://calls.example.com/carrier/twilio/lines/{OTHER}/out")


@pytest.mark.parametrize(
    ("alone", "address"), [(Alone.RINGING, "ringing"), (Alone.GREETING, "wait"), (Alone.MUSIC, None)]
)
def test_who_is_alone_in_a_conference_never_waits_in_silence(alone: Alone, address: str | None) -> None:
    room = rendered(join(alone)).find("Dial/Conference")
    assert room is not None
    waits = room.get("waitUrl")
    if address is None:
        assert waits is None, "an empty address would be silence; none at all is the carrier's music"
    else:
        path = f"/carrier/twilio/attempts/{ATTEMPT}/legs/{LEG}/{address}"
        assert waits is not None
        assert waits.split("#")[0] == f"https://calls.example.com{path}"


def test_a_greeting_is_said_once_and_then_it_rings_for_as_long_as_it_takes() -> None:
    said, played = rendered(Greet("This is Acme."))
    assert (said.tag, said.text) == ("Say", "This is Acme.")
    assert (played.tag, played.get("loop")) == ("Play", "0")
    assert played.text == f"https://calls.example.com{RINGING_SOUND}"
    assert [element.tag for element in rendered(Greet())] == ["Play"]


def test_the_sound_of_ringing_is_ours_and_rests_for_no_longer_than_two_seconds() -> None:
    assert sounds.RINGING_PATH == RINGING_SOUND
    with wave.open(io.BytesIO(sounds.ringing())) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        samples = file.readframes(file.getnframes())
    heard = [n for n in range(0, len(samples), 2) if samples[n : n + 2] != b"\0\0"]
    rest = (len(samples) - heard[-1]) / 2 / 8000
    assert heard[0] < 10
    assert 0 < rest <= 2.001


# ---- dialled into a conference ------------------------------------------------------------------------------


async def agent_waits(o: CarrierOffice, alone: Alone = Alone.MUSIC) -> Call:
    call_id = await o.carrier.place_call(order(AGENT, join(alone, leg=OTHER)))
    call = o.simulator.carrier.calls[call_id]
    await o.simulator.carrier.wait_for(lambda: in_room(o, call), 8)
    return call


def in_room(o: CarrierOffice, call: Call) -> bool:
    room = o.simulator.carrier.rooms.find(ROOM)
    there = room.participants.get(call.sid) if room is not None else None
    return there is not None and there.has_joined


async def control(o: CarrierOffice, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{o.simulator.url}/simulator/calls/{path}") as response:
        assert response.status == 200


async def test_a_lead_is_dialled_into_a_conference_with_one_request_and_no_fetch(guise: str) -> None:
    async with carrier_office(STAYS, Person(pattern=LEAD, ring=1.0, talk=5.0), guise=guise) as o:
        agent = await agent_waits(o)
        before = len(o.simulator.gate.arrivals)
        call_id = await o.carrier.dial_into(order(detect=True, attempt_id=ATTEMPT, leg_id=LEG), ROOM)
        await o.is_over(call_id)
        await o.is_over(agent.sid)  # with the lead's end the conference ended, and with it the agent's call
        assert len(o.simulator.gate.arrivals) == before + 1
        await o.until(lambda: any(one["CallStatus"] == "completed" for one in o.of_leg(LEG, "status")))
        told = [one["CallStatus"] for one in o.of_leg(LEG, "status")]
        assert told == ["initiated", "ringing", "in-progress", "completed"]
        await o.until(lambda: o.of_leg(LEG, "detection"))
        assert {one.path.rsplit("/", 1)[1] for one in o.heard} == {"status", "detection"}, "nothing else was asked"
        assert all(is_genuine(o.callbacks, h.path, h.fields, h.signature) for h in o.heard)
        (known,) = await o.known()
        assert known.call_id == call_id


async def test_complaint_3_a_conference_that_starts_is_not_a_phone_that_was_answered() -> None:
    """With early media it starts while the lead's phone rings."""
    async with carrier_office(STAYS, SILENT) as o:
        await agent_waits(o)
        call_id = await o.carrier.dial_into(order(attempt_id=ATTEMPT, leg_id=LEG), ROOM)
        rooms = o.simulator.carrier.rooms
        await o.simulator.carrier.wait_for(lambda: (r := rooms.find(ROOM)) and r.status == "in-progress", 8)
        await o.until(lambda: any(one["CallStatus"] == "ringing" for one in o.of_leg(LEG, "status")))
        known = await o.carrier.fetch_call(call_id)
        assert known is not None
        assert known.report.state is LegState.RINGING
        for one in o.of_leg(LEG, "status"):
            report = o.callbacks.leg_report({name: v[-1] for name, v in one.fields.items()}, ago())
            assert report.state in {LegState.PLACING, LegState.RINGING}
        assert not any("ConferenceSid" in one.fields for one in o.heard), "its own news is not asked for"


async def test_a_machine_in_a_conference_is_told_of_as_it_goes_on() -> None:
    async with carrier_office(STAYS, Person(pattern=LEAD, does=Does.VOICEMAIL, ring=1.0)) as o:
        await agent_waits(o)
        await o.carrier.dial_into(order(detect=True, leg_id=LEG), ROOM)
        await o.until(lambda: o.at("detection"))
        (told,) = o.at("detection")
        report = o.callbacks.leg_report({name: v[-1] for name, v in told.fields.items()}, ago())
        assert report.answered_by is AnsweredBy.MACHINE


async def test_a_dial_into_a_conference_fails_in_the_three_ways_of_any_call() -> None:
    async with carrier_office(SILENT, timeout=1.0) as o:
        with pytest.raises(Permanent) as no:
            await o.carrier.dial_into(order("+13035550195"), ROOM)
        assert no.value.code == "invalid_number"
        o.fault("status", status=429, code=20429)
        with pytest.raises(Transient):
            await o.carrier.dial_into(order(), ROOM)
        assert o.simulator.carrier.calls == {}
        for does, more in (("status_after", {}), ("reset_after", {}), ("timeout_after", {"seconds": 3600})):
            o.fault(does, method="POST", **more)
            with pytest.raises(Indeterminate):
                await o.carrier.dial_into(order(), ROOM)
        assert len(await o.known()) == 3, "each can be found, by its address, like any call"


# ---- who waits ----------------------------------------------------------------------------------------------


async def test_the_first_to_come_hears_the_greeting_then_ringing_until_the_other_comes() -> None:
    async with carrier_office(STAYS, SILENT) as o:
        o.answers = {"/wait": Greet("This is Acme."), "/ringing": Greet()}
        lead_id = await o.carrier.place_call(order(LEAD, join(Alone.GREETING)))
        lead = o.simulator.carrier.calls[lead_id]
        await o.simulator.carrier.wait_for(lambda: lead.status == "ringing", 8)
        await control(o, f"{lead_id}/answer")
        await o.simulator.carrier.wait_for(lambda: lead.played, 8)
        assert lead.said == ["This is Acme."]
        assert lead.played == [f"{o.public_url}{RINGING_SOUND}"]
        agent = await agent_waits(o, Alone.RINGING)
        await o.simulator.carrier.wait_for(lambda: agent.is_connected and lead.is_connected, 8)
        assert (lead.silent_since, lead.longest_silence) == (None, 0.0)
        assert (agent.silent_since, agent.played) == (None, []), "the talk began at once"


async def test_leaving_ends_the_conference_and_the_other_call_with_it() -> None:
    async with carrier_office(STAYS, Person(pattern=LEAD, ring=1.0)) as o:
        lead = o.simulator.carrier.calls[await o.carrier.place_call(order(LEAD, join(Alone.MUSIC)))]
        agent = await agent_waits(o)
        await o.simulator.carrier.wait_for(lambda: lead.is_connected, 8)
        await control(o, f"{agent.sid}/hangup")
        await o.is_over(lead.sid)
        assert lead.silent_since is None


async def test_who_is_left_alone_in_a_conference_that_has_begun_hears_nothing() -> None:
    """So nobody may be: the simulated carrier keeps account of silence, for the tests of the service."""
    async with carrier_office(STAYS, Person(pattern=LEAD, ring=1.0, talk=1.0)) as o:
        agent = o.simulator.carrier.calls[await o.carrier.place_call(order(AGENT, join(Alone.MUSIC, ends=False)))]
        lead = await o.carrier.place_call(order(LEAD, join(Alone.MUSIC, leg=OTHER, ends=False)))
        await o.is_over(lead)
        await o.simulator.carrier.wait_for(lambda: agent.silent_since is not None, 8)
        await o.carrier.redirect(agent.sid, Goodbye())
        await o.is_over(agent.sid)
        assert agent.longest_silence > 0


async def test_a_wait_that_cannot_be_fetched_is_silence() -> None:
    async with carrier_office(STAYS) as o:  # the office answers nothing to "wait"
        agent = await agent_waits(o, Alone.GREETING)
        await o.simulator.carrier.wait_for(lambda: agent.silent_since is not None, 8)
