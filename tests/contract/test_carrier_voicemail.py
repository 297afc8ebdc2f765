"""The carrier port's contract for machines: how detection listens, and how a message comes after the beep."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from carrier_office import AGENT, LEAD, OURS, CarrierOffice, carrier_office, listening, order
from test_carrier_contract import ATTEMPT, LEG, RETRY, RING, adapter, rendered

from speedtolead.domain.machine import Detection
from speedtolead.domain.voicemail import message
from speedtolead.ports import ConnectLead, Goodbye, OfferLead
from speedtolead.ports.voicemail import AskWhoAnswered, AwaitGreeting, LeaveMessage
from speedtolead.simulator import Does, Person

HEARS = Detection(
    timedelta(milliseconds=1800), timedelta(milliseconds=1450), timedelta(seconds=4), timedelta(seconds=20)
)
MEASURES = {"Timeout": "20", "SpeechThreshold": "1800", "SpeechEndThreshold": "1450", "SilenceTimeout": "4000"}
AWAIT = AwaitGreeting(ATTEMPT, LEG, timedelta(seconds=3))
MESSAGE = message("Acme Insurance", "We got your request.", "+18005550199")
LEAVE = LeaveMessage(ATTEMPT, LEG, MESSAGE)
SAID = [MESSAGE.opening, MESSAGE.words, MESSAGE.closing]
MAILBOX = Person(pattern=LEAD, does=Does.VOICEMAIL, ring=1.0, speaks=12.0, talk=120.0)
AGENT_STAYS = Person(pattern=AGENT, ring=1.0, presses="1")


async def test_a_placed_call_and_a_dialled_in_one_are_detected_as_it_is_asked() -> None:
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(await request.post()))
        return web.json_response({"sid": "CA1", "call_sid": "CA1"}, status=201)

    async with listening(answer) as url, adapter(url) as carrier:
        one = replace(order(detect=True), detection=HEARS)
        await carrier.place_call(one)
        await carrier.dial_into(one, "talk")
        await carrier.place_call(replace(one, detect_machine=False))
    for fields in asked[:2]:
        assert fields["MachineDetection"] == "Enable"
        assert {name: fields[f"MachineDetection{name}"] for name in MEASURES} == MEASURES
    assert not any(name.startswith("MachineDetection") for name in asked[2])


def test_a_lead_who_is_rung_from_the_agents_call_is_detected_as_it_is_asked_or_not() -> None:
    connect = ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING, detect=HEARS)
    (number,) = rendered(connect).iter("Number")
    assert number.get("machineDetection") == "Enable"
    assert {name: number.get(f"machineDetection{name}") for name in MEASURES} == MEASURES
    (number,) = rendered(replace(connect, detect=None)).iter("Number")
    assert not any(name.lower().startswith(("machine", "amd")) for name in number.attrib)


def test_a_greeting_is_heard_and_not_recorded() -> None:
    document = rendered(AWAIT)
    assert [verb.tag for verb in document] == ["Gather", "Redirect"]
    gather, redirect = document
    assert gather.get("input") == "speech"
    assert (gather.get("timeout"), gather.get("speechTimeout")) == ("3", "3")
    assert gather.get("actionOnEmptyResult") == "true"
    assert gather.get("action") == redirect.text
    assert (redirect.text or "").endswith(f"/greeted{RETRY}")


def test_a_message_takes_the_stop_key_while_it_is_said() -> None:
    document = rendered(LEAVE)
    assert [verb.tag for verb in document] == ["Gather", "Redirect"]
    assert [sound.text for sound in document[0]] == SAID
    assert (document[0].get("action") or "").endswith(f"/opt_out{RETRY}")
    assert (document[1].text or "").endswith(f"/left{RETRY}")


def test_a_file_is_played_between_who_calls_and_how_to_stop_it() -> None:
    digest = "ab" * 32
    document = rendered(replace(LEAVE, message=replace(MESSAGE, sha256=digest)))
    assert [sound.tag for sound in document[0]] == ["Say", "Play", "Say"]
    assert (document[0][1].text or "").endswith(f"/carrier/twilio/sounds/{digest}")


def test_an_agent_is_asked_for_a_key() -> None:
    document = rendered(AskWhoAnswered(ATTEMPT, LEG))
    assert [verb.tag for verb in document] == ["Gather", "Hangup"]
    assert (document[0].get("action") or "").endswith(f"/labelled{RETRY}")


@pytest.mark.parametrize("guise", ["twilio", "signalwire"])
async def test_a_machine_is_sent_away_from_the_agent_and_has_the_whole_message_after_its_beep(guise: str) -> None:
    async with carrier_office(AGENT_STAYS, MAILBOX, guise=guise, speed=20.0) as o:
        await machine_is_detected(o)
        (mailbox,) = o.simulator.carrier.calls_to(LEAD)
        o.answers |= {"/greeted": LEAVE, "/left": Goodbye(), "/dialed": Goodbye("A machine.")}
        await o.carrier.redirect(mailbox.sid, AWAIT)
        (agent,) = o.simulator.carrier.calls_to(AGENT)
        await o.is_over(agent.sid)
        assert mailbox.is_live, "the agent is free while the greeting still runs"
        await o.is_over(mailbox.sid)
        assert mailbox.left == SAID
        assert len(o.at("greeted")) == 1
        assert len(o.at("left")) == 1
        assert o.at("opt_out") == []


async def test_a_person_who_is_taken_for_a_machine_can_stop_it_by_key() -> None:
    person = Person(pattern=LEAD, ring=1.0, speaks=1.0, presses="9", answered_by="machine_start")
    async with carrier_office(AGENT_STAYS, person, speed=20.0) as o:
        await machine_is_detected(o)
        (call,) = o.simulator.carrier.calls_to(LEAD)
        o.answers |= {"/greeted": LEAVE, "/left": Goodbye(), "/dialed": Goodbye(), "/opt_out": Goodbye()}
        await o.carrier.redirect(call.sid, AWAIT)
        await o.is_over(call.sid)
        (pressed,) = o.at("opt_out")
        assert pressed["Digits"] == "9"
        assert o.at("left") == []


async def machine_is_detected(o: CarrierOffice) -> None:
    o.answers["/accept"] = ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING)
    await o.carrier.place_call(order(AGENT, OfferLead(ATTEMPT, LEG, "Ann. Press 1.")))
    await o.until(lambda: o.at("detection"))
    (told,) = o.at("detection")
    assert told["AnsweredBy"] == "machine_start"
