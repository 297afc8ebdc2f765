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
from dataclasses import dataclass
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
from speedtolead.service.cadences.files import NoRules, OneRuleSet, campaign_of_file
from speedtolead.service.cadences.preview import CadencePreviews, Calendar, Calendars, Sample, sample_of
from speedtolead.service.cadences.replay import Replayed, Replays
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.lawful.permits import RulesInForce
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store.database import Database, connect
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
    words = "past leads through a changed cadence or changed rules, with the answers that were recorded"
    two = command(kinds, "replay", replay, words)
    two.add_argument("file", type=Path, help="a configuration file with the changed campaign")
    two.add_argument("--campaign", metavar="NAME", help="not needed where the file has only one")
    two.add_argument("--account", metavar="NAME", help="not needed where there is one")
    two.add_argument("--from", dest="since", required=True, metavar="TIME", help="leads that came from then on")
    two.add_argument("--to", dest="until", required=True, metavar="TIME", help="and before this")
    two.add_argument("--rules", type=Path, metavar="FILE", help="a rule set, in place of those that were in force")


async def replay(settings: Settings, given: argparse.Namespace) -> int:
    """Past leads through a changed cadence or changed rules; nobody is contacted."""
    try:
        since, until = moment("--from", given.since), moment("--to", given.until)
        assert since is not None
        assert until is not None
        if since >= until:
            return _tell(2, "--from: expected a time before --to")
        campaign = await asyncio.to_thread(campaign_of_file, given.file, given.campaign)
        changed = None if given.rules is None else await asyncio.to_thread(OneRuleSet, given.rules)
        async with _applied(settings, await asyncio.to_thread(OfflineNumbering)) as applied:
            account = _account(applied.accounts, given.account)
            rules: RulesInForce = changed or applied.rules
            found = await Replays(applied.database, rules).run(account, campaign, since, until)
    except NotFound as error:
        return _tell(1, str(error))
    except (ConfigurationError, ValueError, OSError) as error:
        return _tell(2, str(error))
    print("\n".join(replay_lines(found, campaign)))
    return 0


def replay_lines(found: Replayed, campaign: Campaign) -> list[str]:
    """The table, with what each number is of."""
    span, leads = found.span, found.leads
    lines = [
        f"{campaign.name}: {leads:,} of {span.leads:,} leads of the span; left out: {span.refused:,} refused, "
        f"{span.left_out:,} tests or erased",
        f"{'step':<22}{'came up':>9}{'went out':>10}{'put off':>9}{'refused':>9}  {'median after':<14}refused by",
    ]
    for index, step in sorted(found.steps.items()):
        name = campaign.cadence[index].name if index < len(campaign.cadence) else None
        label = f"[{index}] {step.channel}{f' {name}' if name else ''}"[:21]
        by = ", ".join(f"{rule} {count:,}" for rule, count in step.refused.most_common())
        after = "–" if step.median_after is None else _length(step.median_after)
        lines.append(
            f"{label:<22}{step.came:>9,}{step.out:>10,}{sum(step.put_off.values()):>9,}"
            f"{sum(step.refused.values()):>9,}  {after:<14}{by}"
        )
    lines.append("")
    lines.append(f"{'channel':<22}{'would go out':>13}{'a lead':>8}{'in earnest':>12}{'a lead':>8}{'refused':>9}")
    for channel in ("call", "sms", "email", "webhook", "task"):
        out, made = found.out(channel), found.made[channel]
        if out or made or found.refused(channel):
            each = [f"{count / leads:.2f}" if leads else "–" for count in (out, made)]
            lines.append(f"{channel:<22}{out:>13,}{each[0]:>8}{made:>12,}{each[1]:>8}{found.refused(channel):>9,}")
    total = sum(found.hours.values())
    hours = ", ".join(f"{hour:02d} h {count / total:.0%}" for hour, count in sorted(found.hours.items()))
    lines.append(f"by the hour where the person is, of {total:,} calls, texts and mails: {hours or '–'}")
    ends = ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in found.ends.most_common())
    lines.append(f"ended, of {leads:,} leads: {ends or '–'}")
    lines.append("The n-th call gets what the n-th call got, one beyond them no answer. Nobody was contacted.")
    return lines


def _length(length: timedelta) -> str:
    hours, rest = divmod(round(length.total_seconds()), 3600)
    return f"{hours // 24} d {hours % 24:02d} h" if hours >= 24 else f"{hours} h {rest // 60:02d} min"


async def preview(settings: Settings, given: argparse.Namespace) -> int:
    """When each step would go out for a sample lead, and why then."""
    try:
        sample = await asyncio.to_thread(_sample, given)
        numbering = await asyncio.to_thread(OfflineNumbering)
        if given.file is not None:
            campaign = await asyncio.to_thread(campaign_of_file, given.file, given.campaign)
            _print(Calendars(numbering, NoRules()).of(campaign, sample, SystemClock().now()), campaign)
            return 0
        async with _applied(settings, numbering) as applied:
            account = _account(applied.accounts, given.account)
            campaign = await applied.previews.campaign(account, given.campaign)
            _print(await applied.previews.calendar(account, campaign.name, sample), campaign)
            return 0
    except NotFound as error:
        return _tell(1, str(error))
    except FieldErrors as error:
        return _tell(2, *(f"lead.{e.field.removeprefix('lead.')}: {e.message}" for e in error.errors))
    except (ConfigurationError, ValueError, OSError) as error:
        return _tell(2, str(error))


@dataclass(frozen=True, slots=True)
class _Applied:
    database: Database
    rules: RuleSets
    previews: CadencePreviews
    accounts: dict[str, UUID]


@asynccontextmanager
async def _applied(settings: Settings, numbering: OfflineNumbering) -> AsyncIterator[_Applied]:
    clock = SystemClock()
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            rules = RuleSets(database, clock)
            await rules.refresh()
            previews = CadencePreviews(database, clock, numbering, rules)
            yield _Applied(database, rules, previews, await previews.accounts())


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
