"""A burst: far more leads than agents. None lost, none dialled twice, the freshest dialled first.

The carrier ends each call unanswered after a while, which frees its agent for the next lead. All leads are worth
the same, so that the later rank is the later arrival; ``mixed``: every other one is worth a little less.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby

import asyncpg
from figures import machine, percentile
from intake_leads import Fate, fate, intake_configuration, key_of, lead
from load import Sent, posted
from stage import Place, Running, Stage, service, stage

STALL_SECONDS = 15
DIALS = """
    SELECT l.rank_at, l.committed_at, a.claimed_at, l.score,
           extract(epoch FROM a.claimed_at - l.received_at)::float8 AS waited
      FROM lead l JOIN attempt a ON a.lead_id = l.id WHERE l.committed_at IS NOT NULL
"""
NOT_RECORDED = "SELECT count(*) FROM lead WHERE committed_at IS NULL AND answer_status = 202"


@dataclass(frozen=True, slots=True)
class Asked:
    """``over``: seconds; ``hold``: the milliseconds after which a call ends, and its agent is free again."""

    leads: int
    over: float
    connections: int
    agents: int
    hold: int
    mixed: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """A lead from its commit to its claim; None: not claimed yet. Of two that wait, the later rank is due first."""

    rank_at: datetime
    committed_at: datetime
    claimed_at: datetime | None


def passed_over(leads: Sequence[Waited]) -> list[int]:
    """For each claimed lead, by its claim: how many were waiting before that claim began that had a later rank.

    Leads that were claimed in one look share its moment; none of them passed another over. A lead that was
    committed while the look was on its way may have been seen or not: it may be dialled, and it does not count as
    waiting.
    """
    coming = sorted(range(len(leads)), key=lambda n: leads[n].committed_at)
    claims = sorted((at, n) for n, one in enumerate(leads) if (at := one.claimed_at) is not None)
    waiting: list[tuple[datetime, int]] = []
    gone: set[int] = set()
    distances: list[int] = []
    came = 0
    for at, group in groupby(claims, key=lambda claim: claim[0]):
        while came < len(coming) and leads[coming[came]].committed_at <= at:
            if coming[came] not in gone:
                insort(waiting, (leads[coming[came]].rank_at, coming[came]))
            came += 1
        together = [n for _, n in group]
        gone.update(together)
        for n in together:
            place = bisect_left(waiting, (leads[n].rank_at, n))
            if place < len(waiting) and waiting[place][1] == n:
                waiting.pop(place)
        distances += [len(waiting) - bisect_right(waiting, (leads[n].rank_at, len(leads))) for n in together]
    return distances


async def measure(asked: Asked) -> bool:
    """Prints what was measured; False where a lead was lost or doubled."""
    async with stage() as on:
        configuration = intake_configuration(on.place, {"at_once": "0s"})
        async with service(on, configuration, asked.agents - 1) as full:
            print(machine(on.postgres, on.place.prefix), flush=True)
            await on.tell_carrier("unanswered", asked.hold)
            sent = await _post(on, full, asked)
            accepted = sum(one[4] == 202 for one in sent)
            longest = 60 + 5 * accepted * asked.hold / 1000 / asked.agents
            arrivals = await on.all_arrivals(accepted, STALL_SECONDS, longest)
            await _recorded(full)
            became = await fate(full, [(one, on.place.phone(one[0])) for one in sent], arrivals)
            print(_posts(asked, sent))
            print(_order(await full.database.fetch(DIALS), arrivals, accepted))
            print(_counts(became, await on.untaken()))
    return became.ok


async def _post(on: Stage, running: Running, asked: Asked) -> list[Sent]:
    return await posted(
        {
            "url": f"{running.url}/v1/leads",
            "headers": {"Authorization": f"Bearer {key_of('at_once')}"},
            "bodies": [json.dumps(_lead(on.place, number, asked.mixed)) for number in range(asked.leads)],
            "rate": asked.leads / asked.over,
            "connections": asked.connections,
            "seconds": 0,
            "seed": 1,
        }
    )


def _lead(place: Place, number: int, mixed: bool) -> dict[str, object]:
    """Without the moment of submission: a lead's age at its arrival would make its score."""
    body = lead(place, number)
    del body["submitted_at"]
    if mixed and number % 2:
        body["attributes"] = {"vehicle": "2019 sedan", "insured": True, "age": 70}
    return body


async def _recorded(running: Running) -> None:
    """Until each commit's moment is written, which is done in bulk, a little later."""
    for _ in range(50):
        if not await running.database.fetchval(NOT_RECORDED):
            return
        await asyncio.sleep(0.2)


def _posts(asked: Asked, sent: list[Sent]) -> str:
    first, last = min(one[2] for one in sent), max(one[3] for one in sent)
    answers = [(one[3] - one[2]) / 1e6 for one in sent]
    late = [(one[2] - one[1]) / 1e9 for one in sent]
    seconds = (last - first) / 1e9
    return (
        f"\n{asked.leads} leads on schedule for {asked.over:g} s, {asked.connections} connections, "
        f"{asked.agents} agents, calls of {asked.hold} ms\n"
        f"answered within   {seconds:.1f} s ({len(sent) / seconds:.0f} a second)\n"
        f"answer            p50 {percentile(answers, 0.5):.1f} ms   p99 {percentile(answers, 0.99):.1f} ms\n"
        f"late at the end   {late[max(range(len(sent)), key=lambda n: sent[n][1])]:.1f} s: the sender waits for a "
        f"free connection"
    )


def _order(rows: Sequence[asyncpg.Record], arrivals: Sequence[tuple[int, str]], accepted: int) -> str:
    """Leads whose commit's moment was not recorded are left out: who waited for whom is not known of them."""
    waited = [Waited(row["rank_at"], row["committed_at"], row["claimed_at"]) for row in rows]
    distances = passed_over(waited)
    wrong = [distance for distance in distances if distance]
    seconds = (max(at for at, _ in arrivals) - min(at for at, _ in arrivals)) / 1e9 if arrivals else 0.0
    first = [row["waited"] for row in rows if row["claimed_at"] is not None]
    scores = sorted({row["score"] for row in rows})
    lines = [
        f"dialled           {len(arrivals)} of {accepted} within {seconds:.1f} s; scores {scores}",
        f"freshest first    {len(distances) - len(wrong)} of {len(distances)} dials "
        f"({(len(distances) - len(wrong)) / max(1, len(distances)):.2%})",
        f"  of the others, the commit's moment is not known: {accepted - len(rows)} leads",
        f"wait for a call   p50 {percentile(first, 0.5):.2f} s   p99 {percentile(first, 0.99):.2f} s",
    ]
    if wrong:
        far = f"p50 {percentile(wrong, 0.5):.0f}, p99 {percentile(wrong, 0.99):.0f}, at most {max(wrong)}"
        lines.insert(2, f"  where not, so many waiting leads were fresher: {far}")
    return "\n".join(lines)


def _counts(became: Fate, untaken: int) -> str:
    counts = "".join(f"{one.name} {getattr(became, one.name)}   " for one in fields(became))
    return f"leads             {counts}\ncalls' ends that the service did not take: {untaken}"
