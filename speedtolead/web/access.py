"""Who may use which route: one table for all of them, held before any handler runs.

Owns: the table, and refusing by it. Must not know: what a route does, or which rows it may touch: every use case
takes the account (and an agent's own routes the agent) of whoever asks. A route that stands nowhere in the table is
for managers only; a test names it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, StrEnum
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from speedtolead.web import auth
from speedtolead.web.answers import wants_csv
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES


class Who(StrEnum):
    """Who asks. The roles are those of the configuration's users."""

    NOBODY = "nobody"
    SOURCE_KEY = "source_key"
    ACCOUNT_KEY = "account_key"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"


_MANAGERS = frozenset({Who.MANAGER, Who.ADMIN})
_LEADING = _MANAGERS | {Who.SUPERVISOR}
EXPORTING = _MANAGERS | {Who.ACCOUNT_KEY, Who.SOURCE_KEY}
"""Who may take data away as a file, whatever else they may see."""


class May(Enum):
    """Groups of those who may. The values are sets, so that no two groups are the same by accident."""

    ANYBODY = (frozenset(Who), "pages and answers that show nothing of an account, or by a secret link of its own")
    SIGNED = (frozenset(Who), "whoever signs the request as it was agreed: the carrier, a connector")
    POST = (frozenset({Who.SOURCE_KEY}), "a source's key")
    READ = (_LEADING | {Who.SOURCE_KEY, Who.ACCOUNT_KEY}, "as LOOK; a source's key, for its own leads")
    LOOK = (_LEADING | {Who.ACCOUNT_KEY}, "the account's key, supervisors, managers")
    WORK = (_LEADING | {Who.ACCOUNT_KEY, Who.AGENT}, "as LOOK; agents, for their own calls")
    CHANGE = (_MANAGERS | {Who.ACCOUNT_KEY}, "the account's key, managers")
    PAGE = (_LEADING, "signed in: supervisors, managers")
    MANAGE = (_MANAGERS, "signed in: managers")
    SELF = (_LEADING | {Who.AGENT}, "whoever is signed in, for themselves")

    @property
    def who(self) -> frozenset[Who]:
        return self.value[0]


