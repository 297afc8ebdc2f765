"""One post of a source: what came, how it is mapped, what was found, and sending it again where it failed.

Owns: the page and its button. Must not know: what makes a post fail, or what happens to one that is sent again.
The lead is shown as the mapping reads it now, so that a mapping that was mended can be seen at work before the post
is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

from speedtolead.ports.connectors import Unreadable
from speedtolead.service.intake.again import IMPORT, NotAgain, Sent, is_cut, why_not_again
from speedtolead.store.intake import SourceRow
from speedtolead.store.people import SessionOwner
from speedtolead.store.sources import PostRow
from speedtolead.web import metrics
from speedtolead.web import sources as api
from speedtolead.web.pages import raw, render, sources
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import FindingView, ScorePartView

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a post is read now; ``unreadable`` says why it cannot be."""

    trial: api.DryRunView | None
    unreadable: str | None = None


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    row = await sources.row_of(request, session)
    post = await post_of(request, session, row, request.match_info["post_id"])
    return await _page(request, session, row, post)


@render.signed_in
async def send_again(request: web.Request, session: SessionOwner) -> web.Response:
    await sources.changing_form(request, session)
    row = await sources.row_of(request, session)
    post = await post_of(request, session, row, request.match_info["post_id"])
    try:
        sent = await request.app[SERVICES].again.send(row, post)
    except NotAgain as error:
        raise Problem(409, error.code, str(error)) from None
    if sent.answer is not None:
        metrics.lead(sent.answer.refusal or "accepted").inc()
    log.info(
        "post.sent_again",
        post_id=post.post_id,
        user_id=str(session.user_id),
        lead_id=None if sent.answer is None else str(sent.answer.lead_id),
        reason="unreadable" if sent.answer is None else sent.answer.refusal,
        repeated=sent.answer is not None and sent.answer.repeated,
    )
    return await _page(request, session, row, post, sent)


async def post_of(request: web.Request, session: SessionOwner, row: SourceRow, post_id: str) -> PostRow:
    """Raises NotFound."""
    return await request.app[SERVICES].sources.post(session.account_id, row.source_id, post_id)


async def _page(
    request: web.Request, session: SessionOwner, row: SourceRow, post: PostRow, sent: Sent | None = None
) -> web.Response:
    given: dict[str, Any] = {
        "zone": session.timezone,
        "now": request.app[SERVICES].clock.now(),
        "source": await sources.named(request, session),
        "place": sources.place_of(row.source.name),
        "post": post,
        "body": raw.body(post.body),
        "cut": is_cut(post),
        "reading": await _reading(request, row, post),
        "findings_given": [FindingView(**one) for one in post.findings],
        "score_parts": [ScorePartView(**one) for one in post.score_parts],
        "failed": post.verdict in {"refused", "unreadable"},
        "why_not": why_not_again(post),
        "may_change": sources.may_change(session),
        "sent": sent,
        "before": await request.app[SERVICES].sources.sent_again(row.source_id, post.post_id),
    }
    return render.page(request, "source_post.html", session, **given)


async def _reading(request: web.Request, row: SourceRow, post: PostRow) -> Reading:
    services = request.app[SERVICES]
    if post.via == IMPORT:
        return Reading(None, "a row of an import is read by the import's own mapping.")
    way = services.kept.way(row, post.via)
    try:
        lead = await services.kept.read(row, way, post.content_type, post.body)
    except Unreadable as error:
        return Reading(None, str(error))
    return Reading(api.view(services.trials.map(services.kept.mapping(row, way), lead)))
