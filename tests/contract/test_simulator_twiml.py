"""TwiML on the simulated carrier: bridges, whispers, keys, redirection, and what is heard of them."""

from __future__ import annotations

import pytest
from test_simulator_customer import AGENT, ALL, LEAD, OURS, Office, number, office
from twilio.base.exceptions import TwilioRestException
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from speedtolead.simulator import Does, Person

OTHER_AGENT = "+14155550198"
STAYS = Person(AGENT, ring=1.0, presses="1")
TALKS = Person(LEAD, ring=2.0, talk=30.0)


def bridge(o: Office, *numbers: str, url: str | None = None, **attributes: object) -> str:
    response = VoiceResponse()
    dial = Dial(caller_id=OURS, **attributes)
    for dialled in numbers:
        dial.number(dialled, url=url, status_callback=f"{o.url}/leg", status_callback_event=" ".join(ALL))
    response.append(dial)
    return str(response)


def press_one(o: Office) -> str:
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=5, action=f"{o.url}/pressed")
    gather.say("Press one to take the call")
    response.append(gather)
    response.hangup()
    return str(response)


async def test_agent_first_the_agent_presses_one_and_the_lead_is_dialled_and_bridged() -> None:
    async with office(STAYS, TALKS) as o:
        o.replies["/pressed"] = bridge(o, LEAD, action=f"{o.url}/after")
        o.replies["/after"] = "<Response/>"
        call = await o.call(AGENT, press_one(o))
        (pressed,) = await o.heard("/pressed")
        assert pressed["Digits"] == "1"
        (after,) = await o.heard("/after")
        assert after["DialCallStatus"] == "completed"
        assert after["DialBridged"] == "true"
        assert 29 <= int(after["DialCallDuration"]) <= 50
        await o.last_word("/leg")
        leg = o.at("/leg")
        assert [h["CallStatus"] for h in leg] == ["initiated", "ringing", "in-progress", "completed"]
        assert {h["ParentCallSid"] for h in leg} == {call.sid}
        assert {h["Direction"] for h in leg} == {"outbound-dial"}
        assert after["DialCallSid"] == leg[0]["CallSid"]
        child = await o.client.calls(leg[0]["CallSid"]).fetch_async()
        assert (child.parent_call_sid, child.direction) == (call.sid, "outbound-dial")


async def test_an_agent_who_presses_nothing_is_hung_up_on() -> None:
    async with office(Person(AGENT)) as o:
        call = await o.call(AGENT, press_one(o))
        assert (await o.is_over(call.sid)).duration >= 5
        assert o.at("/pressed") == []


async def test_an_empty_gather_may_lead_to_the_action_too() -> None:
    async with office(Person(AGENT)) as o:
        twiml = f"<Response><Gather timeout='1' actionOnEmptyResult='true' action='{o.url}/pressed'/></Response>"
        await o.call(AGENT, twiml)
        (hook,) = await o.heard("/pressed")
        assert hook["Digits"] == ""


@pytest.mark.parametrize(("speaks", "result"), [(20.0, "what was said"), (0.0, None)])
async def test_a_gather_of_speech_ends_after_a_silence_or_where_nobody_speaks(
    speaks: float, result: str | None
) -> None:
    async with office(Person(AGENT, ring=1.0, speaks=speaks)) as o:
        o.replies["/heard"] = "<Response><Hangup/></Response>"
        listening = "input='speech' timeout='4' speechTimeout='3' actionOnEmptyResult='true'"
        call = await o.call(AGENT, f"<Response><Gather {listening} action='{o.url}/heard'/></Response>")
        (heard,) = await o.heard("/heard")
        assert heard.parameters.get("SpeechResult") == result
        duration = (await o.is_over(call.sid)).duration
        assert (duration >= 23) is (result is not None)


async def test_gather_takes_keys_until_the_finishing_one() -> None:
    async with office(Person(AGENT, presses="42#7")) as o:
        await o.call(AGENT, f"<Response><Gather action='{o.url}/pressed'/></Response>")
        (hook,) = await o.heard("/pressed")
        assert (hook["Digits"], hook["FinishedOnKey"]) == ("42", "#")


