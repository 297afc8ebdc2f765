"""A campaign's cadence as a calendar, for a sample lead: what would go out when, and why then.

Owns: the page and its form. Must not know: what decides a step's time. What is asked wrongly is told on the page,
above the calendar of the usual sample.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from aiohttp import web

from speedtolead.domain.hours import zone_info
from speedtolead.domain.states import STATES
from speedtolead.service.cadences.preview import SAMPLE, Day, Sample, sample_of
from speedtolead.store.people import SessionOwner
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES

AGREED = {
    "all": ("calls, texts and mails", ["call", "sms", "email"]),
    "call": ("calls only", ["call"]),
    "write": ("texts and mails only", ["sms", "email"]),
}
_TOLL_FREE = "+18005550142"
"""A number that tells no place: the person is in the state that is chosen."""


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    """Raises NotFound for a campaign that there is not."""
    services, name = request.app[SERVICES], request.match_info["name"]
    form = {key: request.query.get(key, usual) for key, usual in _USUAL.items()}
    sample, problems = _asked(form, session.timezone)
    calendar = await services.cadences.calendar(session.account_id, name, sample)
    zone = zone_info(calendar.zone)
    days = [
        (day, [_line(one, calendar.zone) for one in steps])
        for day, steps in groupby(calendar.days, lambda one: one.at.astimezone(zone).date())
    ]
    return render.page(
        request,
        "settings_campaign.html",
        session,
        status=422 if problems else 200,
        calendar=calendar,
        days=days,
        form=form,
        problems=problems,
        states=sorted(STATES.items(), key=lambda one: one[1]),
        agreed={key: words for key, (words, _) in AGREED.items()},
        zone=session.timezone,
    )


_USUAL = {"state": "NY", "arrives": "", "score": "", "agreed": "all"}
"""What stands in the form. ``arrives`` is on the account's clock, empty for now."""


def _asked(form: dict[str, str], zone: str) -> tuple[Sample, list[str]]:
    """The sample that is asked for, and what could not be read of it."""
    problems = []
    state, arrives, score = form["state"], form["arrives"], form["score"]
    moment = _moment(arrives, zone) if arrives else None
    scored = int(score) if score.isascii() and score.isdecimal() and len(score) <= 3 else None
    if state not in STATES:
        problems.append("Lives in: there is no such state.")
    if arrives and moment is None:
        problems.append("Arrives: a day and a time, such as 2026-11-23T09:00.")
    if score and (scored is None or scored > 100):
        problems.append("Score: a number from 0 to 100.")
    lead = SAMPLE | {
        "phone": _TOLL_FREE,
        "state": state if state in STATES else "NY",
        "city": None,
        "postal_code": None,
        "consent": {
            "channels": AGREED.get(form["agreed"], AGREED["all"])[1],
            "text": "The wording of the consent.",
        },
    }
    return sample_of(lead, arrives=moment, score=scored), problems


def _moment(text: str, zone: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= at.year <= 2099:
        return None
    return at.replace(tzinfo=zone_info(zone)) if at.tzinfo is None else at


def _line(day: Day, zone: str) -> dict[str, Any]:
    return {"day": day, "clock": f"{day.at.astimezone(zone_info(zone)):%H:%M}"}
