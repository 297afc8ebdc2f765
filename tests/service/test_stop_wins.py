"""A stop against a dial, and the caps against two nodes: whoever commits first is obeyed by the other.

Both nodes dial, the leads' phones are busy, and everything is due at once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from posting import at, key_of, new_database, new_phone, on, value
from running import (
    RunningService,
    configuration,
    running_node,
    running_service,
    settings_for,
    until,
)
from texting import text_in

from speedtolead.service.lawful.suppressions import Stop
from speedtolead.simulator.people import Does, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUNDS = 200
AT_ONCE = 20
AGENTS = 24
MODES = ("lead_first", "agent_first")
CAPS = (1, 3)
TWINS = ("a", "b")
PEOPLE = (
    Person(pattern="+12125550[1-3]??", does=Does.ANSWER, ring=0.2, presses="1", digit_delay=0.1),
    Person(pattern="+1*", does=Does.BUSY, ring=0.2),
)
OFTEN = [{"after": "1d", "channel": "call"}] * 4
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def campaign_of(mode: str, cap: int, twin: str) -> str:
    return f"{mode}-{cap}-{twin}".replace("_", "-")


def text() -> str:
    """The usual campaign dials at once; two of each mode and cap wait until they are told."""
    usual = configuration(mode="lead_first", agents=AGENTS)
    sources, campaigns = "", ""
    for mode, cap, twin in itertools.product(MODES, CAPS, TWINS):
        name = campaign_of(mode, cap, twin)
        source = {"name": name, "api_key": key_of(name), "campaign": name}
        dial = {"mode": mode, "agents": "sales", "ring_timeout": "20s", "attempts_per_24h": cap}
        hours = {"mon-sun": "00:00-24:00"}
        campaign = {"name": name, "seller": "Test", "hours": hours, "dial": dial, "cadence": OFTEN}
        sources += f"  - {json.dumps(source)}\n"
        campaigns += f"  - {json.dumps(campaign)}\n"
    return usual.replace("\ncampaigns:", f"\n{sources}campaigns:") + campaigns


@dataclass(frozen=True)
class Nodes:
    service: RunningService
    other: RunningService


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nodes(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nodes]:
    folder: Path = tmp_path_factory.mktemp("stops")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, text(), PEOPLE) as running,
        running_node(settings_for(url, folder, running.simulator.port)) as other,
    ):
        yield Nodes(running, on(running, other.services.public_url))


async def make_due(service: RunningService, phones: list[str]) -> None:
    """What is planned for these phones is due now, and both nodes hear of it."""
    sql = """UPDATE attempt a SET due_at = now() FROM lead l
              WHERE l.id = a.lead_id AND l.phone = ANY ($1) AND a.state = 'scheduled'"""
    async with service.database.transaction() as tx:
        await tx.execute(sql, phones)
        await tx.execute("SELECT pg_notify('speedtolead', '')")


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_stop_that_commits_while_the_dial_waits_for_its_lock_is_obeyed(nodes: Nodes, stopped: bool) -> None:
    """The permit was decided on facts without the stop; the statement that commits the dial waits behind it.

    The stop speaks of calls only, so it cancels nothing: what holds the call back is the person's row alone.
    """
    service, phone = nodes.service, new_phone()
    source = campaign_of("lead_first", 3, "a")
    _, answer = await at(service, source).post(phone=phone)
    account_id = await value(service, "SELECT account_id FROM lead WHERE phone = $1", phone)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH wanted %'"

    async def dial_waits() -> bool:
        return bool(await value(service, waiting))

    stop = Stop("phone", phone, "asked to stop by text", "text", "stop calling", ("call",))
    async with service.database.connection() as tx:
        held = tx.transaction()
        await held.start()
        await service.node.services.suppressions.add_within(tx, account_id, stop)
        await make_due(service, [phone])
        await until(dial_waits)
        await (held.commit() if stopped else held.rollback())

    def decided(lead: Any) -> bool:
        return bool(lead["attempts"][0]["decisions"])

    lead = await service.lead_when(answer["lead_id"], decided)
    assert lead["attempts"][0]["decisions"][0]["verdict"] == ("refused" if stopped else "allowed")
    if not stopped:
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ended_at"])
    assert service.rung(phone) == (0 if stopped else 1)


async def one_round(nodes: Nodes, dice: random.Random) -> tuple[str, str]:
    """A lead is posted at one node and a stop at the other, in any order; what had happened when the stop was
    answered, and the phone.
    """
    phone, one, two = new_phone_of(dice), nodes.service, nodes.other
    if dice.random() < 0.5:
        one, two = two, one
    waits = [max(0.0, dice.uniform(-0.01, 0.04)), max(0.0, dice.uniform(-0.03, 0.03))]

    async def post() -> int:
        await asyncio.sleep(waits[1])
        return (await one.post(phone=phone))[0]

    async def stop() -> list[str]:
        await asyncio.sleep(waits[0])
        assert (await text_in(two, phone, "STOP"))[0] == 200
        sql = "SELECT a.state FROM attempt a JOIN lead l ON l.id = a.lead_id WHERE l.phone = $1"
        async with nodes.service.database.connection() as tx:
            return [row["state"] for row in await tx.fetch(sql, phone)]

    status, states = await asyncio.gather(post(), stop())
    if status == 422:
        return "refused", phone
    if not states:
        return "stopped before it was stored", phone
    committed = states[0] not in {"scheduled", "claimed", "cancelled", "refused"}
    return "called before the stop" if committed else "stopped before the call", phone


_used: set[str] = set()
_AREAS = ("315", "347", "516", "518", "585", "607", "631", "646", "716", "718", "845", "914", "917", "929")


def new_phone_of(dice: random.Random) -> str:
    """A fictional number, which may be called at any hour; of those that no other test of this file is given."""
    while (phone := f"+1{dice.choice(_AREAS)}55501{dice.randrange(50, 100)}") in _used:
        pass
    _used.add(phone)
    return phone


async def test_no_call_is_committed_after_a_stop_was_answered(nodes: Nodes) -> None:
    dice, seen = random.Random(14), Counter[str]()
    outcomes: list[tuple[str, str]] = []
    for _ in range(ROUNDS // AT_ONCE):
        outcomes += await asyncio.gather(*(one_round(nodes, dice) for _ in range(AT_ONCE)))

    under_way = """SELECT count(*) FROM attempt
                    WHERE state IN ('claimed', 'dialing', 'unknown') OR (state = 'connected' AND ended_at IS NULL)
                       OR (state = 'scheduled' AND due_at <= now())"""

    async def over() -> bool:
        return not await value(nodes.service, under_way)

    await until(over, 60)
    for outcome, phone in outcomes:
        seen[outcome] += 1
        assert nodes.service.rung(phone) <= (outcome == "called before the stop"), outcome
    assert await value(nodes.service, DEADLOCKS) == 0
    assert sum(nodes.service.rung(phone) for _, phone in outcomes) >= 5, seen
    assert ROUNDS - seen["called before the stop"] - seen["refused"] >= 5, seen


async def test_a_person_is_never_called_more_often_than_the_cap_by_two_leads_on_two_nodes(nodes: Nodes) -> None:
    """One phone in two campaigns, or one mail address with two phones: one person, whose leads are due at once."""
    persons: dict[tuple[str, int, str, int], list[str]] = {}
    for mode, cap, known_by, n in (
        (m, c, k, n) for m in MODES for c in CAPS for k in ("phone", "mail") for n in (1, 2)
    ):
        first = new_phone()
        phones = [first, first if known_by == "phone" else new_phone()]
        email = f"{mode}{cap}{n}@example.com" if known_by == "mail" else None
        for asked, twin, phone in zip((nodes.service, nodes.other), TWINS, phones, strict=True):
            source = at(asked, campaign_of(mode, cap, twin))
            status, answer = await source.post(phone=phone, email=email)
            assert status == 202, answer
        persons[mode, cap, known_by, n] = phones
    every = sorted({phone for phones in persons.values() for phone in phones})
    pending = """SELECT count(*) FROM attempt a JOIN lead l ON l.id = a.lead_id
                  WHERE l.phone = ANY ($1) AND ((a.state = 'scheduled' AND a.due_at < now() + interval '30 minutes')
                        OR a.state IN ('claimed', 'dialing', 'unknown'))"""

    async def settled() -> bool:
        async with nodes.service.database.connection() as tx:
            return not await tx.fetchval(pending, every)

    for _ in range(max(CAPS) + 1):  # every step of both leads is due as soon as the one before is over
        await make_due(nodes.service, every)
        await until(settled)
    calls = {
        person: sum(nodes.service.rung(phone) for phone in dict.fromkeys(phones))
        for person, phones in persons.items()
    }
    assert calls == {person: person[1] for person in persons}
    assert await value(nodes.service, DEADLOCKS) == 0
