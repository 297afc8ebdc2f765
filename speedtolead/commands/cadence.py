"""``speedtolead cadence``: a cadence thought through, and nobody contacted.

Owns: the arguments, and how a calendar is printed. Exit codes: 0 done, 1 no such campaign, 2 a wrong argument, file
or lead. A file needs no database; without one, the campaign is the one that was applied.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from speedtolead import wiring
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command, group
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound
from speedtolead.domain.hours import zone_info
from speedtolead.service.cadences.files import NoRules, campaign_of_file
from speedtolead.service.cadences.preview import CadencePreviews, Calendar, Calendars, Sample, sample_of
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store.database import connect
from speedtolead.store.migrations import migrate


def add_arguments(commands: Commands) -> None:
    kinds = group(commands, "cadence", "think a cadence through; nobody is contacted")
    words = "when each step would go out for a sample lead, and why then"
    one = command(kinds, "preview", preview, words)
    one.add_argument("file", type=Path, nargs="?", help="a configuration file; left out: what was applied")
    one.add_argument("--campaign", metavar="NAME", help="not needed where there is only one")
    one.add_argument("--account", metavar="NAME", help="its account, without a file; not needed where there is one")
    one.add_argument("--lead", type=Path, metavar="SAMPLE.json", help="a lead as it would be posted")
    one.add_argument("--from", dest="arrives", metavar="TIME", help="when it arrives; left out: now")
    one.add_argument("--score", type=int, metavar="N", help="its score, for steps that ask for it")
    one.add_argument("--source", default="sample", metavar="NAME", help="its source, for steps that ask for it")


async def preview(settings: Settings, given: argparse.Namespace) -> int:
    """When each step would go out for a sample lead, and why then."""
    try:
        sample = await asyncio.to_thread(_sample, given)
        numbering = await asyncio.to_thread(OfflineNumbering)
        if given.file is not None:
            campaign = await asyncio.to_thread(campaign_of_file, given.file, given.campaign)
            _print(Calendars(numbering, NoRules()).of(campaign, sample, SystemClock().now()), campaign)
            return 0
        async with _applied(settings, numbering) as (previews, accounts):
            account = _account(accounts, given.account)
            campaign = await previews.campaign(account, given.campaign)
            _print(await previews.calendar(account, campaign.name, sample), campaign)
            return 0
    except NotFound as error:
        return _tell(1, str(error))
    except FieldErrors as error:
        return _tell(2, *(f"lead.{e.field.removeprefix('lead.')}: {e.message}" for e in error.errors))
    except (ConfigurationError, ValueError, OSError) as error:
        return _tell(2, str(error))


@asynccontextmanager
async def _applied(
    settings: Settings, numbering: OfflineNumbering
) -> AsyncIterator[tuple[CadencePreviews, dict[str, UUID]]]:
    clock = SystemClock()
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            rules = RuleSets(database, clock)
            await rules.refresh()
            previews = CadencePreviews(database, clock, numbering, rules)
            yield previews, await previews.accounts()


def _account(accounts: dict[str, UUID], name: str | None) -> UUID:
    if name is None and len(accounts) == 1:
        return next(iter(accounts.values()))
    if name is None:
        raise ValueError(f"say --account: one of {', '.join(accounts) or 'none, apply a file first'}")
    if name not in accounts:
        raise NotFound(f"There is no account {name!r}.")
    return accounts[name]


def _sample(given: argparse.Namespace) -> Sample:
    """Raises FieldErrors, ValueError, OSError."""
    lead: Any = None
    if given.lead is not None:
        try:
            lead = json.loads(given.lead.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{given.lead}: not JSON: {error}") from None
        if not isinstance(lead, dict):
            raise ValueError(f"{given.lead}: expected one lead, as it would be posted")
    if given.score is not None and not 0 <= given.score <= 100:
        raise ValueError(f"--score {given.score}: expected 0 to 100")
    return sample_of(lead, arrives=moment("--from", given.arrives), score=given.score, source=given.source)


def moment(name: str, text: str | None) -> datetime | None:
    """A time of an argument; None where it is left out. Raises ValueError."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 2000 <= at.year <= 2099:
        raise ValueError(f"{name} {text}: expected a time with its offset, such as 2026-11-23T09:00:00-05:00")
    return at


def _print(calendar: Calendar, campaign: Campaign) -> None:
    zone = zone_info(calendar.zone)
    arrives = calendar.arrives.astimezone(zone)
    print(f"{campaign.name}: a lead that arrives on {arrives:%a %d %b %Y %H:%M} {calendar.zone}, if nobody answers")
    last = None
    for day in calendar.days:
        there = day.at.astimezone(zone)
        shown = "" if there.date() == last else f"{there:%a %d %b}"
        last = there.date()
        name = f" ({day.name})" if day.name else ""
        mark = "  would be refused" if day.refused else ""
        print(f"{shown:<11} {there:%H:%M}  [{day.step}] {day.channel}{name}{mark}")
        for words in [*day.why, *([day.refused] if day.refused else [])]:
            print(f"{'':<19}{words}")
        if day.says is not None:
            counted = f" ({day.segments} segment{'' if day.segments == 1 else 's'})" if day.segments else ""
            print(f"{'':<19}“{' '.join(day.says.split())}”{counted}")
    took = calendar.days[-1].at - calendar.arrives if calendar.days else timedelta(0)
    print(f"{calendar.end} Rule set {calendar.rule_set}; {len(calendar.days)} steps in {took.days} days.")


def _tell(code: int, *lines: str) -> int:
    print("\n".join(lines), file=sys.stderr)
    return code