_TABLE: Mapping[May, tuple[str, ...]] = {
    May.ANYBODY: (
        "GET /static/{name}", "GET /favicon.ico", "GET /healthz", "GET /readyz", "GET /metrics",
        "GET /carrier/twilio/ringing.wav", "GET /carrier/twilio/music.wav", "GET /carrier/twilio/sounds/{sha256}",
        "GET /openapi.json", "GET /docs", "GET /login", "POST /login",
        "GET /callbacks/{token}.ics", "GET /unsubscribe/{token}", "POST /unsubscribe/{token}",
        "GET /demo", "POST /demo", "GET /demo/{lead_id}", "GET /demo/{lead_id}/fragment",
    ),
    May.SIGNED: (
        "POST /carrier/twilio/attempts/{attempt_id}/legs/{leg_id}/{kind}",
        "POST /carrier/twilio/lines/{line_id}/{kind}", "POST /carrier/twilio/text",
        "POST /carrier/twilio/texts/{message_id}", "POST /carrier/twilio/voice",
        "POST /carrier/twilio/voice/status",
        "GET /in/{source_id}", "POST /in/{source_id}",
    ),
    May.POST: ("POST /v1/leads", "POST /v1/leads/ping"),
    May.READ: (
        "GET /v1/leads", "GET /v1/leads/{lead_id}", "POST /v1/leads/{lead_id}/stop", "POST /v1/permits/preview",
        "GET /v1/stats/contact", "GET /v1/stats/speed", "POST /v1/sources/{name}/dry-run",
    ),
    May.LOOK: (
        "GET /v1/agents", "PUT /v1/agents/{name}/state", "GET /v1/agents/{name}/line",
        "POST /v1/agents/{name}/line", "DELETE /v1/agents/{name}/line",
        "GET /v1/alerts", "GET /v1/events", "GET /v1/inbound-calls", "POST /v1/inbound-calls/{call_id}/seen",
        "POST /v1/attempts/{attempt_id}/answered-by", "POST /v1/leads/{lead_id}/outcomes",
        "PUT /v1/leads/{lead_id}/owner", "GET /v1/numbers", "GET /v1/returns", "POST /v1/returns/{return_id}",
        "GET /v1/sounds", "GET /v1/stats/detection", "GET /v1/stats/numbers", "GET /v1/stats/sources",
        "GET /v1/stats/experiments", "GET /v1/stats/best-time", "GET /v1/stats/response",
        "GET /v1/stats/staffing", "GET /v1/alarms",
        "GET /v1/stats/funnel", "GET /v1/stats/agents", "GET /v1/stats/compliance",
        "GET /v1/suppressions", "POST /v1/suppressions", "POST /v1/suppressions/{suppression_id}/review",
        "GET /v1/callbacks", "GET /v1/leads/{lead_id}/callbacks", "POST /v1/leads/{lead_id}/callbacks",
        "PATCH /v1/leads/{lead_id}/callbacks/{callback_id}", "DELETE /v1/leads/{lead_id}/callbacks/{callback_id}",
        "POST /v1/mail/events", "GET /v1/tasks", "POST /v1/tasks/{task_id}/done", "POST /v1/tasks/{task_id}/reopen",
        "POST /v1/cadences/preview", "GET /v1/webhooks", "GET /v1/webhooks/{name}/deliveries",
        "POST /v1/calls/{attempt_id}/listen", "POST /v1/calls/{attempt_id}/whisper",
        "POST /v1/calls/{attempt_id}/barge",
    ),
    May.WORK: (
        "GET /v1/calls",
        *(f"POST /v1/calls/{{attempt_id}}/{action}" for action in (
            "hold", "resume", "mute", "unmute", "digits", "transfer", "complete", "cancel", "add", "leave",
            "record", "stop-recording", "end",
        )),
    ),
    May.CHANGE: (
        "POST /v1/alarms/{alarm_id}/acknowledge", "POST /v1/alarms/quiet",
        "POST /v1/alerts/{alert_id}/acknowledge", "POST /v1/sources/{name}/resume",
        "DELETE /v1/suppressions/{suppression_id}",
        "POST /v1/numbers/{phone}/bench", "POST /v1/numbers/{phone}/unbench",
        "POST /v1/numbers/alerts/{alert_id}/acknowledge",
        "GET /v1/leads/{lead_id}/evidence", "POST /v1/leads/{lead_id}/erase",
        "POST /v1/leads/{lead_id}/hold", "DELETE /v1/leads/{lead_id}/hold",
        "POST /v1/returns/send", "PUT /v1/sounds/{name}", "POST /v1/webhooks/{name}/replay",
    ),
    May.PAGE: (
        "GET /reports", "GET /reports/{tab}", "GET /leads",
        "GET /", "GET /board/fragment", "POST /callers/{call_id}/seen", "POST /agents/{name}",
        "GET /leads/{lead_id}", "GET /leads/{lead_id}/fragment", "POST /leads/{lead_id}/stop",
        "POST /leads/{lead_id}/owner",
        "GET /leads/{lead_id}/recordings/{recording_id}", "POST /leads/{lead_id}/outcomes",
        "GET /returns", "POST /returns/{return_id}",
        "GET /suppressions", "POST /suppressions/{suppression_id}", "POST /suppressions/replies/{text_id}",
        "GET /sources", "GET /sources/-/fragment", "GET /sources/{name}", "GET /sources/{name}/fragment",
        "GET /sources/{name}/try", "POST /sources/{name}/try", "GET /sources/{name}/posts/{post_id}",
        "GET /settings", "GET /settings/sources/{name}", "GET /rules",
        "GET /settings/campaigns/{name}", "GET /tasks", "POST /tasks/{task_id}",
        "POST /leads/{lead_id}/callbacks",
        "GET /reports/experiments", "GET /reports/best-time", "GET /reports/response",
        "GET /reports/staffing",
    ),
    May.MANAGE: (
        "POST /alarms/{alarm_id}/acknowledge", "POST /alarms/quiet",
        "POST /sources/{name}/resume", "POST /alerts/{alert_id}/acknowledge",
        "POST /numbers/alerts/{alert_id}/acknowledge", "GET /leads/{lead_id}/evidence.zip",
        "GET /returns.csv", "POST /returns/send", "POST /sources/{name}/posts/{post_id}",
        "POST /settings/sources/{name}", "POST /settings/sources/{name}/pause",
        "POST /settings/numbers/{phone}/bench", "POST /settings/numbers/{phone}/unbench",
        "GET /settings/audit", "GET /reports/{tab}/{table}.csv",
    ),
    May.SELF: (
        "POST /logout", "GET /sessions", "POST /sessions/{session_id}/end",
        "GET /agent", "GET /agent/fragment", "GET /agent/events", "GET /agent/voice-sdk.js",
        "PUT /v1/agent/state", "PUT /v1/agent/line", "POST /v1/agent/presence",
        "GET /v1/agent/token", "POST /v1/agent/stuck",
        "POST /v1/agent/calls/{attempt_id}/decline", "POST /v1/agent/calls/{attempt_id}/disposition",
        "DELETE /v1/agent/calls/{attempt_id}/disposition", "PUT /v1/agent/leads/{lead_id}/card",
        "GET /v1/agent/leads/{lead_id}/callback-times", "POST /v1/agent/leads/{lead_id}/texts",
        "GET /simulator/phones", "POST /simulator/phones/calls", "POST /simulator/phones/calls/{sid}/{does}",
    ),
}  # fmt: skip
WHO_MAY: Mapping[str, May] = {route: may for may, routes in _TABLE.items() for route in routes}
"""By method and path, as the router knows them."""
BY_ITSELF = frozenset(
    {
        "GET /board/fragment",
        "GET /leads/{lead_id}/fragment",
        "GET /sources/-/fragment",
        "GET /sources/{name}/fragment",
        "GET /v1/events",
        "GET /agent/fragment",
        "GET /agent/events",
        "POST /v1/agent/presence",
        "POST /simulator/phones/calls",
    }
)
"""What a page asks for by itself: nobody need be there for it, so no session stays in use by it."""
NOT_KEPT = frozenset(
    {
        "POST /v1/permits/preview",
        "POST /v1/cadences/preview",
        "POST /sources/{name}/try",
        "POST /v1/sources/{name}/dry-run",
        "POST /v1/agent/presence",
        "POST /simulator/phones/calls",
        "POST /simulator/phones/calls/{sid}/{does}",
    }
)
"""Changes nothing of the account, although it is posted."""
_SAID = frozenset(
    {"action", "state", "reason", "kind", "agent", "group", "number", "party", "user", "paused", "days", "warm"}
)
"""Of what was asked for, this is kept for who looks later: what names a choice, and nobody's personal data."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEGUN = web.RequestKey("audit", tuple[UUID, UUID])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def route_of(request: web.Request) -> str | None:
    """As the table names it; None where there is no such route."""
    resource = request.match_info.route.resource
    if resource is None or request.match_info.http_exception is not None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return f"{method} {resource.canonical}"


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse who may not, and write down what a person is about to change."""
    route = route_of(request)
    if route is None:
        return await handler(request)
    may = WHO_MAY.get(route, May.MANAGE).who
    if Who.NOBODY in may or (Who.SOURCE_KEY in may and auth.bearer(request) is not None):
        return await handler(request)  # the handler looks at a source's key itself, with what it needs anyway
    who = await _who(request, used=route not in BY_ITSELF)
    is_key = who in {Who.SOURCE_KEY, Who.ACCOUNT_KEY}
    if who is Who.NOBODY or (is_key and Who.ACCOUNT_KEY not in may):
        return _sign_in_first(request, may)
    if who is Who.AGENT and route == "GET /":
        return web.Response(status=303, headers={"Location": "/agent", "Cache-Control": "no-store"})
    if who not in may:
        raise Problem(403, "forbidden", _WHY.get(who, "This is for managers; a supervisor may look."))
    if wants_csv(request) and who not in EXPORTING:
        raise Problem(403, "forbidden", "Only managers take data away as a file.")
    session = None if is_key else await auth.session_of(request)
    if session is not None and request.method not in _SAFE and route not in NOT_KEPT:
        begun = request.app[SERVICES].auditing.begin(session, route, dict(request.match_info), request.remote)
        request[_BEGUN] = (session.account_id, await begun)
    return await handler(request)