@pytest.mark.parametrize(
    ("does", "status"),
    [
        (Does.BUSY, "busy"),
        (Does.NO_ANSWER, "no-answer"),
        (Does.UNREACHABLE, "failed"),
        (Does.DECLINE, "busy"),
    ],
)
async def test_the_action_hears_how_a_dial_went_wrong(does: Does, status: str) -> None:
    async with office(STAYS, Person(LEAD, does=does)) as o:
        await o.call(AGENT, bridge(o, LEAD, action=f"{o.url}/after", timeout=5))
        (after,) = await o.heard("/after")
        assert (after["DialCallStatus"], after["DialBridged"]) == (status, "false")


async def test_without_action_the_next_verb_runs_and_with_one_it_never_does() -> None:
    async with office(STAYS, Person(LEAD, does=Does.BUSY)) as o:
        then = f"<Redirect>{o.url}/next</Redirect></Response>"
        await o.call(AGENT, bridge(o, LEAD).replace("</Response>", then))
        await o.heard("/next")
        o.hooks.clear()
        o.replies["/after"] = "<Response/>"
        call = await o.call(AGENT, bridge(o, LEAD, action=f"{o.url}/after").replace("</Response>", then))
        await o.is_over(call.sid)
        assert len(o.at("/after")) == 1
        assert o.at("/next") == []


async def test_a_whisper_runs_on_the_dialled_leg_before_the_bridge() -> None:
    async with office(STAYS, TALKS) as o:
        o.replies["/whisper"] = press_one(o)
        o.replies["/pressed"] = "<Response/>"
        call = await o.call(LEAD, bridge(o, AGENT, url=f"{o.url}/whisper"))
        (whisper,) = await o.heard("/whisper")
        assert (whisper["To"], whisper["ParentCallSid"]) == (AGENT, call.sid)
        await o.heard("/pressed")
        kept = await o.is_over(call.sid)
        assert kept.is_connected
        assert kept.duration >= 30


async def test_a_whisper_that_hangs_up_declines_and_the_lead_moves_on() -> None:
    async with office(Person(AGENT), TALKS) as o:
        o.replies["/whisper"] = press_one(o)
        await o.call(LEAD, bridge(o, AGENT, url=f"{o.url}/whisper", action=f"{o.url}/after"))
        (after,) = await o.heard("/after")
        assert (after["DialCallStatus"], after["DialBridged"]) == ("completed", "false")


async def test_several_telephones_ring_at_once_and_the_first_to_answer_wins() -> None:
    slow, fast = Person(AGENT, ring=20.0), Person(OTHER_AGENT, ring=2.0)
    async with office(slow, fast, TALKS) as o:
        await o.call(LEAD, bridge(o, AGENT, OTHER_AGENT))
        loser = await o.last_word("/leg", To=AGENT)
        winner = await o.last_word("/leg", To=OTHER_AGENT)
        assert loser["CallStatus"] == "canceled"
        assert winner["CallStatus"] == "completed"
        assert o.at("/leg", To=AGENT, CallStatus="in-progress") == []


async def test_who_answers_first_but_declines_in_the_whisper_does_not_win() -> None:
    async with office(Person(AGENT, ring=1.0), Person(OTHER_AGENT, ring=9.0, presses="1"), TALKS) as o:
        o.replies["/whisper"] = press_one(o)
        o.replies["/pressed"] = "<Response/>"
        await o.call(LEAD, bridge(o, AGENT, OTHER_AGENT, url=f"{o.url}/whisper", action=f"{o.url}/after"))
        (after,) = await o.heard("/after")
        winner = o.simulator.carrier.calls[after["DialCallSid"]]
        assert (winner.to, after["DialBridged"]) == (OTHER_AGENT, "true")


async def test_when_the_parent_hangs_up_the_ringing_leg_is_cancelled_and_told() -> None:
    async with office(Person(AGENT, ring=1.0), Person(LEAD, does=Does.MANUAL)) as o:
        call = await o.call(AGENT, bridge(o, LEAD, action=f"{o.url}/after"))
        await o.heard("/leg", CallStatus="ringing")
        await o.control("POST", f"/calls/{call.sid}/hangup")
        assert (await o.last_word("/leg"))["CallStatus"] == "no-answer"
        (after,) = await o.heard("/after")
        assert (after["CallStatus"], after["DialBridged"]) == ("completed", "false")
        assert (await o.last_word("/status"))["CallStatus"] == "completed"


