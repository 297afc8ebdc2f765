"""Trying a mapping on a sample: a form, and what would become of the sample. Nothing is stored.

Owns: the page, what the form is filled with, and how its text becomes a post. Must not know: what a mapping means.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from speedtolead.domain.mapping import IDENTITY, to_document
from speedtolead.ports.connectors import Unreadable
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.configuration.text import read_mapping, written
from speedtolead.service.intake.kept import API
from speedtolead.store.intake import SourceRow
from speedtolead.store.people import SessionOwner
from speedtolead.store.sources import PostRow
from speedtolead.web import auth
from speedtolead.web import sources as api
from speedtolead.web.pages import posts, raw, render, sources
from speedtolead.web.pages.posting import example
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form. ``way`` is a connector's name, or api. ``cut``: the post was longer than this."""

    mapping: str
    body: str
    content_type: str
    way: str
    cut: bool = False


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    row = await sources.row_of(request, session)
    return await _page(request, session, row, await _first(request, session, row))


@render.signed_in
async def run(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    row = await sources.row_of(request, session)
    form = _given(fields)
    if request.app[SERVICES].kept.way(row, form.way) not in {API, request.app[SERVICES].kept.way(row)}:
        raise Problem(422, "invalid_field", "This source has no such connector.")
    try:
        mapping = await asyncio.to_thread(read_mapping, form.mapping)
        trial = await api.tried(request, row, mapping or IDENTITY, form.content_type, _bytes(form), form.way)
    except ConfigurationError as error:
        return await _page(request, session, row, form, status=422, problems=error.problems)
    except Unreadable as error:
        where = "Content type" if error.field == "content-type" else "Sample"
        return await _page(request, session, row, form, status=422, problems=[f"{where}: {error}"])
    return await _page(request, session, row, form, result=api.view(trial))


async def _page(
    request: web.Request, session: SessionOwner, row: SourceRow, form: Form, status: int = 200, **more: Any
) -> web.Response:
    usual = request.app[SERVICES].kept.way(row)
    connector = request.app[SERVICES].connectors.get(usual)
    given: dict[str, Any] = {"problems": [], "result": None} | more
    return render.page(
        request,
        "source_try.html",
        session,
        status=status,
        zone=session.timezone,
        source=await sources.named(request, session),
        place=sources.place_of(row.source.name),
        form=form,
        ways=[] if connector is None else [(usual, connector.title), (API, "Our own API")],
        **given,
    )


async def _first(request: web.Request, session: SessionOwner, row: SourceRow) -> Form:
    """The source's own mapping, or its connector's, and the post that is named, or the last one."""
    services = request.app[SERVICES]
    usual = services.kept.way(row)
    post = await _sample(request, session, row)
    way = usual if post is None else services.kept.way(row, post.via)
    way = way if way in {usual, API} else usual
    mapping = services.kept.mapping(row, way)
    form = Form(written(to_document(mapping or IDENTITY)), "", api.JSON, way)
    if post is None:
        sample = json.dumps(example(row.source.mapping), indent=2, ensure_ascii=False) if way == API else ""
        return replace(form, body=sample)
    shown = raw.body(post.body)
    return replace(form, body=shown.text, content_type=post.content_type or api.JSON, cut=shown.cut)


async def _sample(request: web.Request, session: SessionOwner, row: SourceRow) -> PostRow | None:
    wanted = request.query.get("post")
    if wanted is None:
        last = await request.app[SERVICES].sources.posts(session.account_id, row.source_id, most=1)
        wanted = last[0].post_id if last else None
    return None if wanted is None else await posts.post_of(request, session, row, wanted)


def _given(fields: dict[str, str]) -> Form:
    body = fields.get("body", "").replace("\r\n", "\n")
    kind = fields.get("content_type", "").strip()[:200]
    return Form(
        mapping=fields.get("mapping", "").replace("\r\n", "\n"),
        body=body,
        content_type=kind or api.usual_type(body),
        way=fields.get("via", API),
    )


def _bytes(form: Form) -> bytes:
    """The sample as it would be posted: a browser's text field has line breaks of its own."""
    text = form.body
    if form.content_type.lower().startswith("multipart/"):
        return text.replace("\n", "\r\n").encode("utf-8", "replace")
    return text.strip().encode("utf-8", "replace")
