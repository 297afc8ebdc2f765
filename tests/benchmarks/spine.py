"""The spine's bench: from the sending of a lead's POST to the arrival of the carrier request, beside a floor.

Run ``python tests/benchmarks/spine.py`` from the repository; ``--quick`` for a look, ``--rounds N`` for more.
The floor is the least that can be done (one committed INSERT, one carrier request), measured in turn with the
service in the same minutes on the same machine. Only ratios are worth quoting. No time is ever asserted: the exit
code is 1 only where an accepted lead was never asked of the carrier, or was asked of it twice.
All traffic stays on the loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import spine_cpu
import uvloop
from spine_report import FLOOR, Result, counts, hops, side_by_side, slow_carrier
from spine_stage import ACCOUNT_KEY, SOURCE_KEYS, Place, Running, Stage, stage

HERE = Path(__file__).resolve().parent
MODES = tuple(SOURCE_KEYS)
SLOW_MS = 150
STALL_SECONDS = 10
"""A lead is given up when nothing has reached the carrier for so long; an overloaded service is only late."""
DRAIN_SECONDS = 90
LEADS_OF_ATTEMPTS = """
    SELECT a.id AS attempt_id, l.phone FROM attempt a JOIN lead l ON l.id = a.lead_id WHERE a.id = ANY($1::uuid[])
"""

Sent = tuple[int, int, int, int, int, str]


class Bench:
    """Runs of one target each, with phones that are never used twice."""

    def __init__(self, on: Stage, seconds: float, warm_up: float) -> None:
        self._on = on
        self._seconds = seconds
        self._warm_up = warm_up
        self._next_phone = count()
        self._seeds = count(1)

    async def run(self, target: str, rate: int, number: int, carrier_delay: int = 0) -> Result:
        on = self._on
        running = on.floor if target == FLOOR else on.service
        await self._set_delay(carrier_delay)
        await self._arrivals()
        posts = int(rate * (self._seconds + self._warm_up))
        phones = [on.place.phone(next(self._next_phone)) for _ in range(posts)]
        before = spine_cpu.of_process(running.pid), spine_cpu.of_family(on.postgres_pid)
        since = datetime.now(UTC)
        sent = await self._load(target, running, rate, phones)
        accepted = {phones[s[0]] for s in sent if s[4] == 202}
        arrived = await self._drained(target, accepted)
        until = datetime.now(UTC)
        after = spine_cpu.of_process(running.pid), spine_cpu.of_family(on.postgres_pid)
        measured = [s for s in sent if s[0] >= rate * self._warm_up and s[4] == 202]
        requests = sum(len(times) for times in arrived.values())
        dialled = len(accepted & arrived.keys())
        return Result(
            target,
            rate,
            number,
            carrier_delay,
            posted=len(sent),
            accepted=len(accepted),
            requests=requests,
            dialled=dialled,
            lost=len(accepted - arrived.keys()),
            doubled=requests - dialled,
            dial=[(arrived[phones[s[0]]][0] - s[2]) / 1e6 for s in measured if phones[s[0]] in arrived],
            answer=[(s[3] - s[2]) / 1e6 for s in measured],
            late=[(s[2] - s[1]) / 1e6 for s in measured],
            cpu=(after[0] - before[0]) / posts,
            database_cpu=(after[1] - before[1]) / posts,
            since=since + timedelta(seconds=self._warm_up),
            until=until,
        )

    async def hops(self, result: Result) -> dict[str, Any]:
        period = {"from": result.since.isoformat(), "to": result.until.isoformat(), "campaign": result.target}
        url = self._on.service.url.replace("/v1/leads", "/v1/stats/speed")
        headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
        async with self._on.http.get(url, params=period, headers=headers) as response:
            response.raise_for_status()
            report: dict[str, Any] = await response.json()
            return report

    async def _load(self, target: str, running: Running, rate: int, phones: list[str]) -> list[Sent]:
        headers = {} if target == FLOOR else {"Authorization": f"Bearer {SOURCE_KEYS[target]}"}
        bodies = [json.dumps(_lead(self._on.place, phone)) for phone in phones]
        order = {
            "url": running.url,
            "headers": headers,
            "bodies": bodies,
            "rate": rate,
            "seed": next(self._seeds),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, HERE / "spine_load.py", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            out, _ = await process.communicate(json.dumps(order).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return [(int(a), int(b), int(c), int(d), int(e), str(f)) for a, b, c, d, e, f in json.loads(out)]

    async def _drained(self, target: str, accepted: set[str]) -> dict[str, list[int]]:
        """Times of arrival by the lead's phone: when all have come, or nothing comes any more; and what follows."""
        raw: list[tuple[int, str]] = []
        started = last = time.monotonic()
        while len(raw) < len(accepted) and time.monotonic() < min(last + STALL_SECONDS, started + DRAIN_SECONDS):
            await asyncio.sleep(0.2)
            more = await self._arrivals()
            raw += more
            last = time.monotonic() if more else last
        await asyncio.sleep(0.5)
        raw += await self._arrivals()
        return await self._by_lead(target, raw)

    async def _by_lead(self, target: str, raw: list[tuple[int, str]]) -> dict[str, list[int]]:
        forms = [(at, parse_qs(body)) for at, body in raw]
        if target == FLOOR:
            keyed = [(form["To"][0], at) for at, form in forms]
        else:
            attempts = [(UUID(form["StatusCallback"][0].split("/attempts/")[1][:36]), at) for at, form in forms]
            rows = await self._on.database.fetch(LEADS_OF_ATTEMPTS, list({attempt for attempt, _ in attempts}))
            phones = {row["attempt_id"]: str(row["phone"]) for row in rows}
            keyed = [(phones.get(attempt, f"attempt {attempt}"), at) for attempt, at in attempts]
        by_lead: dict[str, list[int]] = {}
        for phone, at in sorted(keyed, key=lambda pair: pair[1]):
            by_lead.setdefault(phone, []).append(at)
        return by_lead

    async def _arrivals(self) -> list[tuple[int, str]]:
        async with self._on.http.get(f"{self._on.stub_url}/arrivals") as response:
            return [(int(at), str(body)) for at, body in await response.json()]

    async def _set_delay(self, milliseconds: int) -> None:
        async with self._on.http.put(f"{self._on.stub_url}/delay", data=str(milliseconds)) as response:
            response.raise_for_status()


