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
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import cpu
import uvloop
from figures import machine
from load import Sent, posted
from spine_report import FLOOR, Result, counts, hops, side_by_side, slow_carrier
from stage import ACCOUNT_KEY, Place, Running, Stage, campaign, configuration, floor, service, stage

SOURCE_KEYS = {"lead_first": "stl_bench_lead_first_1", "agent_first": "stl_bench_agent_first_1"}
MODES = tuple(SOURCE_KEYS)
SLOW_MS = 150
STALL_SECONDS = 10
"""A lead is given up when nothing has reached the carrier for so long; an overloaded service is only late."""
DRAIN_SECONDS = 90
LEADS_OF_ATTEMPTS = """
    SELECT a.id AS attempt_id, l.phone FROM attempt a JOIN lead l ON l.id = a.lead_id WHERE a.id = ANY($1::uuid[])
"""


class Bench:
    """Runs of one target each, with phones that are never used twice."""

    def __init__(self, on: Stage, floor: Running, service: Running, seconds: float, warm_up: float) -> None:
        self._on = on
        self._floor = floor
        self._service = service
        self._seconds = seconds
        self._warm_up = warm_up
        self._next_phone = count()
        self._seeds = count(1)

    async def run(self, target: str, rate: int, number: int, carrier_delay: int = 0) -> Result:
        on = self._on
        running = self._floor if target == FLOOR else self._service
        await on.tell_carrier("delay", carrier_delay)
        await on.arrivals()
        posts = int(rate * (self._seconds + self._warm_up))
        phones = [on.place.phone(next(self._next_phone)) for _ in range(posts)]
        before = cpu.of_process(running.pid), cpu.of_family(on.postgres_pid)
        since = datetime.now(UTC)
        sent = await self._load(target, running, rate, phones)
        accepted = {phones[s[0]] for s in sent if s[4] == 202}
        arrived = await self._drained(target, accepted)
        until = datetime.now(UTC)
        after = cpu.of_process(running.pid), cpu.of_family(on.postgres_pid)
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
        url = f"{self._service.url}/v1/stats/speed"
        headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
        async with self._on.http.get(url, params=period, headers=headers) as response:
            response.raise_for_status()
            report: dict[str, Any] = await response.json()
            return report

    async def _load(self, target: str, running: Running, rate: int, phones: list[str]) -> list[Sent]:
        headers = {} if target == FLOOR else {"Authorization": f"Bearer {SOURCE_KEYS[target]}"}
        bodies = [json.dumps(_lead(self._on.place, phone)) for phone in phones]
        path = "/leads" if target == FLOOR else "/v1/leads"
        return await posted(
            {
                "url": running.url + path,
                "headers": headers,
                "bodies": bodies,
                "rate": rate,
                "connections": 0,
                "seconds": 0,
                "seed": next(self._seeds),
            }
        )

    async def _drained(self, target: str, accepted: set[str]) -> dict[str, list[int]]:
        """Times of arrival by the lead's phone: when all have come, or nothing comes any more; and what follows."""
        raw = await self._on.all_arrivals(len(accepted), STALL_SECONDS, DRAIN_SECONDS)
        return await self._by_lead(target, raw)

    async def _by_lead(self, target: str, raw: list[tuple[int, str]]) -> dict[str, list[int]]:
        forms = [(at, parse_qs(body)) for at, body in raw]
        if target == FLOOR:
            keyed = [(form["To"][0], at) for at, form in forms]
        else:
            attempts = [(UUID(form["StatusCallback"][0].split("/attempts/")[1][:36]), at) for at, form in forms]
            rows = await self._service.database.fetch(LEADS_OF_ATTEMPTS, list({attempt for attempt, _ in attempts}))
            phones = {row["attempt_id"]: str(row["phone"]) for row in rows}
            keyed = [(phones.get(attempt, f"attempt {attempt}"), at) for attempt, at in attempts]
        by_lead: dict[str, list[int]] = {}
        for phone, at in sorted(keyed, key=lambda pair: pair[1]):
            by_lead.setdefault(phone, []).append(at)
        return by_lead


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
    async with stage() as on, floor(on) as bare, service(on, _configuration(), agents) as full:
        runs = Bench(on, bare, full, seconds, warm_up)
        print(machine(on.postgres, on.place.prefix), flush=True)
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


def _configuration() -> dict[str, object]:
    sources: list[dict[str, object]] = [
        {"name": mode, "api_key": key, "campaign": mode, "duplicate_window": "5m"}
        for mode, key in SOURCE_KEYS.items()
    ]
    return configuration(sources, [campaign(mode, mode) for mode in SOURCE_KEYS])


def main() -> int:
    parser = argparse.ArgumentParser(description="The spine's bench: POST to carrier request, beside a floor.")
    parser.add_argument("--quick", action="store_true", help="one round of 3 s")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="measured in each run, after 3 s of warm-up")
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 200], help="leads a second")
    return uvloop.run(bench(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