async def test_completing_the_parent_over_the_api_ends_the_bridged_leg_too() -> None:
    async with office(STAYS, Person(LEAD, ring=1.0)) as o:
        call = await o.call(AGENT, bridge(o, LEAD))
        await o.heard("/leg", CallStatus="in-progress")
        await o.client.calls(call.sid).update_async(status="completed")
        assert (await o.last_word("/leg"))["CallStatus"] == "completed"


async def test_a_person_at_the_control_endpoints_answers_presses_and_hangs_up() -> None:
    async with office(Person("*", does=Does.MANUAL)) as o:
        call = await o.call(AGENT, press_one(o).replace('timeout="5"', 'timeout="500"'))
        o.replies["/pressed"] = "<Response><Pause length='500'/></Response>"
        await o.heard("/status", CallStatus="ringing")
        await o.control("POST", f"/calls/{call.sid}/answer")
        await o.heard("/status", CallStatus="in-progress")
        await o.control("POST", f"/calls/{call.sid}/press", {"digits": "7"})
        (hook,) = await o.heard("/pressed")
        assert hook["Digits"] == "7"
        await o.control("POST", f"/calls/{call.sid}/hangup")
        assert (await o.last_word())["CallStatus"] == "completed"


async def test_a_star_ends_the_dialled_leg_where_that_was_asked_for() -> None:
    async with office(STAYS, Person(LEAD)) as o:
        call = await o.call(AGENT, bridge(o, LEAD, hangup_on_star=True, action=f"{o.url}/after"))
        carrier = o.simulator.carrier
        await carrier.wait_for(lambda: carrier.calls[call.sid].is_connected)
        await o.control("POST", f"/calls/{call.sid}/press", {"digits": "*"})
        (after,) = await o.heard("/after")
        assert after["CallStatus"] == "in-progress"


async def test_a_time_limit_ends_the_talk() -> None:
    async with office(STAYS, Person(LEAD)) as o:
        await o.call(AGENT, bridge(o, LEAD, time_limit=20, action=f"{o.url}/after"))
        (after,) = await o.heard("/after")
        assert 19 <= int(after["DialCallDuration"]) <= 40


async def test_a_live_call_can_be_sent_elsewhere_and_its_dialled_leg_ends() -> None:
    async with office(STAYS, Person(LEAD, ring=1.0)) as o:
        call = await o.call(AGENT, bridge(o, LEAD))
        await o.heard("/leg", CallStatus="in-progress")
        twiml = f"<Response><Redirect>{o.url}/elsewhere</Redirect></Response>"
        await o.client.calls(call.sid).update_async(twiml=twiml)
        await o.heard("/elsewhere", CallStatus="in-progress")
        assert (await o.last_word("/leg"))["CallStatus"] == "completed"


async def test_a_dialled_leg_sent_elsewhere_outlives_its_parent() -> None:
    async with office(STAYS, Person(LEAD, ring=1.0)) as o:
        call = await o.call(AGENT, bridge(o, LEAD, action=f"{o.url}/after"))
        o.replies["/after"] = "<Response><Hangup/></Response>"
        (leg,) = await o.heard("/leg", CallStatus="in-progress")
        await o.simulator.carrier.wait_for(lambda: o.simulator.carrier.calls[call.sid].is_connected)
        await o.client.calls(leg["CallSid"]).update_async(twiml="<Response><Pause length='600'/></Response>")
        await o.is_over(call.sid)
        assert (await o.client.calls(leg["CallSid"]).fetch_async()).status == "in-progress"


async def test_a_call_that_is_not_live_cannot_be_sent_elsewhere() -> None:
    async with office(Person(LEAD, does=Does.MANUAL)) as o:
        call = await o.call(LEAD)
        with pytest.raises(TwilioRestException) as refused:
            await o.client.calls(call.sid).update_async(twiml="<Response/>")
        assert refused.value.code == 21220


