"""The API of agents' lines, and the carrier's callbacks about them.

Owns: reading each request and shaping each answer. Must not know: how a line is watched, or a lead gets into it.
"""

from __future__ import annotations

from collections.abc import Awaitable

from aiohttp import web
from pydantic import BaseModel

from speedtolead.service.calling.lines import LineRefused
from speedtolead.store.lines import LineRow
from speedtolead.web import auth, carrier, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

PATH = "/carrier/twilio/lines/{line_id}/{kind}"
routes = Routes()
_WRONG = {404: ProblemView, 409: ProblemView}


class LineView(BaseModel):
    """An agent's standing call. ``open``: leads may be dialled into it."""

    line_id: str
    agent: str
    state: str
    open: bool
    placed_at: Instant
    accepted_at: Instant | None
    closing_at: Instant | None
    ended_at: Instant | None
    ended_as: str | None
    carrier_code: str | None


@routes(
    "POST",
    "/v1/agents/{name}/line",
    "Ring an agent once for a line that stays up, into which leads are dialled; the open one, if there is one.",
    responses={202: LineView, **_WRONG, **ERRORS},
)
async def open_line(request: web.Request) -> web.Response:
    caller, name = await auth.caller(request, whole_account=True), request.match_info["name"]
    return answer(_view(await _asked(request.app[SERVICES].lines.open(caller.account_id, name)), name), 202)


@routes("GET", "/v1/agents/{name}/line", "An agent's open line.", responses={200: LineView, **_WRONG, **ERRORS})
async def show_line(request: web.Request) -> web.Response:
    caller, name = await auth.caller(request, whole_account=True), request.match_info["name"]
    return answer(_view(await request.app[SERVICES].lines.of(caller.account_id, name), name))


@routes(
    "DELETE",
    "/v1/agents/{name}/line",
    "Hang an agent's line up; one with a lead on it stays.",
    responses={202: LineView, **_WRONG, **ERRORS},
)
async def close_line(request: web.Request) -> web.Response:
    caller, name = await auth.caller(request, whole_account=True), request.match_info["name"]
    return answer(_view(await _asked(request.app[SERVICES].lines.close(caller.account_id, name)), name), 202)


async def _asked(line: Awaitable[LineRow]) -> LineRow:
    try:
        return await line
    except LineRefused as error:
        raise Problem(409, error.code, str(error)) from None


def _view(row: LineRow, name: str) -> LineView:
    return LineView(
        line_id=str(row.line_id),
        agent=name,
        state=row.state,
        open=row.up,
        placed_at=row.placed_at,
        accepted_at=row.accepted_at,
        closing_at=row.closing_at,
        ended_at=row.ended_at,
        ended_as=row.ended_as,
        carrier_code=row.carrier_code,
    )


async def callback(request: web.Request) -> web.Response:
    """News of a line's call, or a question how it goes on; of a line that is not, nothing is believed."""
    services = request.app[SERVICES]
    received_at, kind = services.clock.now(), request.match_info["kind"]
    fields, signers = await carrier.genuine(request, "line")
    line_id, reader = reading.id_of(request, "line_id"), services.callback_reader
    report = reader.leg_report(fields, received_at)
    match kind:
        case "status":
            carrier.carry_out(request, await services.lines.report(line_id, report, signers))
            return web.Response(status=204)
        case "accept":
            told = await services.lines.accept(line_id, reader.digits(fields), report, signers)
        case "back":
            told = await services.lines.back(line_id, signers)
        case "out":
            told = await services.lines.out(line_id, signers)
        case _:
            raise Problem(404, "not_found", "There is no such callback.")
    content, body = reader.render(told)
    return web.Response(text=body, content_type=content)
