"""The carrier port's contract for live calls: sent elsewhere, and changed in a conference."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from aiohttp import web
from carrier_office import AGENT, LEAD, OURS, CarrierOffice, carrier_office, is_genuine, listening, order
from test_carrier_contract import ATTEMPT, LEG, RETRY, RING, SILENT, adapter, rendered

from speedtolead.ports import ConnectLead, Goodbye, Indeterminate, OfferLead, Permanent, PortError, Transient
from speedtolead.ports.control import Aside, Party, PartyChange
from speedtolead.simulator import Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.conference import Participant

AGENT_STAYS = Person(pattern=AGENT, ring=1.0, presses="1")
LEAD_STAYS = Person(pattern=LEAD, ring=1.0)
OFFER = OfferLead(ATTEMPT, LEG, "Ann from Tampa. Press 1.")
WORDS = ("Hold the line, please. " * 150).strip()
HOLD = Goodbye(WORDS)
"""Keeps a call for minutes of its own time."""


@pytest.fixture(params=["twilio", "signalwire"])
def guise(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def bridged(o: CarrierOffice) -> tuple[Call, Call]:
    """An agent who took the offer, and the lead who was rung from the agent's call."""
    o.answers["/accept"] = ConnectLead(ATTEMPT, LEG, LEAD, OURS, RING)
    call_id = await o.carrier.place_call(order(AGENT, OFFER))
    carrier = o.simulator.carrier
    await carrier.wait_for(lambda: any(call.is_connected for call in carrier.calls_to(LEAD)))
    return carrier.calls[call_id], carrier.calls_to(LEAD)[0]


async def in_conference(o: CarrierOffice, *addresses: str) -> list[Party]:
    """Parties of one conference, by the simulated carrier's own way in."""
    parties = []
    for address in addresses:
        call_id = await o.carrier.place_call(order(address, HOLD))
        await o.is_answered(call_id)
        room = "<Response><Dial><Conference>talk</Conference></Dial></Response>"
        await o.carrier._client.calls(call_id).update_async(twiml=room)
        parties.append(Party("talk", call_id, ATTEMPT, LEG))
    await o.simulator.carrier.wait_for(lambda: all(attending(o, party.call_id) for party in parties))
    return parties


def attending(o: CarrierOffice, call_id: str) -> Participant | None:
    room = o.simulator.carrier.rooms.find("talk")
    found = None if room is None else room.participants.get(call_id)
    return found if found is not None and found.has_joined else None


def heard(o: CarrierOffice, party: Party) -> set[str]:
    room, one = o.simulator.carrier.rooms.find("talk"), attending(o, party.call_id)
    assert room is not None
    assert one is not None
    return {other.call.sid for other in room.heard_by(one)}


# ---- sent elsewhere -----------------------------------------------------------------------------------------


async def test_a_live_call_goes_on_with_another_instruction_at_once(guise: str) -> None:
    async with carrier_office(LEAD_STAYS, guise=guise, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=HOLD))
        await o.is_answered(call_id)
        await o.carrier.redirect(call_id, Goodbye("Good-bye, then."))
        await o.is_over(call_id)
        assert o.simulator.carrier.calls[call_id].said[-1] == "Good-bye, then."


async def test_a_leg_that_was_rung_from_another_leaves_it_and_the_other_goes_on() -> None:
    """The child of a Dial is sent elsewhere: it lives on, and the parent's action says how the parent goes on."""
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, speed=20.0) as o:
        agent, lead = await bridged(o)
        o.answers["/dialed"] = HOLD
        await o.carrier.redirect(lead.sid, HOLD)
        await o.until(lambda: o.at("dialed"))
        carrier = o.simulator.carrier
        await carrier.wait_for(lambda: WORDS in agent.said and WORDS in lead.said)
        assert agent.is_live
        assert lead.is_live
        assert o.at("dialed")[0]["DialCallSid"] == lead.sid


async def test_a_call_that_has_rung_another_ends_that_when_it_is_sent_elsewhere() -> None:
    """The parent of a Dial is sent elsewhere: the child is hung up, and what the action answers is not run."""
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, speed=20.0) as o:
        agent, lead = await bridged(o)
        o.answers["/dialed"] = Goodbye("Not to be said.")
        await o.carrier.redirect(agent.sid, HOLD)
        await o.is_over(lead.sid)
        await o.until(lambda: o.at("dialed"))
        await o.simulator.carrier.wait_for(lambda: WORDS in agent.said)
        assert agent.is_live
        assert "Not to be said." not in agent.said


