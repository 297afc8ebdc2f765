"""``speedtolead explain``: a lead's timeline and every decision, in words.

Owns: what is printed. Exit codes: 0 done, 1 no such lead. Works whether or not the service runs; changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from uuid import UUID

from speedtolead import wiring
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command
from speedtolead.domain.errors import NotFound
from speedtolead.service.lawful.explain import explain
from speedtolead.service.leads import Leads
from speedtolead.settings import Settings
from speedtolead.store.database import connect


def add_arguments(commands: Commands) -> None:
    one = command(commands, "explain", run_explain, "a lead's timeline and every decision, in words")
    one.add_argument("lead_id", type=UUID)


async def run_explain(settings: Settings, given: argparse.Namespace) -> int:
    """A lead's timeline and every decision, in words."""
    async with wiring.database_url(settings) as url, connect(url, 2) as database:
        try:
            story = await Leads(database, SystemClock()).story_for_operator(given.lead_id)
        except NotFound as error:
            print(str(error), file=sys.stderr)
            return 1
    for at, words in explain(story):
        print(f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"Z  {words}")
    return 0
