"""One lead's whole story, and the button that ends it.

Owns: the page. Must not know: how a lead is stopped. A lead of another account is not found, exactly as one that
does not exist.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from speedtolead.domain.permit.words import because
from speedtolead.service.lawful.explain import explain, origins
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth
from speedtolead.web.lead_views import LeadView, lead_view
from speedtolead.web.pages import agreed, outcomes, render, timeline
from speedtolead.web.pages.console import LABELS
from speedtolead.web.services import SERVICES

OPEN = frozenset({"new", "working"})


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "lead.html", session, **await _given(request, session))


@render.signed_in
async def fragment(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "lead_parts.html", session, **await _given(request, session))


@render.signed_in
async def stop(request: web.Request, session: SessionOwner) -> web.Response:
    lead_id = render.lead_id(request)
    auth.check_form(request, (await render.form_fields(request)).get(auth.CSRF_FIELD))
    await request.app[SERVICES].leads.stop(session.account_id, lead_id)
    return render.see_other(f"/leads/{lead_id}")


@render.signed_in
async def give(request: web.Request, session: SessionOwner) -> web.Response:
    """The lead is an agent's from now on; nobody named: of whoever talks with the person last."""
    lead_id, fields = render.lead_id(request), await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    await request.app[SERVICES].leads.give(session.account_id, lead_id, fields.get("agent") or None)
    return render.see_other(f"/leads/{lead_id}")


async def _given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    story = await request.app[SERVICES].leads.story(session.account_id, render.lead_id(request))
    lead, known = lead_view(story), origins(story.lead)
    card, said = await request.app[SERVICES].cards.written(session.account_id, lead.lead_id)
    return {
        "places": [one | {"because": because(one["origin"], known)} for one in lead.candidates],
        "not_yet": _not_yet(lead),
        "zone": session.timezone,
        "card": card,
        "said": said,
        "labels": LABELS,
        "agents": [one.name for one in await request.app[SERVICES].agents.all(session.account_id)],
        "lead": lead,
        "name": " ".join(filter(None, (lead.first_name, lead.last_name))),
        "bars": timeline.bars(lead),
        "told": explain(story),
        "stoppable": lead.status in OPEN,
        "refused_because": _refused_because(lead),
        "tasks": await request.app[SERVICES].tasks.of_lead(session.account_id, lead.lead_id),
        **outcomes.given(),
        **await agreed.given(request, session, lead),
    }


def _not_yet(lead: LeadView) -> str:
    """Why the last decision kept a lead from being contacted, while nothing was decided after it."""
    decisions = [decision for attempt in lead.attempts for decision in attempt.decisions]
    last = max(decisions, key=lambda decision: decision.decided_at, default=None)
    return "" if last is None or last.verdict == "allowed" else last.words


def _refused_because(lead: LeadView) -> str:
    """Why, in the words that the poster was told."""
    refused = (finding.words for finding in lead.findings if finding.reason == lead.refusal)
    return next((words for words in refused if words), "")
