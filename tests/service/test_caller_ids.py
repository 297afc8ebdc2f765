"""Which number a person sees: counted exactly, on whichever node; the same person the same number; none left."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from running import (
    AGENTS_ANSWER,
    RunningService,
    configuration,
    configure,
    person,
    running_node,
    running_service,
    settings_for,
    until,
)

from speedtolead.service.phone_numbers.caller_ids import day_ends
from speedtolead.simulator.people import Does

NEW_YORK, MIAMI, DALLAS = "+12125550100", "+13055550100", "+12145550100"
PATIENT = 10.0
"""Seconds for a carrier request on a busy machine: a slow one is not the matter here."""
NOBODY = person("+1*5550[1]4?", Does.BUSY, ring=0.2)


def text(caller_ids: str, *, agents: int = 1, mode: str = "lead_first", cadence: str = "", more: str = "") -> str:
    made = configuration(agents=agents, mode=mode, cadence=cadence or "[{after: 0s, channel: call}]")
    made = made.replace('{phone: "+13055550100"}', f'{{phone: "{MIAMI}"}}, {{phone: "{DALLAS}"}}')
    return made + f"    caller_ids: {caller_ids}\n{more}"


async def shown(service: RunningService) -> Counter[str]:
    """How often each number rang at a lead's."""
    async with service.database.connection() as tx:
        rows = await tx.fetch("SELECT caller_id FROM leg WHERE kind = 'lead' AND carrier_call_id IS NOT NULL")
    return Counter(row["caller_id"] for row in rows)


async def day_calls(service: RunningService) -> dict[str, int]:
    async with service.database.connection() as tx:
        return dict(await tx.fetch("SELECT phone, day_calls FROM phone_number WHERE day_calls > 0"))


async def waiting(service: RunningService) -> int:
    async with service.database.connection() as tx:
        return int(
            await tx.fetchval(
                "SELECT count(*) FROM attempt WHERE state = 'scheduled' AND note = 'caller_ids_used_up'"
            )
        )


def test_a_day_ends_at_the_accounts_midnight() -> None:
    new_york = ZoneInfo("America/New_York")
    assert day_ends(datetime(2026, 6, 1, 3, 59, tzinfo=UTC), "America/New_York") == datetime(
        2026, 6, 1, 4, tzinfo=UTC
    )
    autumn = day_ends(datetime(2026, 11, 1, 4, tzinfo=UTC), "America/New_York")
    assert autumn.astimezone(new_york) == datetime(2026, 11, 2, tzinfo=new_york)  # a day of 25 hours
    assert autumn - datetime(2026, 11, 1, 4, tzinfo=UTC) == timedelta(hours=25)


async def test_the_nearest_number_is_shown_and_stays_with_the_person(database_url: str, tmp_path: Path) -> None:
    """Miami is nearest to Fort Lauderdale, and rests at the first call."""
    async with running_service(database_url, tmp_path, text("{}"), (AGENTS_ANSWER, NOBODY)) as service:
        seen: list[str] = []
        for phone, handed in (
            ("+19545550140", True),
            ("+19545550141", True),
            ("+19545550140", True),
            ("+19545550140", False),
        ):
            await service.agents_free()
            await rests(service, MIAMI, None if seen else "infinity")
            if not handed:
                await set_state(service, "paused")
            _, answer = await service.post(phone=phone)
            if not handed:
                await set_state(service, "available")
            lead = await service.ended(answer["lead_id"])
            seen.append(lead["attempts"][0]["caller_id"])
        assert seen == [NEW_YORK, MIAMI, NEW_YORK, NEW_YORK]
        assert await day_calls(service) == {NEW_YORK: 3, MIAMI: 1}


async def set_state(service: RunningService, state: str) -> None:
    async with service.http.put(
        f"{service.url}/v1/agents/agent-1/state",
        json={"state": state},
        headers={"Authorization": f"Bearer {service.account_key}"},
    ) as response:
        assert response.status == 200


async def rests(service: RunningService, phone: str, until: str | None) -> None:
    async with service.database.connection() as tx:
        await tx.execute(
            "UPDATE phone_number SET benched_until = CAST(CAST($2 AS text) AS timestamptz) WHERE phone = $1",
            phone,
            until,
        )


