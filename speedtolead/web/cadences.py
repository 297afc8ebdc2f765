"""The API of cadences: the calendar of one for a sample lead.

Owns: reading the request, and shaping the answer. Nothing is stored, and nobody is contacted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from speedtolead.domain.hours import zone_info
from speedtolead.service.cadences.preview import Calendar, Day, sample_of
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import Instant, ProblemView

routes = Routes()
_MOST_STEPS = 50


class CadencePreviewBody(reading.Given):
    """``campaign`` by name. ``cadence``: steps as the configuration file says them, in place of the campaign's own.
    ``lead``: a lead as it would be posted; left out: a sample in New York who agreed to everything. ``from``: when
    it arrives; left out: now. ``score``, ``source`` and ``exclusive`` answer the steps' conditions."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    campaign: Annotated[str, Field(min_length=1, max_length=200)]
    cadence: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MOST_STEPS)] | None = None
    lead: dict[str, Any] | None = None
    arrives: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] = "sample"
    exclusive: bool = False


class CadenceDayView(BaseModel):
    """One step. ``step`` counts from 0, as ``cadence[0]`` does. ``local`` is the clock of the person, ``why`` what
    brought the step there, in order; ``refused``: it would not go out, and why. ``says``: what would be written."""

    step: int
    name: str | None
    channel: str
    at: Instant
    local: str
    why: list[str]
    refused: str | None
    says: str | None
    subject: str | None
    segments: int | None


class CadenceCalendarView(BaseModel):
    """``days``: every step in order, if nobody answers. ``end``: why nothing comes after the last."""

    campaign: str
    timezone: str
    arrives: Instant
    rule_set: str
    days: list[CadenceDayView]
    end: str


@routes(
    "POST",
    "/v1/cadences/preview",
    "When would each step of a cadence go out for a sample lead, and why then? Stores nothing, contacts nobody.",
    body=CadencePreviewBody,
    responses={200: CadenceCalendarView, 400: ProblemView, 401: ProblemView, 403: ProblemView, 404: ProblemView,
               413: ProblemView, 415: ProblemView, 422: ProblemView},
)  # fmt: skip
async def preview_cadence(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await reading.json_of(CadencePreviewBody, request)
    try:
        sample = sample_of(
            body.lead, arrives=body.arrives, score=body.score, source=body.source, exclusive=body.exclusive
        )
        found = await request.app[SERVICES].cadences.calendar(
            caller.account_id, body.campaign, sample, body.cadence
        )
    except FieldErrors as error:
        raise _refused([(f"lead.{e.field.removeprefix('lead.')}", e.message) for e in error.errors]) from None
    except ConfigurationError as error:
        raise _refused([_place(line) for line in error.problems]) from None
    return answer(calendar_view(found))


def calendar_view(found: Calendar) -> CadenceCalendarView:
    return CadenceCalendarView(
        campaign=found.campaign,
        timezone=found.zone,
        arrives=found.arrives,
        rule_set=found.rule_set,
        days=[_day(day, found.zone) for day in found.days],
        end=found.end,
    )


def _day(day: Day, zone: str) -> CadenceDayView:
    return CadenceDayView(
        step=day.step,
        name=day.name,
        channel=day.channel,
        at=day.at,
        local=_local(day.at, zone),
        why=day.why,
        refused=day.refused,
        says=day.says,
        subject=day.subject,
        segments=day.segments,
    )


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(zone_info(zone)).isoformat(timespec="seconds")


def _place(line: str) -> tuple[str, str]:
    """A line of a refused file, as a field and what is wrong with it."""
    place, colon, words = line.partition(": ")
    return (place, words) if colon else ("cadence", line)


def _refused(wrong: list[tuple[str, str]]) -> Problem:
    errors = [{"field": field, "code": "invalid_field", "message": words} for field, words in wrong]
    return Problem(422, "invalid_field", f"{wrong[0][0]}: {wrong[0][1]}", errors)
