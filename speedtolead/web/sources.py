"""The API of sources: trying a post and a mapping, with nothing stored.

Owns: reading the request, shaping the answer, and how a body of our own API is read when it is not a request. What
it does is in ``service``.
"""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from speedtolead.domain.checks import Finding
from speedtolead.domain.mapping import Mapping, MappingError, Traced, parse_mapping
from speedtolead.ports.connectors import Unreadable
from speedtolead.service.intake.trial import Trial
from speedtolead.store.intake import SourceRow
from speedtolead.web import auth, lead_post, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import FieldError, FindingView, Money, ProblemView, ScorePartView

routes = Routes()

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class DryRunBody(BaseModel):
    """``mapping`` left out: the source's own, or its connector's. ``body`` is a JSON value, or text as it would be
    posted. ``content_type`` left out: a form for text that does not begin as JSON does, else JSON."""

    model_config = ConfigDict(extra="forbid")

    mapping: dict[str, Any] | None = None
    body: Any
    content_type: Annotated[str | None, Field(max_length=200)] = None


class TracedView(BaseModel):
    """What one rule did. ``result`` null: the field is left out, and ``note`` says why."""

    field: str
    taken_from: str
    raw: Any
    result: Any
    note: str


class DryRunView(BaseModel):
    """``verdict`` is accepted or refused; ``code`` and ``detail`` are a refusal's, ``score`` and ``price`` those of
    a lead that would be accepted. Duplicates, caps and suppressions are not looked at; ``not_asked`` are providers.
    """

    fields: dict[str, Any]
    trace: list[TracedView]
    unused: list[str]
    verdict: str
    code: str | None
    detail: str | None
    errors: list[FieldError]
    findings: list[FindingView]
    score: int | None
    score_parts: list[ScorePartView]
    price: Money | None
    not_asked: list[str]


@routes(
    "POST",
    "/v1/sources/{name}/dry-run",
    "Try a post: how a mapping reads it, and what would be said of the lead. Stores nothing, calls nobody.",
    body=DryRunBody,
    responses={200: DryRunView, 400: ProblemView, 401: ProblemView, 403: ProblemView, 404: ProblemView,
               413: ProblemView, 415: ProblemView, 422: ProblemView},
)  # fmt: skip
async def dry_run(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    row = await request.app[SERVICES].intake.source_by_name(caller.account_id, request.match_info["name"])
    if row is None or caller.source_id not in {None, row.source_id}:
        raise Problem(404, "not_found", "There is no such source, or this key is not its key.")
    given = await reading.json_of(DryRunBody, request)
    mapping = None if given.mapping is None else _mapping(given.mapping)
    content_type, raw = _posted(given)
    try:
        trial = await tried(request, row, mapping, content_type, raw)
    except Unreadable as error:
        raise field_problem("body", str(error), error.code, status=400) from None
    return answer(view(trial))


async def tried(
    request: web.Request,
    row: SourceRow,
    mapping: Mapping | None,
    content_type: str,
    raw: bytes,
    via: str | None = None,
) -> Trial:
    """One trial, from the API or a page. ``mapping`` None: what a real post would go through. Raises Unreadable."""
    services = request.app[SERVICES]
    way = services.kept.way(row, via)
    lead = await services.kept.read(row, way, content_type, raw)
    used = services.kept.mapping(row, way) if mapping is None else mapping
    return await services.trials.run(row, used, lead, via=way, content_type=content_type)


def posted_fields(content_type: str, raw: bytes) -> dict[str, Any]:
    """The fields of a body as our API reads them. Raises Unreadable."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {JSON, FORM} and not kind.endswith("+json"):
        raise Unreadable(f"our API takes {JSON} or {FORM}", field="content-type")
    try:
        return lead_post.fields_of(kind, raw)
    except Problem as problem:
        raise Unreadable(problem.detail) from None


def usual_type(text: str) -> str:
    """What text most likely is."""
    return JSON if text.lstrip()[:1] in {"{", "["} else FORM


def view(trial: Trial) -> DryRunView:
    return DryRunView(
        fields=trial.fields,
        trace=[_traced(one) for one in trial.trace],
        unused=list(trial.unused),
        verdict="accepted" if trial.accepted else "refused",
        code=trial.code,
        detail=trial.detail,
        errors=[FieldError(field=e.field, code=e.code, message=e.message) for e in trial.errors],
        findings=[_finding(one) for one in trial.findings],
        score=None if trial.score is None else trial.score.value,
        score_parts=[
            ScorePartView(name=part.name, points=part.points, words=part.words, inputs=part.inputs)
            for part in (() if trial.score is None else trial.score.parts)
        ],
        price=trial.price,
        not_asked=list(trial.not_asked),
    )


def _traced(one: Traced) -> TracedView:
    return TracedView(field=one.target, taken_from=one.source, raw=one.raw, result=one.result, note=one.note)


def _finding(one: Finding) -> FindingView:
    return FindingView(
        check=one.check,
        verdict=one.verdict.value,
        field=one.field,
        reason=one.reason,
        words=one.words,
        points=one.points,
        inputs=one.inputs,
    )


def _mapping(document: dict[str, Any]) -> Mapping:
    try:
        return parse_mapping(document)
    except MappingError as error:
        errors = [{"field": f"mapping.{at}", "code": "invalid_mapping", "message": m} for at, m in error.problems]
        first = errors[0]
        raise Problem(422, "invalid_mapping", f"{first['field']}: {first['message']}", errors) from None


def _posted(given: DryRunBody) -> tuple[str, bytes]:
    """The content type and the bytes that would be posted."""
    if isinstance(given.body, str):
        return given.content_type or usual_type(given.body), given.body.encode("utf-8", "replace")
    kind = (given.content_type or JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise field_problem("content_type", "a body that is not text is JSON")
    return given.content_type or JSON, to_json(given.body)
