"""The account's settings: all to be seen, and one source to be changed as text, paused and resumed.

Owns: these pages and their forms. Must not know: what may stand in a source; ``configuration`` says what is wrong.
A secret never leaves the server: a mask stands for it, and is taken back for it.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import quote

from aiohttp import web

from speedtolead.domain.agent import Presence
from speedtolead.domain.caller_id import Local
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import DAYS, Span, WeeklyHours
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.configuration.editing import Edited, Outdated
from speedtolead.store.configuration import ConfiguredAgent, PausesRow
from speedtolead.store.people import SessionOwner
from speedtolead.store.settings_json import campaign_from_json, schedule_from_json
from speedtolead.store.sources import SourceInFull
from speedtolead.web.pages import machines, numbers, render, sources
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services = request.app[SERVICES]
    setup = await services.sources.setup(session.account_id)
    return render.page(
        request,
        "settings.html",
        session,
        zone=session.timezone,
        now=services.clock.now(),
        sources=await services.sources.overview(session.account_id),
        campaigns=[_campaign(campaign_from_json(one.settings), one.paused) for one in setup.campaigns],
        agents=[_agent(one) for one in setup.agents],
        pauses=_pauses(setup.pauses),
        numbers=await numbers.lines(request, session),
        detections=await machines.lines(request, session),
        detection_rates=machines.RATES,
        may_change=sources.may_change(session),
    )


@render.signed_in
async def source(request: web.Request, session: SessionOwner) -> web.Response:
    found = await sources.named(request, session)
    return _page(request, session, found, await request.app[SERVICES].editing.text_of(found))


@render.signed_in
async def change(request: web.Request, session: SessionOwner) -> web.Response:
    """Check or save what is in the form."""
    fields = await sources.changing_form(request, session)
    services, name = request.app[SERVICES], request.match_info["name"]
    text, version, saving = fields.get("text", "").replace("\r\n", "\n"), _version(fields), "save" in fields
    account, editing = session.account_id, services.editing
    try:
        if saving:
            edited = await editing.save(account, name, text, version, session.user_id)
        else:
            edited = await editing.check(account, name, text)
    except ConfigurationError as error:
        found = await sources.named(request, session)
        return _page(request, session, found, text, version, status=422, problems=error.problems)
    except Outdated:
        found = await sources.named(request, session)
        now = await editing.text_of(found)
        return _page(request, session, found, text, version, status=409, outdated=True, current=now)
    found = await sources.named(request, session)
    shown = await editing.text_of(found) if saving else text
    return _page(request, session, found, shown, None if saving else version, edited=edited, saved=saving)


@render.signed_in
async def pause(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await sources.changing_form(request, session)
    name = request.match_info["name"]
    wanted = fields.get("paused")
    if wanted not in {"yes", "no"}:
        raise Problem(400, "unreadable_body", "The form is not whole; reload the page.")
    await request.app[SERVICES].editing.pause(session.account_id, name, wanted == "yes", session.user_id)
    return render.see_other(f"/settings/sources/{quote(name, safe='')}")


def _page(
    request: web.Request,
    session: SessionOwner,
    found: SourceInFull,
    text: str | None,
    version: int | None = None,
    *,
    status: int = 200,
    problems: list[str] | None = None,
    edited: Edited | None = None,
    saved: bool = False,
    outdated: bool = False,
    current: str | None = None,
) -> web.Response:
    return render.page(
        request,
        "settings_source.html",
        session,
        status=status,
        source=found,
        place=sources.place_of(found.name),
        text=text,
        lines=max(12, min(40, (text or "").count("\n") + 2)),
        seen=found.version if version is None else version,
        may_change=sources.may_change(session),
        problems=problems or [],
        edited=edited,
        saved=saved,
        outdated=outdated,
        current=current,
    )


def _version(fields: dict[str, str]) -> int:
    version = fields.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) <= 9):
        raise Problem(400, "unreadable_body", "The form is not whole; reload the page.")
    return int(version)


def _campaign(campaign: Campaign, paused: bool) -> dict[str, Any]:
    steps = [
        f"{step.channel} {_after(step.after)}{f' at {step.at:%H:%M}' if step.at else ''}"
        for step in campaign.cadence
    ]
    return {
        "campaign": campaign,
        "hours": _hours(campaign.hours),
        "steps": steps,
        "paused": paused,
        "shows": _shows(campaign),
        "machines": machines.done(campaign),
    }


def _shows(campaign: Campaign) -> str:
    """Whose numbers a person sees, in a few words."""
    pool, said = campaign.caller_ids, []
    said.append(f"{len(pool.numbers)} of the numbers" if pool.numbers else "all numbers")
    said.append("the nearest" if pool.local is Local.NEAREST else "in turn")
    if pool.sticky:
        said.append("the same one again")
    if pool.per_day is not None:
        said.append(f"each at most {pool.per_day} times a day")
    if pool.watch is None:
        said.append("answers not watched")
    if campaign.call_reason is not None:
        said.append(f"with the reason “{campaign.call_reason}”")
    return ", ".join(said)


def _agent(row: ConfiguredAgent) -> dict[str, Any]:
    takes = [
        *([f"skills {', '.join(row.skills)}"] if row.skills else []),
        *([f"licensed in {', '.join(row.licensed)}"] if row.licensed else []),
        *([f"speaks {', '.join(row.languages)}"] if row.languages else []),
        *([f"at most {row.hourly_cap} offers an hour"] if row.hourly_cap else []),
        *([f"at most {row.daily_cap} offers a day"] if row.daily_cap else []),
    ]
    return {
        "name": row.name,
        "address": row.address,
        "groups": [_group(name, row.standing.get(name)) for name in row.groups],
        "takes": takes,
        "there": _there(row),
        "email": row.email,
    }


def _group(name: str, standing: dict[str, Any] | None) -> str:
    return name if standing is None else f"{name} (tier {standing['tier']}, weight {standing['weight']:g})"


def _there(row: ConfiguredAgent) -> str:
    if row.schedule is not None:
        worked = schedule_from_json(row.schedule)
        off = f", but not on {', '.join(map(str, sorted(worked.days_off)))}" if worked.days_off else ""
        return f"{_hours(worked.week)} ({row.timezone}){off}"
    return "always" if row.presence == Presence.ALWAYS else "while signed in"


def _pauses(row: PausesRow) -> str:
    reasons = f"A pause gives one of the reasons {', '.join(row.pause_reasons)}. " if row.pause_reasons else ""
    if not row.pause_after_missed:
        return f"{reasons}Whoever misses an offer rests for a moment."
    return f"{reasons}Whoever misses {row.pause_after_missed} offers in a row is paused until somebody ends it."


def _hours(hours: WeeklyHours) -> str:
    """Days in a row with the same hours are said once: mon-fri 09:00-17:00; sat 10:00-14:00."""
    said = []
    for spans, run in groupby(zip(DAYS, hours.days, strict=True), lambda day: day[1]):
        names = [name for name, _ in run]
        if spans:
            days = names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"
            said.append(f"{days} {', '.join(map(_clock, spans))}")
    return "; ".join(said) or "closed"


def _clock(span: Span) -> str:
    return f"{span.start // 60:02d}:{span.start % 60:02d}-{span.end // 60:02d}:{span.end % 60:02d}"


def _after(after: timedelta) -> str:
    """As the configuration file says it: 5m, 1d; at once for nothing."""
    seconds = round(after.total_seconds())
    if seconds == 0:
        return "at once"
    unit, length = next((u, n) for u, n in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % n == 0)
    return f"after {seconds // length}{unit}"
