"""Shotgun: several agents' phones ring at once for a lead, the first to accept has it, the others stop at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from running import (
    AGENT_PHONES,
    LEAD_ANSWERS,
    LEAD_PHONE,
    RunningService,
    configuration,
    person,
    running_service,
    until,
)

from speedtolead.simulator import Person
from speedtolead.simulator.people import Does

SHOTGUN = ", routing: {strategy: shotgun, ring: 3}"
FIRST, SECOND, THIRD = AGENT_PHONES


def picks_up(phone: str, after: float, presses: str = "1", **more: Any) -> Person:
    return person(phone, Does.ANSWER, ring=after, presses=presses, **more)


async def behave(service: RunningService, *people: Person) -> None:
    service.simulator.carrier.people.put_first(people)


async def seen(service: RunningService) -> dict[str, tuple[str, int]]:
    found = await service.get("/v1/agents")
    return {one["name"]: (one["state"], one["missed_in_a_row"]) for one in found["agents"]}


async def all_free(service: RunningService, missed: int) -> None:
    async def look() -> bool:
        return set((await seen(service)).values()) == {("available", missed)}

    await until(look, what=f"all free with {missed} missed")


def live(service: RunningService, phone: str) -> list[str]:
    return [call.status for call in service.simulator.carrier.calls_to(phone)]


async def test_the_first_to_accept_has_the_lead_and_the_other_phones_stop_at_once(
    database_url: str, tmp_path: Path
) -> None:
    people = (picks_up(FIRST, 600), picks_up(SECOND, 2), picks_up(THIRD, 600), LEAD_ANSWERS)
    async with running_service(
        database_url, tmp_path, configuration(agents=3, dial=SHOTGUN), people, missed_offer_rest=0.0
    ) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        attempt = lead["attempts"][0]
        legs = {leg["agent"]: leg for leg in attempt["legs"] if leg["kind"] == "agent"}
        assert attempt["agent"] == "agent-2"
        assert set(legs) == {"agent-1", "agent-2", "agent-3"}
        for name in ("agent-1", "agent-3"):  # theirs would have rung for 20 s, and the talk is as long
            assert (legs[name]["ended_as"], legs[name]["accepted_at"]) == ("cancelled", None)
            assert legs[name]["ended_at"] < attempt["ended_at"]
        assert (lead["status"], lead["attempts"][0]["tries"]) == ("contacted", 1)
        assert [service.rung(phone) for phone in AGENT_PHONES] == [1, 1, 1]
        assert service.rung() == 1
        await all_free(service, missed=0)

        # Two accept in the same moment: one has the lead, and the lead's phone rings once.
        await behave(service, picks_up(FIRST, 1), picks_up(SECOND, 1), picks_up(THIRD, 1))
        _, answer = await service.post(phone="+12125550143")
        lead = await service.ended(answer["lead_id"])
        accepted = [leg["agent"] for leg in lead["attempts"][0]["legs"] if leg["accepted_at"]]
        assert accepted == [lead["attempts"][0]["agent"]]
        assert service.rung("+12125550143") == 1
        await all_free(service, missed=0)

        # Nobody accepts: it is an offer missed of each, and all are rung again, as nobody is left.
        await behave(service, *(person(phone, Does.DECLINE, ring=1.0) for phone in AGENT_PHONES))
        _, answer = await service.post(phone="+12125550144")

        async def paused() -> bool:
            return set((await seen(service)).values()) == {("paused", 3)}

        await until(paused, what="all three paused")
        assert service.rung("+12125550144") == 0
        assert [service.rung(phone) for phone in AGENT_PHONES] == [5, 5, 5]
        assert (await service.lead(answer["lead_id"]))["attempts"][0]["state"] == "scheduled"


async def test_one_who_declines_has_missed_it_while_the_others_ring_on(database_url: str, tmp_path: Path) -> None:
    people = (
        person(FIRST, Does.DECLINE, ring=1.0),
        person(SECOND, Does.MANUAL),
        picks_up(THIRD, 600),
        LEAD_ANSWERS,
    )
    text = configuration(agents=3, dial=SHOTGUN).replace("ring_timeout: 20s", "ring_timeout: 600s")
    async with running_service(database_url, tmp_path, text, people, missed_offer_rest=600.0) as service:
        _, answer = await service.post()

        async def rests() -> bool:
            found = await seen(service)
            return found["agent-1"] == ("paused", 1) and found["agent-2"] == ("ringing", 0)

        await until(rests, what="the one who declined to rest")
        (call,) = service.simulator.carrier.calls_to(SECOND)
        control = f"{service.simulator.url}/simulator/calls/{call.sid}"
        await service.http.post(f"{control}/answer")
        await service.http.post(f"{control}/press", json={"digits": "1"})
        lead = await service.ended(answer["lead_id"])
        assert (lead["attempts"][0]["agent"], lead["attempts"][0]["tries"]) == ("agent-2", 1)
        assert service.rung() == 1

        async def settled() -> bool:
            return await seen(service) == {
                "agent-1": ("paused", 1),
                "agent-2": ("available", 0),
                "agent-3": ("available", 0),
            }

        await until(settled, what="the others to be free")


async def test_who_leaves_before_the_lead_answers_ends_the_ring_though_others_were_rung(
    database_url: str, tmp_path: Path
) -> None:
    people = (picks_up(FIRST, 1), picks_up(SECOND, 600), picks_up(THIRD, 600), person(LEAD_PHONE, Does.MANUAL))
    text = configuration(agents=3, dial=SHOTGUN).replace("ring_timeout: 20s", "ring_timeout: 600s")
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        (call,) = service.simulator.carrier.calls_to(FIRST)
        await service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/hangup")
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] in {"cancelled", "no_answer"}
        assert live(service, LEAD_PHONE)[0] in {"canceled", "no-answer"}  # it would have rung for ten minutes
        await all_free(service, missed=0)
