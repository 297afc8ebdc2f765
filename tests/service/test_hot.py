"""An agent's line stays up, and leads are dialled into it: from opening it to its end, and whatever goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from running import AGENT_PHONES, LEAD_PHONE, RunningService, configuration, person, running_service, until
from test_both import IMPATIENT, all_over, calls, hang_up, requests

from speedtolead.simulator import Fault, Person
from speedtolead.simulator.call import Call, Status
from speedtolead.simulator.people import Does

HOT = configuration(mode="hot")
ON_A_LINE = person("+121255501[1-2]?", Does.ANSWER, ring=1.0, presses="1")
TALKS = person("+1212555014?", Does.ANSWER, ring=3.0, talk=20.0)
RINGS_ON = person(LEAD_PHONE, Does.MANUAL)


async def asked(service: RunningService, method: str, name: str = "agent-1") -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    url = f"{service.url}/v1/agents/{name}/line"
    async with service.http.request(method, url, headers=headers) as response:
        return response.status, await response.json()


async def line_is(service: RunningService, state: str | None) -> None:
    async def look() -> bool:
        found = await service.get("/v1/agents")
        return bool(found["agents"][0]["line"] == state)

    await until(look, what=f"the line {state}")


async def opened(service: RunningService) -> Call:
    """The call of the agent's line, up."""
    status, line = await asked(service, "POST")
    assert (status, line["agent"]) == (202, "agent-1")
    await line_is(service, "open")
    (call,) = calls(service, AGENT_PHONES[0])
    return call


@asynccontextmanager
async def on_a_line(
    url: str, folder: Path, *people: Person, **more: Any
) -> AsyncIterator[tuple[RunningService, Call]]:
    async with running_service(url, folder, HOT, (ON_A_LINE, *people), **more) as service:
        yield service, await opened(service)


async def waits_with_music(service: RunningService, line: Call) -> None:
    """The line is up and its agent hears something."""
    carrier = service.simulator.carrier
    await carrier.wait_for(lambda: line.is_live and line.silent_since is None and _alone(service, line))


def _alone(service: RunningService, line: Call) -> bool:
    rooms = [room for room in service.simulator.carrier.rooms.by_sid.values() if room.status == "init"]
    return any(line.sid in room.participants for room in rooms)


async def test_a_lead_is_dialled_into_the_agents_line_with_one_request(database_url: str, tmp_path: Path) -> None:
    async with on_a_line(database_url, tmp_path, TALKS) as (service, line):
        before = len(requests(service))
        leads: list[Any] = []
        for phone in (LEAD_PHONE, "+12125550143"):  # the line outlives the first lead, and takes the next
            _, answer = await service.post(phone=phone)
            leads.append(await service.ended(answer["lead_id"]))
            await service.agents_free()
            await waits_with_music(service, line)
        for lead in leads:
            (attempt,) = lead["attempts"]
            assert lead["status"] == "contacted"
            assert attempt["mode"] == "hot"
            assert attempt["bridged_at"] == attempt["answered_at"]
            assert [leg["carrier_call_id"] for leg in attempt["legs"] if leg["kind"] == "agent"] == [line.sid]
        assert requests(service)[before:] == ["Participants.json"] * 2
        assert line.status is Status.IN_PROGRESS
        assert len(calls(service, AGENT_PHONES[0])) == 1, "the agent was rung once"


async def test_the_agent_hears_the_ringing_and_it_is_not_taken_for_an_answer(
    database_url: str, tmp_path: Path
) -> None:
    """Complaint 3: with the ringing in their ears, the conference has begun."""
    async with on_a_line(database_url, tmp_path, RINGS_ON) as (service, line):
        _, answer = await service.post()
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        rooms = service.simulator.carrier.rooms.by_sid.values()
        await service.simulator.carrier.wait_for(lambda: any(room.status == "in-progress" for room in rooms))
        (attempt,) = lead["attempts"]
        assert (attempt["answered_at"], attempt["bridged_at"], attempt["state"]) == (None, None, "dialing")
        assert (await service.agents())["agent-1"] == "talking"
        assert line.silent_since is None


@pytest.mark.parametrize(("does", "state"), [(Does.BUSY, "busy"), (Does.VOICEMAIL, "machine")])
async def test_after_a_lead_who_was_not_reached_the_line_waits_with_music_again(
    database_url: str, tmp_path: Path, does: Does, state: str
) -> None:
    async with on_a_line(database_url, tmp_path, person(LEAD_PHONE, does, ring=3.0)) as (service, line):
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == state
        await service.agents_free()
        await waits_with_music(service, line)


async def test_complaint_4_a_line_that_drops_stops_the_leads_phone(database_url: str, tmp_path: Path) -> None:
    async with on_a_line(database_url, tmp_path, RINGS_ON) as (service, line):
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        await hang_up(service, line)
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "cancelled"
        await service.agents_free()
        await all_over(service)
        assert (await asked(service, "GET"))[0] == 404


async def test_a_line_that_drops_in_the_talk_ends_it(database_url: str, tmp_path: Path) -> None:
    stays = person(LEAD_PHONE, Does.ANSWER, ring=1.0)
    async with on_a_line(database_url, tmp_path, stays) as (service, line):
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
        await hang_up(service, line)
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "connected"
        await service.agents_free()
        await all_over(service)


