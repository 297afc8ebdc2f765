"""Conferences on the simulated carrier: who comes, who leaves, and what is told."""

from __future__ import annotations

from typing import Any

import pytest
from test_simulator_customer import AGENT, ALL, LEAD, OURS, Office, office
from twilio.base.exceptions import TwilioRestException

from speedtolead.simulator import Does, Person

EVENTS = ["start", "end", "join", "leave", "mute", "hold", "modify"]
AGENT_STAYS = Person(AGENT, ring=1.0)
LEAD_TALKS = Person(LEAD, ring=2.0, talk=30.0)


def room(o: Office, name: str = "room", **attributes: str) -> str:
    more = "".join(f" {key}='{value}'" for key, value in attributes.items())
    told = f"statusCallback='{o.url}/room' statusCallbackEvent='{' '.join(EVENTS)}'"
    return f"<Response><Dial><Conference {told}{more}>{name}</Conference></Dial></Response>"


async def dial_in(o: Office, to: str = LEAD, **more: Any) -> Any:
    settings = {
        "status_callback": f"{o.url}/lead",
        "status_callback_event": ALL,
        "label": "lead",
        "beep": "false",
        "end_conference_on_exit": True,
    } | more
    return await o.client.conferences("room").participants.create_async(from_=OURS, to=to, **settings)


async def agent_waits(o: Office, **attributes: str) -> Any:
    call = await o.call(AGENT, room(o, participantLabel="agent", **attributes))
    await o.heard("/room", StatusCallbackEvent="participant-join")
    return call


