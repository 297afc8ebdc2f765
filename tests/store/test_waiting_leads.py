"""Leads that wait too long for an agent: told once, and called back when somebody who may take them is at work."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_agent_rows import CLOSES, OFFICE, OPENS, At
from test_dial_order import lead_id, plan
from test_routing_plan import desk, in_state

from speedtolead.domain.agent import AgentState, Presence
from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Campaign, Dial, NoAgentThen
from speedtolead.domain.desk_hours import AgentHours, earliest, next_at_work
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.routing import Routing, Strategy
from speedtolead.domain.shift import DaysWorked, Shift
from speedtolead.service.agents.changing import Agents
from speedtolead.service.calling.waiting import WaitingLeads
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.rules.file import shipped
from speedtolead.store.database import Database
from speedtolead.store.settings_json import campaign_to_json, schedule_to_json

SHIFT = Shift("America/New_York", DaysWorked(parse_weekly({"mon-fri": "09:00-17:00"})))
TOMORROW = OPENS + timedelta(days=1)
MINUTE = timedelta(minutes=1)
_versions = itertools.count(1000)
"""A campaign is decoded once per version and process."""


def hours(presence: str, state: str = "offline", **more: Any) -> AgentHours:
    shift = SHIFT if presence == "schedule" else None
    return AgentHours(Presence(presence), AgentState(state), shift, **more)


@pytest.mark.parametrize(
    ("agent", "now", "at"),
    [
        (hours("always", "talking"), CLOSES, CLOSES),
        (hours("always", "paused"), CLOSES, CLOSES),
        (hours("always", "available", capped_until=TOMORROW), CLOSES, TOMORROW),
        (hours("console", "available"), CLOSES, CLOSES),
        (hours("console"), CLOSES, None),
        (hours("schedule"), CLOSES, TOMORROW),
        (hours("schedule", "talking"), OPENS, OPENS),
        (hours("schedule"), OPENS + MINUTE, TOMORROW),  # went home in the middle of the shift
        (hours("schedule", "available", capped_until=CLOSES + MINUTE), OPENS, TOMORROW),
    ],
)
def test_when_an_agent_is_next_at_work(agent: AgentHours, now: datetime, at: datetime | None) -> None:
    assert next_at_work(agent, now) == at


def test_the_earliest_of_a_desk() -> None:
    assert earliest([], OPENS) is None
    assert earliest([hours("console")], OPENS) is None
    assert earliest([hours("console"), hours("schedule")], CLOSES) == TOMORROW


class Rules:
    def at(self, now: datetime) -> Any:
        return shipped()


async def waits(
    tx: Any, then: NoAgentThen, agents: dict[str, dict[str, Any]], routing: Routing | None = None
) -> None:
    """A lead of New York that has waited for a minute at closing time."""
    routing = routing or Routing()
    await desk(tx, routing, **agents)
    dial = Dial(DialMode.AGENT_FIRST, "sales", no_agent_then=then, routing=routing)
    campaign = Campaign("c", "Acme", "America/New_York", dial, (Step(timedelta(0)),))
    settings = campaign_to_json(campaign)
    await tx.execute("UPDATE campaign SET settings = $1, version = $2", settings, next(_versions))
    await plan(tx, [1], CLOSES - MINUTE)
    await in_state(tx, "NY", [1])
    await tx.execute(
        """UPDATE lead SET phone = '+12125550142', received_at = $1,
           candidates = '[{"zone": "America/New_York", "state": "NY", "origin": "state"}]'""",
        CLOSES - MINUTE,
    )
    await tx.execute(
        "INSERT INTO consent (account_id, lead_id, channels, wording, recorded_at)"
        " SELECT account_id, id, '{call,sms}', 'Call and text me.', received_at FROM lead"
    )


OFF = {"state": "offline", "presence": "schedule", "schedule": OFFICE, "timezone": "America/New_York"}


@pytest.mark.parametrize(
    ("then", "agents", "routing", "due_at"),
    [
        (NoAgentThen.CALLBACK, {"ann": OFF}, None, TOMORROW),
        (NoAgentThen.TEXT, {"ann": OFF}, None, TOMORROW),
        (NoAgentThen.TEXT, {"ann": OFF, "bob": {"state": "talking"}}, None, None),
        (NoAgentThen.KEEP, {"ann": OFF}, None, None),
        (NoAgentThen.CALLBACK, {"ann": OFF, "bob": {"state": "talking"}}, None, None),
        (NoAgentThen.CALLBACK, {"ann": OFF | {"presence": "console", "schedule": None}}, None, None),
        (NoAgentThen.CALLBACK, {"ann": OFF | {"licensed": ["NY"]}, "bob": {"state": "talking", "licensed": ["CA"]}},
         Routing(licensed=True), TOMORROW),
        (NoAgentThen.CALLBACK, {"ann": OFF | {"groups": ["closers"]}}, Routing(fallback="closers"), TOMORROW),
    ],
)  # fmt: skip
async def test_a_lead_that_nobody_at_work_may_take_is_called_back_when_somebody_is(
    database: Database,
    then: NoAgentThen,
    agents: dict[str, dict[str, Any]],
    routing: Routing | None,
    due_at: datetime | None,
) -> None:
    async with database.connection() as tx:
        await waits(tx, then, agents, routing)
    leads = WaitingLeads(database, At(CLOSES), Permits(Rules(), fictional_exempt=False))
    assert await leads.look() == 1
    assert await leads.look() == 0
    async with database.connection() as tx:
        (attempt,) = await tx.fetch("SELECT due_at, ready, note, rank_at FROM attempt WHERE channel = 'call'")
        texts = await tx.fetch("SELECT due_at, not_after, words, origin, state FROM attempt WHERE channel = 'sms'")
        told = [
            row["kind"] for row in await tx.fetch("SELECT kind FROM event WHERE kind LIKE 'attempt.%' ORDER BY id")
        ]
    if due_at is None:
        assert (attempt["due_at"], attempt["note"], told) == (
            CLOSES - MINUTE,
            "waiting for an agent",
            ["attempt.waiting"],
        )
    else:
        assert (attempt["due_at"], attempt["ready"]) == (due_at, False)
        assert attempt["note"] == "nobody is at work who may take it: called back then"
        assert told == ["attempt.waiting", "attempt.callback_planned"]
        assert attempt["rank_at"] > due_at  # first in line then
    words = "Hi there, this is Acme about your request. We will call you tomorrow at 9:00 AM. Reply STOP to end."
    promised = then is NoAgentThen.TEXT and due_at is not None
    assert [tuple(text) for text in texts] == [(CLOSES, TOMORROW, words, "callback", "scheduled")] * promised


async def test_a_text_that_could_come_only_after_the_call_is_not_planned(database: Database) -> None:
    """It is night, and the agent begins when the law's day does."""
    night = CLOSES + timedelta(hours=5)
    async with database.connection() as tx:
        await waits(tx, NoAgentThen.TEXT, {"ann": OFF | {"schedule": schedule_json("08:00-10:00")}})
    await WaitingLeads(database, At(night), Permits(Rules(), fictional_exempt=False)).look()
    async with database.connection() as tx:
        (attempt,) = await tx.fetch("SELECT channel, due_at FROM attempt")
        told = await tx.fetchval("SELECT data FROM event WHERE kind = 'attempt.callback_planned'")
    eight = datetime(2026, 6, 2, 12, tzinfo=UTC)
    assert tuple(attempt) == ("call", eight)
    assert told == {"at": eight.isoformat(), "text": False}