@web.middleware
async def kept(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write down how it was answered. Stands outside of what makes answers of errors."""
    response = await handler(request)
    begun = request.get(_BEGUN)
    if begun is not None:
        account_id, audit_id = begun
        said = await _said(request) if response.status < 400 else {}
        await request.app[SERVICES].auditing.answered(account_id, audit_id, response.status, said)
    return response


_WHY = {
    Who.AGENT: "This is not for agents.",
    Who.SOURCE_KEY: "A source's key may only post and read that source's leads.",
}


async def _who(request: web.Request, *, used: bool) -> Who:
    """Whoever the key or the session stands for. Raises 401 for a key that is not in force."""
    if auth.bearer(request) is not None:
        owner = await auth.key_owner(request)
        return Who.ACCOUNT_KEY if owner.source_id is None else Who.SOURCE_KEY
    session = await auth.session_of(request, used=used)
    return Who.NOBODY if session is None else Who(session.role)


def _sign_in_first(request: web.Request, may: frozenset[Who]) -> web.Response:
    """A person is sent to the sign-in page and back; a program gets a 401. A key opens no page."""
    if may & {Who.ACCOUNT_KEY, Who.SOURCE_KEY}:
        raise auth.unauthorised()
    if "text/html" not in request.headers.get("Accept", ""):
        raise auth.unauthorised("Sign in first.")
    back = request.path_qs if request.method == "GET" else "/"
    place = "/login" if back == "/" else f"/login?next={quote(back, safe='/')}"
    return web.Response(status=303, headers={"Location": place, "Cache-Control": "no-store"})


async def _said(request: web.Request) -> dict[str, object]:
    """What was asked for, of a body that the handler has read already."""
    if not request.body_exists:
        return {}
    is_json = request.content_type == "application/json"
    try:
        given: object = await request.json() if is_json else await request.post()
    except ValueError:  # a body that the handler did not need
        return {}
    fields = given if isinstance(given, Mapping) else {}
    return {name: str(value)[:100] for name, value in fields.items() if name in _SAID and value is not None}
