"""``POST /v1/permits/preview``: may this person be contacted at this moment?

Owns: reading one question or a list of them, and shaping the answers. What is decided is in ``service``.
One question that does not fit refuses the list, with the place of each mistake: ``items[3].at``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import from_json, to_json

from speedtolead.domain.lead import Consent
from speedtolead.domain.permit import Contacted, iso
from speedtolead.domain.permit.words import because
from speedtolead.service.intake.fields import ConsentBody, Moment, Short
from speedtolead.service.lawful.preview import Preview, Question, Turns, UnanswerableError
from speedtolead.web import auth, reading
from speedtolead.web.endpoint import Routes
from speedtolead.web.lead_views import RuleView
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

MOST = 1000
MAX_BODY = 2 * 1024 * 1024
"""A thousand questions with the wording of each consent."""
_MOST_ERRORS = 100
_CONTACTS = 1000
routes = Routes()
Channel = Literal["call", "sms", "email"]


class EarlierContact(reading.Given):
    """An earlier call or text to the person, by whomever of the account; mails are not counted."""

    at: Moment
    channel: Channel = "call"

    @field_validator("at")
    @classmethod
    def _there(cls, value: object) -> object:
        if value is None:
            raise ValueError("expected a moment like 2026-11-22T18:00:00Z")
        return value


class PreviewBody(reading.Given):
    """One contact that is thought of. ``campaign`` by name; a source's key may leave it out. ``at`` left out: now.

    ``consent`` as in a posted lead; left out: there is none. ``attempts``: the earlier contacts that caps count.
    ``recorded``: a recorded voice would speak. ``reassigned``: the number changed hands; left out: not known.
    Without ``phone`` no do-not-call list is looked at, without ``email`` either no suppression; the answer says so.
    """

    campaign: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    channel: Channel
    at: Moment = None
    phone: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    email: Annotated[str | None, Field(min_length=1, max_length=254)] = None
    state: Short = None
    postal_code: Short = None
    consent: ConsentBody | None = None
    attempts: Annotated[list[EarlierContact], Field(max_length=_CONTACTS)] | None = None
    recorded: bool = False
    reassigned: bool | None = None


class CandidateView(BaseModel):
    """One place where the person may be, and the fact that makes it one."""

    zone: str
    state: str | None
    origin: str
    because: str


class PreviewView(BaseModel):
    """The decision that would be made. ``rules``: every rule, in order. ``words``: the same in a sentence."""

    verdict: Literal["allowed", "refused", "not_before"]
    not_before: Instant | None
    at: Instant
    candidates: list[CandidateView]
    rules: list[RuleView]
    rule_set: str
    words: str


@routes(
    "POST",
    "/v1/permits/preview",
    "May this person be contacted at this moment? One question, or a list of up to 1,000; nobody is contacted.",
    body=PreviewBody,
    most=MOST,
    responses={
        200: PreviewView,
        400: ProblemView,
        **ERRORS,
        413: ProblemView,
        415: ProblemView,
        422: ProblemView,
    },
)
async def preview_permits(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    posted = await _posted(request.clone(client_max_size=MAX_BODY))
    items = posted if isinstance(posted, list) else [posted]
    listed = isinstance(posted, list)
    if not 1 <= len(items) <= MOST:
        raise _refused([("items", "invalid_field", f"expected 1 to {MOST} questions, got {len(items)}")])
    questions = await _questions(items, listed)
    previews, parts = request.app[SERVICES].previews, []
    try:
        async for one in previews.answers(caller.account_id, caller.source_id, questions):
            parts.append(to_json(_view(one)))
    except UnanswerableError as error:
        raise _refused(
            [(_place(one.place, listed, one.field), one.code, one.message) for one in error.found]
        ) from None
    whole = b"[%s]" % b",".join(parts) if listed else parts[0]
    return web.Response(body=whole, content_type="application/json", charset="utf-8")


async def _posted(request: web.Request) -> Any:
    if request.content_type != reading.JSON:
        raise reading.unsupported("Post application/json.")
    try:
        return from_json(await reading.body(request), allow_inf_nan=False)
    except ValueError:
        raise reading.unreadable("The body is not valid JSON.") from None


async def _questions(items: Sequence[Any], listed: bool) -> list[Question]:
    """Raises a Problem: 422, with every field that does not fit."""
    read, wrong, turns = [], [], Turns()
    for place, item in enumerate(items):
        try:
            read.append(_question(PreviewBody.model_validate(item)))
        except ValidationError as error:
            for found in error.errors(include_url=False, include_input=False, include_context=False):
                where = _place(place, listed, _path(found["loc"]))
                wrong.append((where, "invalid_field", found["msg"].removeprefix("Value error, ")))
        await turns.let_others()
    if wrong:
        raise _refused(wrong)
    return read


def _path(loc: Sequence[int | str]) -> str:
    """``attempts[2].at``"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _place(place: int, listed: bool, field: str) -> str:
    if not listed:
        return field or "body"
    return f"items[{place}].{field}" if field else f"items[{place}]"


def _refused(wrong: Sequence[tuple[str, str, str]]) -> Problem:
    errors = [{"field": field, "code": code, "message": message} for field, code, message in wrong[:_MOST_ERRORS]]
    first = errors[0]
    return Problem(422, first["code"], f"{first['field']}: {first['message']}", errors)


def _question(body: PreviewBody) -> Question:
    given = body.consent
    return Question(
        channel=body.channel,
        campaign=body.campaign,
        at=body.at,
        phone=body.phone,
        email=(body.email or "").strip().lower() or None,
        state=body.state,
        postal_code=body.postal_code,
        consent=None
        if given is None
        else Consent(
            tuple(dict.fromkeys(given.channels)),
            text=given.text,
            seller=given.seller,
            captured_at=given.captured_at,
            trustedform_cert_url=given.trustedform_cert_url,
            leadid_token=given.leadid_token,
        ),
        attempts=tuple(Contacted(one.at, one.channel) for one in body.attempts or () if one.at is not None),
        recorded=body.recorded,
        reassigned=body.reassigned,
    )


def _view(one: Preview) -> dict[str, Any]:
    """As ``PreviewView``; a thousand models would cost more than the decisions."""
    permit = one.permit
    return {
        "verdict": permit.decision.value,
        "not_before": None if permit.not_before is None else iso(permit.not_before),
        "at": iso(permit.decided_at),
        "candidates": [
            {"zone": c.zone, "state": c.state, "origin": c.origin, "because": because(c.origin, one.known)}
            for c in one.candidates
        ],
        "rules": [
            rule if rule["not_before"] is None else rule | {"not_before": iso(rule["not_before"])}
            for rule in one.rules
        ],
        "rule_set": permit.rule_set,
        "words": one.words,
    }