async def test_a_call_that_is_not_live_is_not_sent_elsewhere(guise: str) -> None:
    async with carrier_office(SILENT, guise=guise) as o:
        ringing = await o.carrier.place_call(order())
        for call_id in (ringing, "CA" + "0" * 32):
            with pytest.raises(Permanent) as no:
                await o.carrier.redirect(call_id, Goodbye())
            assert no.value.code == "call_over"


@pytest.mark.parametrize("does", ["status_after", "reset_after"])
async def test_whether_a_call_was_sent_elsewhere_may_be_unclear_and_is_asked_once(does: str) -> None:
    async with carrier_office(LEAD_STAYS, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=HOLD))
        await o.is_answered(call_id)
        o.fault(does, method="POST")
        with pytest.raises(Indeterminate):
            await o.carrier.redirect(call_id, Goodbye())
        asked = [a for a in o.simulator.gate.arrivals if a.path.endswith(f"/{call_id}.json")]
        assert len(asked) == 1


# ---- in a conference ----------------------------------------------------------------------------------------


async def test_who_is_muted_is_not_heard_until_unmuted(guise: str) -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, guise=guise, speed=20.0) as o:
        agent, lead = await in_conference(o, AGENT, LEAD)
        assert heard(o, lead) == {agent.call_id}
        await o.carrier.change_party(agent, PartyChange(muted=True))
        assert (heard(o, lead), heard(o, agent)) == (set(), {lead.call_id})
        await o.carrier.change_party(agent, PartyChange(muted=False))
        assert heard(o, lead) == {agent.call_id}


async def test_who_is_on_hold_hears_music_and_nobody(guise: str) -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, guise=guise, speed=20.0) as o:
        agent, lead = await in_conference(o, AGENT, LEAD)
        await o.carrier.change_party(lead, PartyChange(held=True))
        assert (heard(o, lead), heard(o, agent)) == (set(), set())
        one = attending(o, lead.call_id)
        assert one is not None
        assert one.music
        await o.carrier.change_party(lead, PartyChange(held=False))
        assert (heard(o, lead), one.music) == ({agent.call_id}, False)


async def test_who_coaches_is_heard_by_that_one_alone() -> None:
    boss = "+14155550112"
    stays = Person(pattern=boss, ring=1.0, presses="1")
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, stays, speed=20.0) as o:
        agent, lead, supervisor = await in_conference(o, AGENT, LEAD, boss)
        await o.carrier.change_party(supervisor, PartyChange(coaches=agent.call_id))
        assert heard(o, agent) == {lead.call_id, supervisor.call_id}
        assert heard(o, lead) == {agent.call_id}
        assert heard(o, supervisor) == {agent.call_id, lead.call_id}
        await o.carrier.change_party(supervisor, PartyChange(coaches=""))
        assert heard(o, lead) == {agent.call_id, supervisor.call_id}


async def test_whose_leaving_ends_a_conference_can_be_changed() -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, speed=20.0) as o:
        agent, lead = await in_conference(o, AGENT, LEAD)
        await o.carrier.change_party(agent, PartyChange(ends_it=True))
        await o.carrier.end_call(agent.call_id)
        await o.is_over(lead.call_id)


async def test_keypad_tones_reach_one_party_alone(guise: str) -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, guise=guise, speed=20.0) as o:
        agent, lead = await in_conference(o, AGENT, LEAD)
        o.answers["/aside"] = Aside(digits="12#")
        await o.carrier.tell_party(lead, Aside(digits="12#"))
        calls = o.simulator.carrier.calls
        await o.simulator.carrier.wait_for(lambda: calls[lead.call_id].tones)
        assert (calls[lead.call_id].tones, calls[agent.call_id].tones) == ("12#", "")
        (asked,) = [one for one in o.heard if "/aside" in one.path]
        assert asked.path.endswith("/aside?digits=12%23")
        assert is_genuine(o.callbacks, asked.path, asked.fields, asked.signature)