async def test_a_lead_is_dialled_into_the_conference_where_the_agent_waits() -> None:
    async with office(AGENT_STAYS, LEAD_TALKS) as o:
        agent = await agent_waits(o)
        participant = await dial_in(
            o, early_media=False, machine_detection="Enable", amd_status_callback=f"{o.url}/amd"
        )
        assert (participant.status, participant.label) == ("queued", "lead")
        ended = (await o.heard("/room", StatusCallbackEvent="conference-end"))[0]
        told = [(h["StatusCallbackEvent"], h.parameters.get("ParticipantLabel")) for h in o.at("/room")]
        assert told == [
            ("participant-join", "agent"),
            ("participant-join", "lead"),
            ("conference-start", "lead"),
            ("participant-leave", "lead"),
            ("participant-leave", "agent"),
            ("conference-end", None),
        ]
        numbers = [int(h["SequenceNumber"]) for h in o.at("/room")]
        assert numbers == sorted(set(numbers))
        assert ended["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
        assert ended["CallSidEndingConference"] == participant.call_sid
        assert ended["FriendlyName"] == "room"
        assert (await o.heard("/amd"))[0]["AnsweredBy"] == "human"
        statuses = [h["CallStatus"] for h in o.at("/lead")]
        assert statuses == ["initiated", "ringing", "in-progress", "completed"]
        assert (await o.is_over(agent.sid)).status == "completed"


async def test_with_early_media_the_conference_starts_while_the_lead_still_rings() -> None:
    async with office(AGENT_STAYS, Person(LEAD, does=Does.MANUAL)) as o:
        await agent_waits(o)
        participant = await dial_in(o)
        await o.heard("/room", StatusCallbackEvent="conference-start")
        (conference,) = await o.client.conferences.list_async(friendly_name="room", status="in-progress")
        fetched = await conference.participants(participant.call_sid).fetch_async()
        assert fetched.status == "ringing"
        assert o.at("/lead", CallStatus="in-progress") == []


async def test_a_lead_who_does_not_answer_leaves_the_agent_in_the_conference() -> None:
    async with office(AGENT_STAYS, Person(LEAD, does=Does.BUSY)) as o:
        agent = await agent_waits(o)
        participant = await dial_in(o)
        assert (await o.last_word("/lead"))["CallStatus"] == "busy"
        (conference,) = await o.client.conferences.list_async(friendly_name="room")
        assert [p.call_sid for p in await conference.participants.list_async()] == [agent.sid]
        with pytest.raises(TwilioRestException) as gone:
            await conference.participants(participant.call_sid).fetch_async()
        assert gone.value.code == 20404


async def test_the_last_to_leave_ends_the_conference_and_the_action_is_told() -> None:
    async with office(AGENT_STAYS) as o:
        twiml = room(o).replace("<Dial>", f"<Dial action='{o.url}/after'>")
        call = await o.call(AGENT, twiml)
        await o.heard("/room", StatusCallbackEvent="participant-join")
        await o.control("POST", f"/calls/{call.sid}/hangup")
        (ended,) = await o.heard("/room", StatusCallbackEvent="conference-end")
        assert ended["ReasonConferenceEnded"] == "last-participant-left"
        await o.heard("/after")


async def test_a_conference_ended_by_the_api_lets_everybody_go_on_with_their_document() -> None:
    async with office(AGENT_STAYS, LEAD_TALKS) as o:
        then = f"<Redirect>{o.url}/next</Redirect></Response>"
        await o.call(AGENT, room(o).replace("</Response>", then))
        await o.heard("/room", StatusCallbackEvent="participant-join")
        await dial_in(o, early_media=False)
        await o.heard("/room", StatusCallbackEvent="conference-start")
        (conference,) = await o.client.conferences.list_async()
        ended = await o.client.conferences(conference.sid).update_async(status="completed")
        assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
        await o.heard("/next", CallStatus="in-progress")
        assert (await o.last_word("/lead"))["CallStatus"] == "completed"


async def test_participants_are_muted_held_coached_and_removed() -> None:
    async with office(AGENT_STAYS, Person(LEAD, ring=1.0)) as o:
        agent = await agent_waits(o)
        await dial_in(o, end_conference_on_exit=False)
        await o.heard("/room", 2, StatusCallbackEvent="participant-join")
        (conference,) = await o.client.conferences.list_async()
        lead = conference.participants("lead")
        assert (await lead.update_async(muted=True)).muted
        assert (await lead.update_async(hold=True)).hold
        await o.heard("/room", StatusCallbackEvent="participant-hold")
        assert [p.label for p in await conference.participants.list_async(muted=True)] == ["lead"]
        coached = await lead.update_async(coaching=True, call_sid_to_coach=agent.sid)
        assert (coached.coaching, coached.call_sid_to_coach) == (True, agent.sid)
        await lead.update_async(muted=False, hold=False)
        await o.heard("/room", StatusCallbackEvent="participant-unmute")
        assert await lead.delete_async()
        assert (await o.last_word("/lead"))["CallStatus"] == "completed"
        assert (await o.client.calls(agent.sid).fetch_async()).status == "in-progress"


async def test_removing_a_participant_who_still_rings_cancels_the_call() -> None:
    async with office(AGENT_STAYS, Person(LEAD, does=Does.MANUAL)) as o:
        await agent_waits(o)
        participant = await dial_in(o)
        await o.heard("/lead", CallStatus="ringing")
        await o.client.conferences("room").participants(participant.call_sid).delete_async()
        assert (await o.last_word("/lead"))["CallStatus"] == "canceled"


async def test_when_the_agent_ends_the_conference_the_ringing_lead_is_cancelled() -> None:
    async with office(AGENT_STAYS, Person(LEAD, does=Does.MANUAL)) as o:
        agent = await agent_waits(o, endConferenceOnExit="true")
        await dial_in(o)
        await o.heard("/lead", CallStatus="ringing")
        await o.control("POST", f"/calls/{agent.sid}/hangup")
        assert (await o.last_word("/lead"))["CallStatus"] == "canceled"


async def test_two_calls_at_once_meet_in_one_conference() -> None:
    async with office(AGENT_STAYS, LEAD_TALKS) as o:
        agent = await o.call(AGENT, room(o, endConferenceOnExit="true"))
        lead = await o.call(LEAD, room(o, endConferenceOnExit="true"))
        assert (await o.is_over(lead.sid)).is_connected
        assert (await o.is_over(agent.sid)).is_connected
        assert len(o.simulator.carrier.rooms.by_sid) == 1


async def test_a_conference_that_never_was_cannot_be_joined_by_its_sid() -> None:
    async with office() as o:
        with pytest.raises(TwilioRestException) as unknown:
            await o.client.conferences("CF" + "0" * 32).participants.create_async(from_=OURS, to=LEAD)
        assert unknown.value.code == 20404
