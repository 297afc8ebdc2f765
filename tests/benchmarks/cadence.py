"""Finding and claiming the next due text while many leads are under cadence, and texts sent in a second.

    python tests/benchmarks/cadence.py --leads 1000000 --due 100000

Twice, the second time with ten times the backlog: what must not grow is the time to find the next due attempt and
to commit it to sending with its permit. Then a node's sending loop hands texts to the simulated carrier over HTTP.
The clock stands at noon of a Wednesday; all else is real: Postgres on this machine (fsync on), the permit, rows.
Half of what is due are texts, and no run takes more than half of them. Times are by the clock: on a busy machine
they say less than their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from figures import machine, percentile

from speedtolead import logs
from speedtolead.node import Node
from speedtolead.service.messages.sending import AT_ONCE
from speedtolead.simulator import SimulatorConfig, running_simulator
from speedtolead.store import dial
from speedtolead.store import sends as rows
from speedtolead.store.embedded import embedded_server
from speedtolead.store.migrations import migrate

sys.path.append(str(Path(__file__).parent.parent))
from running import configuration, configure, running_node, settings_for

NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)
CADENCE = '[{after: 0s, channel: sms, text: "Hi {{ lead.first_name }}"}, {after: 1h, channel: call}]'
FILL = """
INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, first_name, region, country,
                  candidates, attributes, raw_type, raw_body, raw_sha256, answer_status, answer)
SELECT CAST(lpad(to_hex(i), 32, '0') AS uuid), s.account_id, s.id, s.campaign_id, 'new',
       CAST($1 AS timestamptz) - interval '2 hours', '+1212' || (2000000 + i), 'Ada', 'NY', 'US',
       '[{"zone": "America/New_York", "state": "NY", "origin": "postal_code"}]', '{}', 'application/json', '',
       sha256(''), 202, '{}'
  FROM source s, generate_series(1, CAST($2 AS integer)) AS i WHERE s.name = 'form'
"""
CONSENT = """
INSERT INTO consent (account_id, lead_id, channels, wording, captured_at, recorded_at)
SELECT account_id, id, '{call,sms}', 'Call and text me.', received_at, received_at FROM lead"""
ATTEMPTS = """
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, cadence_version)
SELECT l.id, l.account_id, l.id, l.campaign_id, 1, CASE WHEN i % 2 = 0 THEN 0 ELSE 1 END,
       CASE WHEN i % 2 = 0 THEN 'sms' ELSE 'call' END, 'scheduled',
       CASE WHEN i <= $2
            THEN CAST($1 AS timestamptz) - interval '1 hour' + i * (interval '1 hour' / CAST($2 AS integer))
            ELSE CAST($1 AS timestamptz) + interval '1 minute' + (i % 20000) * interval '1 minute' END,
       l.received_at, l.received_at, c.version
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM lead) l JOIN campaign c ON c.id = l.campaign_id"""


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOON


@dataclass(frozen=True)
class Times:
    """Milliseconds: to find the next due text, to commit one of 50 to sending, to make one of 200 calls ready."""

    find: list[float]
    commit: list[float]
    promote: list[float]


async def fill(url: str, leads: int, due: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")  # what is filled in needs no evidence
        await connection.execute(FILL, NOON, leads)
        await connection.execute(CONSENT)
        await connection.execute(ATTEMPTS, NOON, due)
        await connection.execute("VACUUM ANALYZE lead")
        await connection.execute("VACUUM ANALYZE attempt")
        await connection.execute("VACUUM ANALYZE consent")
    finally:
        await connection.close()


async def measured(node: Node, rounds: int) -> Times:
    sending = node.sender._sending
    times = Times([], [], [])
    for _ in range(rounds):
        async with node.database.connection() as tx:
            began = time.perf_counter()
            await rows.SEND_CANDIDATES.all(tx, now=NOON, most=1)
            times.find.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            postings, _ = await sending.look(tx)
            times.commit.append((time.perf_counter() - began) * 1000 / max(1, len(postings)))
            began = time.perf_counter()
            await dial.PROMOTE_DUE.run(tx, now=NOON)
            times.promote.append((time.perf_counter() - began) * 1000 / 200)
    return times


async def texts_a_second(node: Node, url: str, seconds: float) -> tuple[float, float]:
    """Texts a second, and milliseconds of this process for each: node, receipts and simulated carrier together."""
    watch = await asyncpg.connect(url)
    count = "SELECT count(*) FROM message WHERE state IN ('sent', 'delivered')"
    try:
        before, busy = await watch.fetchval(count), time.process_time()
        running = asyncio.create_task(node.sender.run())
        await asyncio.sleep(seconds)
        after = await watch.fetchval(count)
        node.sender.stop()
        await running
        made = max(1, after - before)
        return made / seconds, (time.process_time() - busy) * 1000 / made
    finally:
        await watch.close()


async def run(given: argparse.Namespace) -> int:
    folder = Path(tempfile.mkdtemp(prefix="speedtolead-bench-"))
    found: list[Times] = []
    async with embedded_server(folder) as server:
        for n, share in enumerate((10, 1)):
            admin = await asyncpg.connect(server)
            await admin.execute(f"CREATE DATABASE bench_{n}")
            print(machine((await admin.fetchval("SHOW server_version")), "New York")) if not n else None
            await admin.close()
            head, _, query = server.partition("?")
            url = f"{head.rpartition('/')[0]}/bench_{n}" + (f"?{query}" if query else "")
            await migrate(url)
            text = configuration(cadence=CADENCE).replace('"+12125550100"}', '"+12125550100", sms: true}')
            await configure(url, text)
            leads, due = given.leads // share, given.due // share
            await fill(url, leads, due)
            config = SimulatorConfig(speed=100.0, calls_per_second=1000.0)
            async with running_simulator(config) as simulator:
                settings = settings_for(url, folder, simulator.port)
                async with running_node(settings, frozenset({"web"}), Noon()) as node:
                    rounds = max(1, min(given.rounds, due // 4 // AT_ONCE))
                    times = await measured(node, rounds)
                    found.append(times)
                    print(f"{leads:,} leads under cadence, {due:,} due, {rounds} rounds (ms)")
                    for name in ("find", "commit", "promote"):
                        values = getattr(times, name)
                        shown = ", ".join(f"p{p} {percentile(values, p / 100):.2f}" for p in (50, 90, 99))
                        print(f"  {name:<8} {shown}")
                    if share == 1:
                        rate, busy = await texts_a_second(node, url, given.seconds)
                        print(f"texts: {rate:.0f} a second (goal: 100), {busy:.1f} ms of the processor for each")
    small, large = (percentile(times.find, 0.5) for times in found)
    print(f"ten times the backlog: finding takes {large / small:.2f} times as long (median)")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10.0)
    logs.configure("json")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