def _lead(place: Place, phone: str) -> dict[str, object]:
    """A lead as a form posts it."""
    return {
        "phone": phone,
        "first_name": "Ada",
        "last_name": "Bench",
        "email": f"ada{phone[1:]}@example.com",
        "state": place.state,
        "postal_code": place.postal_code,
        "country": place.country,
        "external_id": f"form-{phone[1:]}",
        "attributes": {"vehicle": "2019 sedan", "insured": True},
        "consent": {
            "channels": ["call"],
            "text": "I agree to be called about my request, also by automated means.",
            "url": "https://forms.example.com/auto",
            "ip": "203.0.113.7",
        },
    }


async def bench(given: argparse.Namespace) -> int:
    seconds, warm_up = (3.0, 1.0) if given.quick else (given.seconds, 3.0)
    rounds = 1 if given.quick else given.rounds
    slow_rate = given.rates[0]
    each = int(seconds + warm_up) * rounds
    agents = sum(given.rates) * each * len(MODES) + slow_rate * each + 200
    results: list[Result] = []
    slow: list[Result] = []
    async with stage(agents) as on:
        runs = Bench(on, seconds, warm_up)
        print(_machine(on), flush=True)
        for rate in given.rates:
            for number in range(1, rounds + 1):
                for target in (FLOOR, *MODES):
                    results.append(await runs.run(target, rate, number))
                if rate == slow_rate:
                    slow.append(await runs.run(MODES[0], rate, number, SLOW_MS))
        print(side_by_side(results))
        fast = [r for r in results if r.rate == slow_rate and r.target == MODES[0]]
        print(slow_carrier(fast, slow))
        await asyncio.sleep(1)  # the commit's moment is written in bulk, a little later
        for result in results:
            if result.target != FLOOR and result.round == rounds:
                print(hops(f"{result.rate}/s {result.target}", await runs.hops(result)))
    print(counts([*results, *slow]))
    failed = [r for r in [*results, *slow] if not r.ok]
    print("\nnone lost, none doubled" if not failed else "\nLOST OR DOUBLED: see the counts")
    return 1 if failed else 0


def _machine(on: Stage) -> str:
    return (
        f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, embedded Postgres "
        f"{on.postgres} (fsync on), leads in {on.place.prefix}\n$ python {' '.join(sys.argv)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="The spine's bench: POST to carrier request, beside a floor.")
    parser.add_argument("--quick", action="store_true", help="one round of 3 s")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="measured in each run, after 3 s of warm-up")
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 200], help="leads a second")
    return uvloop.run(bench(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
