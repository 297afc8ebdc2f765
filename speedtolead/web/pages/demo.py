"""The sample landing page: a form, then both phones, live. Only with the simulated carrier.

Owns: the form, and a view of one lead that opens without signing in, for whoever holds the link made for it. The
post is read and judged exactly as the API's. Must not know: how either goes. Where the sample account is not
applied, or the carrier is a real one, none of this is there.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.service.intake.post import Answer, LeadPost
from speedtolead.store.intake import SourceRow
from speedtolead.web import lead_post
from speedtolead.web.lead_views import AttemptView, LeadView, LegView, lead_view
from speedtolead.web.pages import render, sample, timeline
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES, Services

POLL_MS = 300
ENDED = frozenset({"no_answer", "busy", "machine", "failed", "abandoned", "refused", "cancelled", "expired"})
FIRST_VALUES = {
    "first_name": "Ada",
    "last_name": "Example",
    "phone": "+1 212 555 0142",
    "email": "ada@example.com",
    "postal_code": "10001",
    "state": "NY",
}
"""The box is not ticked: consent is given by whoever ticks it."""
BEHAVIOURS = (
    ("00–59", "A human answers after 1.5 to 4 s, and talks for 20 to 45 s."),
    ("60–69", "Nobody answers."),
    ("70–74", "Busy."),
    ("75–79", "Declines the call."),
    ("80–89", "Voicemail: a machine answers after 8 to 12 s."),
    ("90–94", "Answers, and hangs up within 2 s."),
    ("95", "Not a valid number for the carrier."),
    ("96", "As 00–59, but opted out of texts."),
    ("97", "Unreachable: the call fails."),
    ("98–99", "As 00–59, but only after a long ring of 12 to 18 s."),
)


@dataclass(frozen=True, slots=True)
class Phone:
    """What one of the two phones is doing: idle, dialing, ringing, on call or ended."""

    whose: str
    state: str
    words: str


async def form(request: web.Request) -> web.Response:
    await _source(request)
    return _form(request, FIRST_VALUES)


async def submit(request: web.Request) -> web.Response:
    services, source = request.app[SERVICES], await _source(request)
    received_at = services.clock.now()
    try:
        post = await lead_post.read(request)
        fields = await render.form_fields(request)
    except Problem as problem:
        if problem.status != 422:
            raise
        fields = await render.form_fields(request)
        return _form(request, fields, problem.status, problem.code, [e["message"] for e in problem.errors])
    answer = await services.intake.take(source, _with_consent(request, post), received_at)
    if answer.refusal is not None:
        return _refused(request, fields, answer)
    return render.see_other(f"/demo/{answer.lead_id}?t={link_token(services, answer.lead_id)}")


async def show(request: web.Request) -> web.Response:
    return render.page(request, "demo_call.html", **await _given(request))


async def fragment(request: web.Request) -> web.Response:
    return render.page(request, "demo_parts.html", **await _given(request))


def link_token(services: Services, lead_id: UUID) -> str:
    """Opens the view of this one lead."""
    return hmac.new(services.signing_key, b"demo:" + lead_id.bytes, hashlib.sha256).hexdigest()


async def _source(request: web.Request) -> SourceRow:
    """The sample's source. Raises 404 where there is no sample to show."""
    services = request.app[SERVICES]
    source = await sample.source(services) if services.simulated else None
    if source is None:
        raise Problem(404, "not_found", "There is no sample form on this node.")
    return source


def _form(
    request: web.Request,
    values: dict[str, str],
    status: int = 200,
    code: str | None = None,
    reasons: list[str] | None = None,
) -> web.Response:
    return render.page(
        request,
        "demo.html",
        status=status,
        values=values,
        seller=sample.seller(),
        wording=sample.wording(),
        behaviours=BEHAVIOURS,
        code=code,
        reasons=reasons or [],
    )


def _refused(request: web.Request, fields: dict[str, str], answer: Answer) -> web.Response:
    reasons = [error["message"] for error in answer.body["errors"]]
    return _form(request, fields, answer.status, answer.refusal, reasons)


def _with_consent(request: web.Request, post: LeadPost) -> LeadPost:
    """The consent as it was given here, if it was: the wording that was shown, where, when, by what browser."""
    services = request.app[SERVICES]
    if not post.consent.channels:
        return post
    consent = replace(
        post.consent,
        text=sample.wording(),
        seller=sample.seller(),
        captured_at=services.clock.now(),
        url=f"{services.public_url}/demo",
        ip=request.remote,
        user_agent=_readable(request.headers.get("User-Agent", "")) or None,
    )
    return replace(post, consent=consent)


def _readable(header: str) -> str:
    """What of a header can be kept: it may be no Unicode, and as long as the sender likes."""
    return "".join(char for char in header.encode(errors="replace").decode() if char.isprintable())[:2000]


async def _given(request: web.Request) -> dict[str, Any]:
    services, source = request.app[SERVICES], await _source(request)
    lead_id = render.lead_id(request)
    token = link_token(services, lead_id)
    if not hmac.compare_digest(token.encode(), request.query.get("t", "").encode("utf-8", "replace")):
        raise Problem(404, "not_found", "There is no such lead.")
    story = await services.leads.story(source.account_id, lead_id, source.source_id)
    lead = lead_view(story)
    attempt = shown_attempt(lead)
    return {
        "zone": story.lead.timezone,
        "lead": lead,
        "attempt": attempt,
        "phones": phones(lead, attempt),
        "bars": timeline.bars(lead),
        "done": is_done(lead, attempt),
        "address": f"/demo/{lead_id}/fragment?t={token}",
        "poll_ms": POLL_MS,
    }


def shown_attempt(lead: LeadView) -> AttemptView | None:
    """The last attempt that was begun; else the first that is planned."""
    begun = [attempt for attempt in lead.attempts if attempt.claimed_at is not None]
    return begun[-1] if begun else next(iter(lead.attempts), None)


def is_done(lead: LeadView, attempt: AttemptView | None) -> bool:
    """Nothing more will show within this view."""
    if attempt is None:
        return lead.status not in {"new", "working"}
    return attempt.ended_at is not None or attempt.state in ENDED


def phones(lead: LeadView, attempt: AttemptView | None) -> list[Phone]:
    legs = attempt.legs if attempt else []
    agent = next((leg for leg in reversed(legs) if leg.kind == "agent"), None)
    person = next((leg for leg in reversed(legs) if leg.kind == "lead"), None)
    whose = (attempt.agent if attempt else None) or (agent.agent if agent else None)
    return [
        _phone(f"Agent · {whose}" if whose else "Agent", agent),
        _phone(f"Lead · {lead.first_name or 'you'}", person),
    ]


def _phone(whose: str, leg: LegView | None) -> Phone:
    if leg is None:
        return Phone(whose, "idle", "idle")
    if leg.state == "ended":
        how = (leg.ended_as or "completed").replace("_", " ")
        return Phone(whose, "ended", "call ended" if how == "completed" else how)
    if leg.state == "live":
        taken = leg.kind == "agent" and leg.accepted_at is None
        return Phone(whose, "live", "hearing the whisper" if taken else "on call")
    return Phone(whose, leg.state, "ringing" if leg.state == "ringing" else "being dialled")
