"""What a new lead and a duplicate cost among few leads and among many.

Two databases with a service each, the same but for how many leads they hold. Filled in SQL, with every index that
production has; the leads are spread over the source's duplicate window. Measured in turn: the posts' answers, and
the statements alone, each through one connection of the service's kind.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count, islice

from figures import machine, percentile
from intake_leads import bodies, intake_configuration, key_of
from intake_statement import statements
from load import posted
from stage import Running, Stage, service, stage

from speedtolead.store.database import connect

NEW, REPEAT = "new lead", "duplicate"
RATE = 25
STATEMENTS = 300
BATCH = 500_000
FIRST = 20_000
"""The number of the first lead that is filled in; those below are for new leads."""
WARM_UP = 20
P = {"p50": 0.5, "p99": 0.99}
QUIET_TRIES = 120
BUSY = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
"""
FILL_LEADS = """
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, committed_at, phone, email,
                      country, candidates, attributes, external_id, raw_type, raw_body, raw_sha256, answer_status,
                      answer, score, rank_at)
    SELECT CAST('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS uuid), s.account_id, s.id, s.campaign_id,
           'closed', t.at, t.at, p.phone, 'ada' || n || '@benchmail.net', 'US', '[]', '{}', 'filled-' || n,
           'application/json', '', '', 202, '{}', 65, t.at
      FROM source s, generate_series($1::bigint, $2::bigint) AS n,
           LATERAL (SELECT now() - (1 - (n - $3) / $4::float8) * interval '29 days' AS at) t,
           LATERAL (SELECT $5 || lpad(($6 + n)::text, $7, '0') AS phone) p
"""
FILL_KEYS = """
    INSERT INTO recent_key (account_id, scope_id, key, lead_id, accepted_at)
    SELECT account_id, source_id, sha256(convert_to('phone:' || phone, 'UTF8')) AS key, id, received_at
      FROM lead WHERE id BETWEEN CAST('01900000-0000-7000-8000-' || lpad(to_hex($1::bigint), 12, '0') AS uuid)
                             AND CAST('01900000-0000-7000-8000-' || lpad(to_hex($2::bigint), 12, '0') AS uuid)
     ORDER BY key
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """``few`` and ``many``: leads in each database."""

    few: int
    many: int
    seconds: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, by the number of leads, then by what was posted."""

    answers: dict[tuple[int, str], list[float]]
    statements: dict[tuple[int, str], list[float]]
    statuses: dict[tuple[int, str], Counter[int]]


async def measure(asked: Asked) -> bool:
    """Prints what was measured. False where a duplicate was taken, or a new lead was not."""
    async with stage() as on, AsyncExitStack() as stack:
        configuration = intake_configuration(on.place, {"later": "1h"}, ["phone"])
        services = {
            size: await stack.enter_async_context(service(on, configuration, 1, f"with_{size}"))
            for size in (asked.few, asked.many)
        }
        print(machine(on.postgres, on.place.prefix), flush=True)
        for size, running in services.items():
            started = time.monotonic()
            await _fill(on, running, size)
            print(await _filled(running, size, time.monotonic() - started), flush=True)
        times = await _measured(asked, on, services)
    print(_table(asked, times))
    return _wrong(times) == 0


async def _fill(on: Stage, running: Running, size: int) -> None:
    place = on.place
    async with running.database.acquire() as connection:
        # While it is filled, foreign keys are not checked and no commit waits for the disk; that is all.
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '128MB'"
        )
        for first in range(FIRST, FIRST + size, BATCH):
            last = min(first + BATCH, FIRST + size) - 1
            wide = (place.prefix, place.first, place.digits)
            await connection.execute(FILL_LEADS, first, last, FIRST, size, *wide, timeout=600)
            await connection.execute(FILL_KEYS, first, last, timeout=600)
        await connection.execute("RESET ALL")
        await connection.execute("VACUUM (ANALYZE) lead, recent_key", timeout=600)
        await connection.execute("CHECKPOINT", timeout=600)


async def _filled(running: Running, size: int, seconds: float) -> str:
    sizes = await running.database.fetchrow(
        "SELECT pg_size_pretty(pg_total_relation_size('lead')) AS leads, "
        "pg_size_pretty(pg_total_relation_size('recent_key')) AS keys"
    )
    assert sizes is not None
    return f"{size:,} leads filled in within {seconds:.0f} s: {sizes['leads']}, keys {sizes['keys']}"