async def test_who_is_not_there_yet_is_a_no_for_now(guise: str) -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, guise=guise, speed=20.0) as o:
        nowhere = Party("talk", "CA" + "0" * 32, ATTEMPT, LEG)
        for _ in ("no conference", "a conference without this call"):
            with pytest.raises(Transient) as no:
                await o.carrier.change_party(nowhere, PartyChange(muted=True))
            assert no.value.code == "not_in_conference"
            await in_conference(o, AGENT)


async def test_a_conference_that_began_anew_is_found_again() -> None:
    async with carrier_office(AGENT_STAYS, LEAD_STAYS, speed=20.0) as o:
        (before,) = await in_conference(o, AGENT)
        await o.carrier.change_party(before, PartyChange(muted=True))
        await o.carrier.end_call(before.call_id)
        await o.is_over(before.call_id)
        (after,) = await in_conference(o, LEAD)
        await o.carrier.change_party(after, PartyChange(muted=True))
        found = attending(o, after.call_id)
        assert found is not None
        assert found.muted


@pytest.mark.parametrize("status", [500, 429])
async def test_a_change_that_fails_says_whether_it_may_have_been_made(status: int) -> None:
    async with carrier_office(AGENT_STAYS, speed=20.0) as o:
        (agent,) = await in_conference(o, AGENT)
        o.fault("status", method="POST", status=status)
        with pytest.raises(Indeterminate if status == 500 else Transient):
            await o.carrier.change_party(agent, PartyChange(muted=True))


async def test_a_change_is_asked_for_in_the_carriers_words_and_by_its_own_id() -> None:
    """https://www.twilio.com/docs/voice/api/conference-participant-resource#update-a-participant-resource"""
    asked: list[tuple[str, str, dict[str, str]]] = []

    async def answer(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked.append((request.method, request.path.partition("/Accounts/")[2].partition("/")[2], form))
        listed = {"conferences": [{"sid": "CF0", "status": "completed"}, {"sid": "CF1", "status": "in-progress"}]}
        return web.json_response(listed if request.method == "GET" else {"call_sid": "CA1"})

    party = Party("talk", "CA1", ATTEMPT, LEG)
    async with listening(answer) as url, adapter(url) as carrier:
        await carrier.change_party(party, PartyChange(muted=True, held=True, ends_it=False))
        await carrier.change_party(party, PartyChange(held=False, coaches="CA2"))
        await carrier.tell_party(party, Aside(digits="1"))
    assert [(method, path) for method, path, _ in asked] == [
        ("GET", "Conferences.json"),
        *[("POST", "Conferences/CF1/Participants/CA1.json")] * 3,
    ]
    tones = asked[3][2].pop("AnnounceUrl")
    assert tones.endswith(f"/attempts/{ATTEMPT}/legs/{LEG}/aside?digits=1{RETRY}")
    assert [form for _, _, form in asked[1:]] == [
        {"Muted": "true", "Hold": "true", "EndConferenceOnExit": "false"},
        {"Hold": "false", "Coaching": "true", "CallSidToCoach": "CA2"},
        {"AnnounceMethod": "POST"},
    ]


def test_an_aside_is_sound_and_nothing_else() -> None:
    """Hold and announcement documents may hold Play, Say, Pause and Redirect only."""
    assert [element.tag for element in rendered(Aside("Ringing.", "1w2"))] == ["Say", "Play"]
    assert ElementTree.tostring(rendered(Aside(digits="1w2"))[0]) == b'<Play digits="1w2" />'


# ---- recording ----------------------------------------------------------------------------------------------


async def test_a_recording_is_paused_and_goes_on(guise: str) -> None:
    async with carrier_office(LEAD_STAYS, guise=guise, speed=20.0) as o:
        call_id = await o.carrier.place_call(order(instruction=HOLD))
        await o.is_answered(call_id)
        recording_id = await o.carrier.start_recording(call_id, ATTEMPT, LEG)
        recording = o.simulator.carrier.recordings.by_sid[recording_id]
        await o.carrier.pause_recording(call_id, recording_id)
        assert recording.status == "paused"
        await o.carrier.resume_recording(call_id, recording_id)
        assert recording.status == "in-progress"
        await o.carrier.end_call(call_id)
        await o.is_over(call_id)
        with pytest.raises(PortError) as no:
            await o.carrier.pause_recording(call_id, recording_id)
        assert not isinstance(no.value, Indeterminate)