async def test_a_document_that_cannot_be_had_is_sought_at_the_fallback() -> None:
    async with office() as o:
        o.replies["/voice"] = 500
        await o.call(LEAD, url=f"{o.url}/voice", fallback_url=f"{o.url}/fallback")
        (hook,) = await o.heard("/fallback")
        assert (hook["ErrorCode"], hook["ErrorUrl"]) == ("11200", f"{o.url}/voice")


@pytest.mark.parametrize("document", ["nonsense", "<Response><Fly/></Response>", "<Wrong/>"])
async def test_a_document_that_is_not_twiml_ends_the_call(document: str) -> None:
    async with office() as o:
        o.replies["/voice"] = document
        call = await o.call(LEAD, url=f"{o.url}/voice")
        assert (await o.is_over(call.sid)).duration < 20, "the person would have talked for 30"


async def test_addresses_in_a_document_are_relative_to_it() -> None:
    async with office() as o:
        o.replies["/deep/voice"] = "<Response><Redirect>next</Redirect></Response>"
        await o.call(LEAD, url=f"{o.url}/deep/voice")
        await o.heard("/deep/next")


async def test_clients_and_sip_sets_can_be_dialled_and_a_bare_number_too() -> None:
    async with office(STAYS, Person("client:*", ring=0.5), Person("sip:*", does=Does.BUSY)) as o:
        twiml = "<Response><Dial><Client>anna</Client><Sip>sip:bob@x.test</Sip></Dial></Response>"
        await o.call(AGENT, twiml)
        carrier = o.simulator.carrier
        await carrier.wait_for(lambda: [c for c in carrier.calls_to("client:anna") if c.is_connected])
        assert len(carrier.calls_to("sip:bob@x.test")) == 1
        await o.call(AGENT, "<Response><Dial>(303) 555-0142</Dial></Response>")
        await carrier.wait_for(lambda: carrier.calls_to(LEAD))


async def test_detection_on_a_dialled_number_reports_to_its_own_address() -> None:
    async with office(STAYS, Person(LEAD, does=Does.VOICEMAIL, ring=1.0)) as o:
        noun = f"<Number machineDetection='Enable' amdStatusCallback='{o.url}/amd'>{LEAD}</Number>"
        await o.call(AGENT, f"<Response><Dial>{noun}</Dial></Response>")
        (hook,) = await o.heard("/amd")
        assert hook["AnsweredBy"] == "machine_start"


async def test_legs_made_by_dial_do_not_count_against_the_rate() -> None:
    async with office(STAYS, Person(LEAD), calls_per_second=0.001) as o:
        await o.call(AGENT, bridge(o, LEAD, OTHER_AGENT))
        await o.heard("/leg", 2, CallStatus="ringing")


async def test_a_person_calls_in_and_may_be_rejected_or_answered_on_the_bridge() -> None:
    async with office(STAYS, TALKS) as o:
        await o.control("POST", "/numbers", {"numbers": [{"number": OURS, "voice_url": f"{o.url}/voice"}]})
        o.replies["/voice"] = "<Response><Reject reason='busy'/></Response>"
        rejected = await o.control("POST", "/inbound", {"from": LEAD, "to": OURS})
        assert (await o.is_over(rejected["sid"])).status == "busy"
        (hook,) = o.at("/voice")
        assert (hook["Direction"], hook["CallStatus"], hook["From"]) == ("inbound", "ringing", LEAD)
        o.replies["/voice"] = bridge(o, AGENT, answer_on_bridge=True)
        accepted = await o.control("POST", "/inbound", {"from": LEAD, "to": OURS})
        kept = await o.is_over(accepted["sid"])
        (leg,) = o.simulator.carrier.calls_to(AGENT)
        assert kept.answered_at >= leg.answered_at
        assert kept.status == "completed"


async def test_a_configured_number_is_the_only_one_to_call_from() -> None:
    async with office(STAYS, TALKS, numbers=(number("http://x.test"),)) as o:
        o.replies["/after"] = "<Response/>"
        stranger = f"<Dial callerId='+12125550009' action='{o.url}/after'>{LEAD}</Dial>"
        await o.call(AGENT, f"<Response>{stranger}</Response>")
        (after,) = await o.heard("/after")
        assert after["DialCallStatus"] == "failed"
        assert o.simulator.carrier.calls_to(LEAD) == []