async def _measured(asked: Asked, on: Stage, services: dict[int, Running]) -> Times:
    sizes = list(services)
    posts = int(asked.seconds * RATE)
    times = Times(
        {(size, what): [] for what in (NEW, REPEAT) for size in sizes},
        {(size, what): [] for what in (NEW, REPEAT) for size in sizes},
        {(size, what): Counter() for what in (NEW, REPEAT) for size in sizes},
    )
    numbers = {NEW: {size: count() for size in sizes}, REPEAT: {size: count(FIRST) for size in sizes}}
    for size, running in services.items():
        for what in (NEW, REPEAT):
            await _post(on, running, list(islice(numbers[what][size], WARM_UP)))
        await _quiet(running)
    for _ in range(asked.rounds):
        for what in (NEW, REPEAT):
            for size, running in services.items():
                answered = await _post(on, running, list(islice(numbers[what][size], posts)))
                times.statuses[size, what].update(status for status, _ in answered)
                times.answers[size, what] += [milliseconds for _, milliseconds in answered]
    await _statements(on, services, numbers, times)
    return times


async def _post(on: Stage, running: Running, numbers: Sequence[int]) -> list[tuple[int, float]]:
    sent = await posted(
        {
            "url": f"{running.url}/v1/leads",
            "headers": {"Authorization": f"Bearer {key_of('later')}"},
            "bodies": bodies(on.place, numbers),
            "rate": RATE,
            "connections": 0,
            "seconds": 0,
            "seed": numbers[0] + 1,
        }
    )
    return [(one[4], (one[3] - one[2]) / 1e6) for one in sent]


async def _quiet(running: Running) -> None:
    """Until the database does nothing: the first posts have the source's history counted."""
    for _ in range(QUIET_TRIES):
        await asyncio.sleep(0.5)
        if not await running.database.fetchval(BUSY):
            return


async def _statements(
    on: Stage, services: dict[int, Running], numbers: dict[str, dict[int, count[int]]], times: Times
) -> None:
    """The statements alone, among few and among many leads in turn."""
    async with AsyncExitStack() as stack:
        made = {}
        for size, running in services.items():
            database = await stack.enter_async_context(connect(running.database_url, 1, by_key=True))
            tx = await stack.enter_async_context(database.connection())
            made[size] = await statements(tx, key_of("later"))
        for turn in range(WARM_UP + STATEMENTS):
            for what in (NEW, REPEAT):
                for size, one in made.items():
                    phone = on.place.phone(next(numbers[what][size]))
                    started = time.perf_counter()
                    accepted = await one.accept(phone)
                    took = (time.perf_counter() - started) * 1000
                    if accepted is not (what is NEW):
                        raise SystemExit(f"the statement took a {what} for something else")
                    if turn >= WARM_UP:
                        times.statements[size, what].append(took)


def _wrong(times: Times) -> int:
    """Posts that were answered otherwise than they should be."""
    expected = {NEW: 202, REPEAT: 422}
    return sum(found.total() - found[expected[what]] for (_, what), found in times.statuses.items())


def _table(asked: Asked, times: Times) -> str:
    lines = ["", f"{RATE} posts/s, {STATEMENTS} statements of each kind, in turn; ms"]
    lines.append(f"{'':34}" + "".join(f"{f'{size:,} {p}':>16}" for p in P for size in (asked.few, asked.many)))
    for title, kind in (("answer", times.answers), ("statements alone", times.statements)):
        for what in (NEW, REPEAT):
            few, many = kind[asked.few, what], kind[asked.many, what]
            pairs = [(percentile(few, share), percentile(many, share)) for share in P.values()]
            row = f"{title + ', ' + what:34}" + "".join(f"{few:16.2f}{many:16.2f}" for few, many in pairs)
            lines.append(row + "".join(f"{many / few:8.2f}×" for few, many in pairs))
    wrong = _wrong(times)
    lines.append(f"new leads answered 202 and duplicates 422: all but {wrong} of {_posted(times)}")
    return "\n".join(lines)


def _posted(times: Times) -> int:
    return sum(found.total() for found in times.statuses.values())