async def test_the_callback_waits_for_a_lawful_moment_of_the_agents_hours(database: Database) -> None:
    """The agent begins at 6 in the morning, the law's day at 8; the evening's shift is after the law's day."""
    early = schedule_json("06:00-07:00", "09:30-10:00")
    async with database.connection() as tx:
        await waits(tx, NoAgentThen.CALLBACK, {"ann": OFF | {"schedule": early}})
    await WaitingLeads(database, At(CLOSES), Permits(Rules(), fictional_exempt=False)).look()
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT due_at FROM attempt") == datetime(2026, 6, 2, 13, 30, tzinfo=UTC)


def schedule_json(*spans: str) -> dict[str, Any]:
    return schedule_to_json(DaysWorked(parse_weekly({"mon-sun": ",".join(spans)})))


async def test_performance_counts_people_talked_with_and_sold_to_where_routing_asks(database: Database) -> None:
    async with database.connection() as tx:
        await waits(tx, NoAgentThen.KEEP, {"ann": {}, "bob": {}}, Routing(Strategy.PERFORMANCE))
        await plan(tx, [2, 3], CLOSES - MINUTE)
        await tx.execute(
            "UPDATE attempt SET state = 'connected', contact = true, ended_at = $1,"
            " agent_id = (SELECT id FROM agent WHERE name = 'ann') WHERE lead_id <> $2",
            CLOSES - MINUTE,
            lead_id(1),
        )
        await tx.execute(
            "INSERT INTO outcome (id, account_id, lead_id, kind, occurred_at, reported_at, reported_by)"
            " SELECT gen_random_uuid(), account_id, lead_id, 'sale', $1, $1, 'api' FROM attempt"
            " WHERE contact ORDER BY lead_id LIMIT 1",
            CLOSES,
        )
    await Agents(database, At(CLOSES)).count_performance()
    async with database.connection() as tx:
        found = await tx.fetch("SELECT name, contacts, sales FROM agent ORDER BY name")
        assert [tuple(row) for row in found] == [("ann", 2, 1), ("bob", 0, 0)]
        await tx.execute("UPDATE attempt SET ended_at = ended_at - interval '91 days'")
    await Agents(database, At(CLOSES)).count_performance()
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT sum(contacts) FROM agent") == 0
