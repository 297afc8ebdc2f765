"""The intake's bench: how fast posts are accepted, a burst of them, and what more leads cost, beside a floor.

Run ``python tests/benchmarks/intake.py`` from the repository; ``--quick`` for a look, ``--only`` for one part.

    answers      accepted posts a second and the time to an answer, all local checks on, beside the floor
    burst        5,000 leads in 10 s from 20 connections, few agents: none lost, none doubled, the freshest first
    duplicates   a new lead and a duplicate, among 10,000 leads and among 5,000,000

The floor is the least that can be done (one committed INSERT, one carrier request). No time is ever asserted: the
exit code is 1 only where an accepted lead was lost, or was dialled twice. All traffic stays on the loopback.
"""

from __future__ import annotations

import argparse
import sys

import intake_answers
import intake_burst
import intake_duplicates
import uvloop

PARTS = ("answers", "burst", "duplicates")


async def bench(given: argparse.Namespace) -> int:
    quick, ok = given.quick, True
    for part in given.only or PARTS:
        if part == "answers":
            seconds, rounds = (3.0, 1) if quick else (given.seconds, given.rounds)
            ok &= await intake_answers.measure(intake_answers.Asked(seconds, rounds, given.connections, given.rate))
        elif part == "burst":
            leads, over = (1000, 2.0) if quick else (given.leads, given.over)
            ok &= await intake_burst.measure(
                intake_burst.Asked(leads, over, given.connections, given.agents, given.hold, given.mixed)
            )
        else:
            many = 500_000 if quick else given.many
            seconds, rounds = (3.0, 1) if quick else (given.seconds, given.rounds)
            ok &= await intake_duplicates.measure(intake_duplicates.Asked(10_000, many, seconds, rounds))
    print("\nnone lost, none doubled" if ok else "\nLOST OR DOUBLED: see the counts")
    return 0 if ok else 1


def main() -> int:
    parser = argparse.ArgumentParser(description="The intake's bench, beside a floor.")
    parser.add_argument("--quick", action="store_true", help="one short round of each part, 500,000 leads")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be said more than once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of each run")
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rate", type=int, default=100, help="answers: posts a second of the open loop")
    parser.add_argument("--leads", type=int, default=5000, help="burst: how many")
    parser.add_argument("--over", type=float, default=10, help="burst: within how many seconds")
    parser.add_argument("--agents", type=int, default=20, help="burst: how many take the calls")
    parser.add_argument("--hold", type=int, default=400, help="burst: ms until a call ends unanswered")
    parser.add_argument("--mixed", action="store_true", help="burst: every other lead is worth less")
    parser.add_argument("--many", type=int, default=5_000_000, help="duplicates: leads in the larger database")
    return uvloop.run(bench(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
