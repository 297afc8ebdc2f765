"""Previews of permits over HTTP, in lists of 1,000: the time of the answer, and the service's own processor time.

    python tests/benchmarks/permit_preview.py --lists 20

People of random postal codes, at every hour of five days, each with an earlier contact: some 45 of 100 may be
contacted, for the others the next lawful moment is looked for. The account keeps hours of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time

import cpu
import zipcodes
from figures import percentile
from stage import ACCOUNT_KEY, campaign, configuration, service, stage

LIST = 1000
CONTACT = {"hours": {"US": {"mon-sun": "08:00-21:00"}}, "lifetime_cap": 100, "consent": {"written": True}}


def questions(dice: random.Random) -> bytes:
    places = [row for row in zipcodes.list_all() if row["area_codes"] and row["timezone"]]
    asked = []
    for n in range(LIST):
        home = dice.choice(places)
        asked.append({
            "campaign": "asked",
            "channel": "call",
            "at": f"2026-11-{18 + n % 5}T{n % 24:02d}:{n % 60:02d}:00Z",
            "phone": f"+1{home['area_codes'][0]}236{n:04d}",
            "state": home["state"],
            "postal_code": home["zip_code"],
            "consent": {"channels": ["call"], "text": "I agree to be called."},
            "attempts": [{"at": "2026-11-20T15:00:00Z", "channel": "call"}],
        })  # fmt: skip
    return json.dumps(asked).encode()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lists", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, {given.lists} lists")
    print(f"$ python {' '.join(sys.argv)}")
    settings = configuration([], [campaign("asked", "agent_first")]) | {"contact": CONTACT}
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}", "Content-Type": "application/json"}
    body = questions(random.Random(given.seed))
    async with stage() as on, service(on, settings, 0) as target:
        wall, used = [], []
        for n in range(given.lists + 3):
            before, worked = time.perf_counter(), cpu.of_process(target.pid)
            async with on.http.post(f"{target.url}/v1/permits/preview", data=body, headers=headers) as response:
                answer = await response.read()
                assert response.status == 200, answer[:500]
            if n >= 3:  # the first ones meet tables that nothing is remembered of
                wall.append(time.perf_counter() - before)
                used.append(cpu.of_process(target.pid) - worked)
        said = [one["verdict"] for one in json.loads(answer)]
    mean = sum(used) / len(used)
    shares = ", ".join(f"{said.count(each)} {each}" for each in sorted(set(said)))
    print(f"{LIST} previews a list ({shares}), answered with {len(answer) / 1e6:.1f} MB")
    print(
        f"{LIST / mean * 1000:,.0f} decisions/s of one core   CPU {mean:.0f} ms a list   "
        f"(by the clock: fastest {min(wall) * 1000:.0f} ms, p50 {percentile(wall, 0.5) * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    asyncio.run(main())
