"""The API of machines that answer: who answered a call, the files that are played to a machine, and the rates.

Owns: reading each request and shaping each answer. Must not know: what follows from an answer.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from speedtolead.domain.machine import Label
from speedtolead.service.calling.labels import NotAnswered
from speedtolead.service.calling.sounds import LARGEST, NoSound
from speedtolead.service.reports.period import rate
from speedtolead.store.machine import DetectionRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.stats import StatsQuery, period_of
from speedtolead.web.views import ERRORS, Instant, ProblemView, Rate

routes = Routes()

SOUND_PATH = "/carrier/twilio/sounds/{sha256}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")


class AnsweredByBody(reading.Given):
    """Who answered, as somebody says who heard the call."""

    answered_by: Label


class AnsweredByView(BaseModel):
    """``detected``: what detection said; ``asked``: the call is of the sample; ``contact``: whether it is one."""

    attempt_id: UUID
    answered_by: Label
    detected: str | None
    asked: bool
    contact: bool


class SoundView(BaseModel):
    name: str
    content_type: str
    sha256: str
    size: int


class StoredSoundView(SoundView):
    uploaded_at: Instant
    uploaded_by: str


class SoundList(BaseModel):
    sounds: list[StoredSoundView]


class DetectionView(BaseModel):
    """Calls that were answered, by what detection said; the rates are over the labelled calls of the sample."""

    group: str
    answered: int
    human: int
    machine: int
    unknown: int
    undetected: int
    contacts_by_talk: int
    asked: int
    labelled: int
    labelled_unasked: int
    false_machine_rate: Rate
    false_human_rate: Rate
    people_taken_for_machines: Rate
    machines_taken_for_people: Rate
    unknown_people: Rate
    voicemails_left: int
    voicemails_cut_short: int


class DetectionReport(BaseModel):
    since: Instant
    until: Instant
    groups: list[DetectionView]


@routes(
    "POST",
    "/v1/attempts/{attempt_id}/answered-by",
    "Say who answered a call: a human or a machine. It overrules detection; said of a call that is under way, a"
    " machine frees the agent at once and gets the campaign's message.",
    body=AnsweredByBody,
    responses={200: AnsweredByView, 404: ProblemView, 409: ProblemView, 422: ProblemView, **ERRORS},
)
async def label(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    attempt_id = reading.id_of(request, "attempt_id")
    body = await reading.json_of(AnsweredByBody, request)
    services = request.app[SERVICES]
    try:
        found = await services.labels.label(
            caller.account_id, attempt_id, body.answered_by, await auth.acting(request)
        )
    except NotAnswered as error:
        raise Problem(409, error.code, str(error)) from None
    await services.afterwards.carry_out(found.afterwards)
    view = AnsweredByView(
        attempt_id=attempt_id,
        answered_by=body.answered_by,
        detected=found.detected,
        asked=found.asked,
        contact=found.contact,
    )
    return answer(view)


@routes(
    "PUT",
    "/v1/sounds/{name}",
    "Upload a recorded message, WAV or MP3, up to 2 MiB, for `voicemail.file` of campaigns.",
    responses={200: SoundView, 413: ProblemView, 422: ProblemView, **ERRORS},
)
async def put_sound(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    name = request.match_info["name"]
    if _NAME.fullmatch(name) is None:
        raise field_problem("name", "expected letters, digits, spaces and . _ -, up to 63")
    body = await reading.as_it_came(request.clone(client_max_size=LARGEST))
    try:
        kept = await request.app[SERVICES].sounds.put(caller.account_id, name, body, await auth.acting(request))
    except NoSound as error:
        raise field_problem("body", str(error), error.code) from None
    return answer(SoundView(**{field: getattr(kept, field) for field in SoundView.model_fields}))


@routes("GET", "/v1/sounds", "The uploaded messages, as they are played now.", responses={200: SoundList, **ERRORS})
async def list_sounds(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await request.app[SERVICES].sounds.all(caller.account_id)
    shown = [StoredSoundView(**{n: getattr(row, n) for n in StoredSoundView.model_fields}) for row in found]
    return answer(SoundList(sounds=shown))


async def play(request: web.Request) -> web.Response:
    """For the carrier; it asks without a signature, so the address says what the file holds."""
    found = await request.app[SERVICES].sounds.play(request.match_info["sha256"])
    if found is None:
        raise Problem(404, "not_found", "There is no such file.")
    unchanging = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=found.body, content_type=found.content_type, headers=unchanging)


@routes(
    "GET",
    "/v1/stats/detection",
    "How often machine detection is wrong, by what agents say of a random sample; and messages left.",
    query=StatsQuery,
    responses={200: DetectionReport, 422: ProblemView, **ERRORS},
)
async def detection(request: web.Request) -> web.Response:
    account_id, period = await period_of(request)
    rows = await request.app[SERVICES].reports.detection(account_id, period)
    report = DetectionReport(since=period.since, until=period.until, groups=detection_views(rows))
    return as_csv(report.groups) if wants_csv(request) else answer(report)


def detection_views(rows: list[DetectionRow]) -> list[DetectionView]:
    return [_detection(row) for row in rows]


def _detection(row: DetectionRow) -> DetectionView:
    counts: dict[str, Any] = {n: getattr(row, n) for n in DetectionView.model_fields if hasattr(row, n)}
    people = row.human_human + row.machine_human + row.unknown_human
    machines = row.human_machine + row.machine_machine + row.unknown_machine
    return DetectionView(
        **counts,
        group=row.grouped,
        false_machine_rate=Rate(**rate(row.machine_human, row.machine_human + row.machine_machine)),
        false_human_rate=Rate(**rate(row.human_machine, row.human_machine + row.human_human)),
        people_taken_for_machines=Rate(**rate(row.machine_human, people)),
        machines_taken_for_people=Rate(**rate(row.human_machine, machines)),
        unknown_people=Rate(**rate(row.unknown_human, row.unknown_human + row.unknown_machine)),
    )