async def test_a_line_that_no_callback_tells_the_end_of_is_found_and_so_is_its_lead(
    database_url: str, tmp_path: Path
) -> None:
    async with on_a_line(database_url, tmp_path, RINGS_ON, **IMPATIENT) as (service, line):
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        service.simulator.carrier.faults.order([Fault(does="drop", on="callback", times=-1)])
        await hang_up(service, line)
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["attempts"][0]["state"] in {"cancelled", "no_answer"}
        await line_is(service, None)
        await service.agents_free()


async def test_without_a_line_the_agent_is_rung_first(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, HOT, (ON_A_LINE, TALKS)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["mode"] == "agent_first"
        assert lead["status"] == "contacted"


async def test_an_agent_on_a_line_comes_first_in_hot(database_url: str, tmp_path: Path) -> None:
    text = configuration(mode="hot", agents=2)
    async with running_service(database_url, tmp_path, text, (ON_A_LINE, TALKS)) as service:
        await asked(service, "POST", "agent-2")

        async def second_open() -> bool:
            return bool((await service.get("/v1/agents"))["agents"][1]["line"] == "open")

        await until(second_open)
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert (lead["attempts"][0]["agent"], lead["attempts"][0]["mode"]) == ("agent-2", "hot")


async def test_a_recording_is_announced_before_the_lead_comes_in(database_url: str, tmp_path: Path) -> None:
    text = HOT + "    recording: {record: true, agents_in: [CA]}\n"
    async with running_service(database_url, tmp_path, text, (ON_A_LINE, TALKS)) as service:
        await opened(service)
        _, answer = await service.post()

        def kept(lead: Any) -> bool:
            return [one["state"] for one in lead["attempts"][0]["recordings"]] == ["kept"]

        lead = await service.lead_when(answer["lead_id"], kept)
        assert lead["attempts"][0]["mode"] == "hot"
        (of_lead,) = calls(service, LEAD_PHONE)
        assert of_lead.said[0] == "This call may be recorded."
        assert of_lead.longest_silence < 2.0


@pytest.mark.parametrize("kind", ["timeout_after", "status"])
async def test_a_dial_into_the_line_that_is_unclear_rings_the_lead_once(
    database_url: str, tmp_path: Path, kind: str
) -> None:
    async with on_a_line(database_url, tmp_path, TALKS, **IMPATIENT) as (service, line):
        fault = Fault(does=kind, path="*/Participants.json", method="POST", seconds=5, status=500)
        service.simulator.carrier.faults.order([fault])
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["status"] == "contacted"
        assert service.rung() == 1
        await service.agents_free()
        await waits_with_music(service, line)


# ---- the line itself ----------------------------------------------------------------------------------------


async def test_a_line_is_opened_once_and_closed_when_asked(database_url: str, tmp_path: Path) -> None:
    async with on_a_line(database_url, tmp_path, RINGS_ON) as (service, line):
        assert (await asked(service, "POST"))[1]["state"] == "live"
        assert len(calls(service, AGENT_PHONES[0])) == 1
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        assert (await asked(service, "DELETE"))[1]["code"] == "agent_on_call"
        await hang_up(service, calls(service, LEAD_PHONE)[0])
        await service.ended(answer["lead_id"])
        await service.agents_free()
        status, closing = await asked(service, "DELETE")
        assert (status, closing["open"]) == (202, False)
        await line_is(service, None)
        assert not line.is_live
        async with service.database.connection() as tx:
            told = [
                row["kind"] for row in await tx.fetch("SELECT kind FROM event WHERE kind LIKE 'line.%' ORDER BY id")
            ]
        assert told == ["line.opened", "line.closed"]
        assert (await asked(service, "GET"))[0] == (await asked(service, "POST", "nobody"))[0] == 404


async def test_a_voicemail_opens_no_line(database_url: str, tmp_path: Path) -> None:
    mailbox = person(AGENT_PHONES[0], Does.VOICEMAIL, ring=1.0, talk=30.0)
    async with running_service(database_url, tmp_path, HOT, (mailbox,)) as service:
        await asked(service, "POST")
        await line_is(service, "opening")
        await line_is(service, None)
        await service.agents_free()


@pytest.mark.parametrize(("kind", "ends"), [("timeout_after", "open"), ("status", None)])
async def test_a_line_of_which_nobody_can_say_whether_it_was_placed_is_looked_for(
    database_url: str, tmp_path: Path, kind: str, ends: str | None
) -> None:
    """Found, it is the agent's; never there, it is given up, and the agent is rung as before."""
    async with running_service(database_url, tmp_path, HOT, (ON_A_LINE, TALKS), **IMPATIENT) as service:
        fault = Fault(does=kind, path="*/Calls.json", method="POST", seconds=5, status=500)
        service.simulator.carrier.faults.order([fault])
        assert (await asked(service, "POST"))[0] == 202
        await line_is(service, ends)
        assert len(calls(service, AGENT_PHONES[0])) == (1 if ends else 0)


async def test_a_line_that_the_carrier_refuses_is_none(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, HOT, (ON_A_LINE, TALKS)) as service:
        fault = Fault(does="status", path="*/Calls.json", method="POST", status=429, code=20429)
        service.simulator.carrier.faults.order([fault])
        status, problem = await asked(service, "POST")
        assert (status, problem["code"]) == (409, "carrier_busy")
        await line_is(service, None)
