"""Sources as managers see them: all of them with their last day and what they cost and bring; and one with how to
post to it and its last posts.

Owns: these two pages. Must not know: how a post is judged. A source of another account is not found, exactly as one
that does not exist.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from speedtolead.store.intake import SourceRow
from speedtolead.store.people import SessionOwner
from speedtolead.store.sources import SourceInFull
from speedtolead.web import auth
from speedtolead.web.pages import render, source_figures
from speedtolead.web.pages.posting import posting
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

CHANGING = frozenset({"manager", "admin"})
"""Roles that may change a source or send a post again; a supervisor looks."""


@render.signed_in
async def overview(request: web.Request, session: SessionOwner) -> web.Response:
    shown = await _all(request, session) | await source_figures.given(request, session)
    return render.page(request, "sources.html", session, **shown)


@render.signed_in
async def overview_fragment(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "sources_parts.html", session, **await _all(request, session))


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    source = await named(request, session)
    row = await row_of(request, session)
    shown = await _parts(request, session, source) | await source_figures.given(request, session, source.name)
    return render.page(request, "source.html", session, posting=posting(request.app[SERVICES], row), **shown)


@render.signed_in
async def fragment(request: web.Request, session: SessionOwner) -> web.Response:
    source = await named(request, session)
    return render.page(request, "source_parts.html", session, **await _parts(request, session, source))


async def named(request: web.Request, session: SessionOwner) -> SourceInFull:
    """The source that the address names. Raises NotFound."""
    return await request.app[SERVICES].sources.source(session.account_id, request.match_info["name"])


async def row_of(request: web.Request, session: SessionOwner) -> SourceRow:
    """The same as the intake sees it. Raises a Problem: 404."""
    row = await request.app[SERVICES].intake.source_by_name(session.account_id, request.match_info["name"])
    if row is None:
        raise Problem(404, "not_found", "There is no such source.")
    return row


def may_change(session: SessionOwner) -> bool:
    return session.role in CHANGING


async def changing_form(request: web.Request, session: SessionOwner) -> dict[str, str]:
    """The fields of a form that changes something. Raises a Problem: 400, 403 or 413."""
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    if not may_change(session):
        raise Problem(403, "forbidden", "This is for managers; a supervisor may look.")
    return fields


def place_of(name: str) -> str:
    """The address of a source's page."""
    return f"/sources/{quote(name, safe='')}"


async def _all(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    services = request.app[SERVICES]
    return {
        "zone": session.timezone,
        "now": services.clock.now(),
        "sources": await services.sources.overview(session.account_id),
    }


async def _parts(request: web.Request, session: SessionOwner, source: SourceInFull) -> dict[str, Any]:
    """What follows by itself: the source's state, what the guard says of it, and its last posts."""
    services = request.app[SERVICES]
    failures = request.query.get("failures") == "1"
    return {
        "zone": session.timezone,
        "now": services.clock.now(),
        "place": place_of(source.name),
        "source": source,
        "alerts": await services.guarding.alerts(session.account_id, source=source.name),
        "may_change": may_change(session),
        "period": source_figures.query_of(request).but(),
        "failures": failures,
        "posts": await services.sources.posts(session.account_id, source.source_id, failures=failures),
    }
