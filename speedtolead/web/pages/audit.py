"""What people changed, for managers.

Owns: the page, and a change in words. Must not know: how it is written down.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from pydantic import Field

from speedtolead.store.audit import AuditRow
from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES

MOST = 100
_PARAMETER = re.compile(r"\{(\w+)\}")


class AuditQuery(reading.Given):
    """``after`` is where the page before ended; ``who``: one person's changes only."""

    after: str | None = None
    who: str | None = Field(default=None, max_length=254)


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    query = reading.query_of(AuditQuery, request, leave_empty_out=True)
    place = reading.cursor_of(query.after)
    found = await request.app[SERVICES].auditing.page(session.account_id, MOST, place, query.who)
    following = reading.to_cursor(found[-1].at, found[-1].audit_id) if len(found) == MOST else None
    return render.page(
        request,
        "audit.html",
        session,
        zone=session.timezone,
        rows=[_shown(row) for row in found],
        who=query.who,
        following=following,
    )


def _shown(row: AuditRow) -> dict[str, Any]:
    return {
        "row": row,
        "what": in_words(row.route, row.about),
        "said": ", ".join(f"{name}: {value}" for name, value in row.said.items()),
        "answer": answer_of(row.status),
    }


def in_words(route: str, about: dict[str, str]) -> str:
    """A route as a person reads it: what was done to what. Its path names both."""
    method, _, path = route.partition(" ")
    parts = [part for part in path.removeprefix("/v1").split("/") if part]
    said = [about.get(name[1], "") if (name := _PARAMETER.fullmatch(part)) else part for part in parts]
    ends = {"DELETE": ", removed", "PUT": ", set"}.get(method, "")
    return " › ".join(said) + ends


def answer_of(status: int | None) -> str:
    """How a change came out, in a word."""
    if status is None:
        return "cut short"
    return "done" if status < 400 else f"refused ({status})"