async def test_two_nodes_never_show_a_number_more_often_than_its_limit(database_url: str, tmp_path: Path) -> None:
    """Forty leads in one moment, two dialers, eight agents, three numbers of five calls: 15 are made, no more."""
    made = text("{local: off, per_day: 5}", agents=8)
    people = (AGENTS_ANSWER, NOBODY)
    async with running_service(
        database_url, tmp_path, made, people, speed=100.0, carrier_timeout=PATIENT
    ) as service:
        other = settings_for(
            database_url,
            tmp_path / "other",
            service.simulator.port,
            carrier_timeout=PATIENT,
            public_url=service.url,
        )
        async with running_node(other, frozenset({"dialer"})):
            phones = [f"+1{codes}5550142" for codes in range(212, 252)]
            answers = await asyncio.gather(*(service.post(phone=phone) for phone in phones))
            accepted = sum(status == 202 for status, _ in answers)
            assert accepted > 15

            async def all_waiting() -> bool:
                return await waiting(service) == accepted - 15

            await until(all_waiting, 60, "all but 15 wait for tomorrow")
        assert await shown(service) == {NEW_YORK: 5, MIAMI: 5, DALLAS: 5}
        assert await day_calls(service) == {NEW_YORK: 5, MIAMI: 5, DALLAS: 5}


async def test_where_no_number_is_left_the_attempt_waits_for_the_next_day_and_says_so(
    database_url: str, tmp_path: Path
) -> None:
    made = text(f'{{numbers: ["{NEW_YORK}"], per_day: 1}}')
    async with running_service(database_url, tmp_path, made, (AGENTS_ANSWER, NOBODY)) as service:
        _, first = await service.post(phone="+12125550140")
        await service.ended(first["lead_id"])
        leads = [(await service.post(phone=f"+1212555014{n}"))[1]["lead_id"] for n in (1, 2)]
        midnight = day_ends(datetime.now(UTC), "America/New_York").isoformat().replace("+00:00", ".000Z")
        for lead_id in leads:
            lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["note"])
            attempt = lead["attempts"][0]
            assert (attempt["state"], attempt["note"], attempt["due_at"]) == (
                "scheduled",
                "caller_ids_used_up",
                midnight,
            )
            (permit,) = attempt["decisions"]
            assert (permit["verdict"], permit["not_before"]) == ("not_before", midnight)
            assert "No number to call from is left for today" in permit["words"]
            said = permit["rules"][-1]
            assert (said["name"], said["verdict"]) == ("caller_ids", "not_before")
            assert said["reason"] == "No number to call from is left for today: of 1 number 1 used up."
            assert said["inputs"] == {"numbers": 1, "resting": 0, "calls_today": 1, "per_day": 1}
        async with service.database.connection() as tx:
            told = await tx.fetch("SELECT data FROM event WHERE kind = 'numbers.used_up'")
        assert len(told) == 1, "once a campaign and day, however many wait"
        assert told[0]["data"]["campaign"] == "auto"
        (alert,) = (await service.get("/v1/alerts"))["numbers"]
        assert (alert["kind"], alert["campaign"], alert["phone"]) == ("used_up", "auto", None)
        assert alert["ends_at"] == midnight
        assert await service.agents() == {"agent-1": "available"}
        await configure(service.database_url, made.replace("per_day: 1", "per_day: 3"))
        for lead_id in leads:
            lead = await service.ended(lead_id)
            assert lead["attempts"][0]["caller_id"] == NEW_YORK
        assert (await service.get("/v1/alerts"))["numbers"] == []


async def test_an_offer_that_no_agent_took_is_no_call_of_the_number(database_url: str, tmp_path: Path) -> None:
    """The agent's phone rang, the lead's did not: the count is given back, and the next offer may use it."""
    declines = person("+121255501[1-2]?", Does.DECLINE, ring=0.5)
    made = text(f'{{numbers: ["{NEW_YORK}"], per_day: 1}}', mode="agent_first")
    async with running_service(database_url, tmp_path, made, (declines, NOBODY), missed_offer_rest=0.0) as service:
        _, answer = await service.post(phone="+12125550140")

        async def offered_twice() -> bool:
            return len(service.simulator.carrier.calls_to("+12125550111")) >= 2

        await until(offered_twice)
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["state"] == "scheduled")
        assert await shown(service) == {}
        assert sum((await day_calls(service)).values()) <= 1
        assert await waiting(service) == 0


async def test_a_number_that_rests_is_not_shown(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, text("{}"), (AGENTS_ANSWER, NOBODY)) as service:
        await rests(service, NEW_YORK, "infinity")
        _, answer = await service.post(phone="+12125550140")
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["caller_id"] == MIAMI, "1,750 km; Dallas is farther"


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
async def test_the_lead_sees_why_we_call_and_the_agent_does_not(
    mode: str, database_url: str, tmp_path: Path
) -> None:
    made = text("{}", mode=mode, more="    call_reason: Your insurance quote\n")
    async with running_service(database_url, tmp_path, made, (AGENTS_ANSWER, NOBODY)) as service:
        _, answer = await service.post(phone="+12125550140")
        await service.ended(answer["lead_id"])
        reasons = {call.to: call.reason for call in service.simulator.carrier.calls.values()}
        assert reasons.pop("+12125550140") == "Your insurance quote"
        assert set(reasons.values()) <= {None}
