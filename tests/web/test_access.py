"""Who may use which route: every route as every caller, and as another account; sessions; what is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from posting import new_database, value
from running import RunningService, configuration, configure, running_service

from speedtolead.domain.sign_in import IDLE_LASTS, MOST, Counted
from speedtolead.store.intake import KeyOwner
from speedtolead.store.people import SessionOwner
from speedtolead.web import access
from speedtolead.web.access import EXPORTING, WHO_MAY, May, Who
from speedtolead.web.app import create_app
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROLES = [Who.AGENT, Who.SUPERVISOR, Who.MANAGER, Who.ADMIN]
OPEN = {May.ANYBODY, May.SIGNED}


def served() -> dict[str, web.AbstractResource]:
    app = create_app(SimpleNamespace(simulated=True))  # type: ignore[arg-type]
    found = {}
    for route in app.router.routes():
        assert route.resource is not None
        if route.method != "HEAD":
            found[f"{route.method} {route.resource.canonical}"] = route.resource
    return found


ROUTES = served()


async def test_the_table_names_every_route_and_nothing_else() -> None:
    assert set(ROUTES) - set(WHO_MAY) == set(), "say in web/access.py who may use these"
    assert set(WHO_MAY) - set(ROUTES) == set()


async def test_without_signing_in_only_what_shows_nothing_of_an_account() -> None:
    allowed = {route.split(" ")[1] for route, may in WHO_MAY.items() if Who.NOBODY in may.who}
    beginnings = (
        "/carrier/twilio/",
        "/in/",
        "/static/",
        "/demo",
        "/unsubscribe/",
        "/callbacks/",
        "/login",
        "/docs",
    )
    others = {"/openapi.json", "/favicon.ico", "/healthz", "/readyz", "/metrics"}
    assert {path for path in allowed if not path.startswith(beginnings)} == others


async def test_a_sources_key_reaches_its_own_leads_and_nothing_else() -> None:
    assert {route for route, may in WHO_MAY.items() if Who.SOURCE_KEY in may.who and may not in OPEN} == {
        "POST /v1/leads",
        "POST /v1/leads/ping",
        "GET /v1/leads",
        "GET /v1/leads/{lead_id}",
        "POST /v1/leads/{lead_id}/stop",
        "POST /v1/permits/preview",
        "POST /v1/sources/{name}/dry-run",
        "GET /v1/stats/contact",
        "GET /v1/stats/speed",
    }


async def test_agents_reach_their_calls_and_themselves_and_no_listening_in() -> None:
    reached = {route for route, may in WHO_MAY.items() if Who.AGENT in may.who and may not in OPEN}
    beginnings = ("/v1/calls", "/agent", "/v1/agent/", "/simulator/phones", "/sessions", "/logout")
    assert {route for route in reached if not route.split(" ")[1].startswith(beginnings)} == set()
    assert not {route for route in reached if route.endswith(("/listen", "/whisper", "/barge"))}


async def test_whatever_a_supervisor_may_managers_may_and_admins_may_all_of_it() -> None:
    for route, may in WHO_MAY.items():
        assert Who.SUPERVISOR not in may.who or Who.MANAGER in may.who, route
        assert (Who.MANAGER in may.who) == (Who.ADMIN in may.who), route


async def test_files_are_for_managers() -> None:
    files = {r for r in WHO_MAY if r.endswith((".csv", ".zip", "/evidence", "/returns/send"))}
    assert len(files) == 6
    for route in files:
        assert WHO_MAY[route].who <= EXPORTING, route


class _Kept:
    """Stands for the rows of what was changed."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    async def begin(self, who: SessionOwner, route: str, about: Any, address: str | None) -> UUID:
        self.begun.append(route)
        return uuid4()


class _Matched(dict[str, str]):
    """Stands for what the router found."""

    def __init__(self, resource: web.AbstractResource, app: web.Application) -> None:
        super().__init__()
        self.current_app, self.http_exception = app, None
        self.route = SimpleNamespace(resource=resource)


def services_for(who: Who, kept: _Kept) -> Any:
    now = datetime.now(UTC)

    async def session(token: str, *, used: bool = True) -> SessionOwner | None:
        return SessionOwner(uuid4(), uuid4(), "a@b.example", who.value, "test", "UTC", uuid4(), now)

    async def key(key: str) -> KeyOwner | None:
        return KeyOwner(uuid4(), uuid4() if who is Who.SOURCE_KEY else None)

    return SimpleNamespace(
        sign_in=SimpleNamespace(owner=session), leads=SimpleNamespace(key_owner=key), auditing=kept
    )


async def reaches(route: str, who: Who, kept: _Kept, accept: str = "application/json") -> bool:
    """Whether a request by this caller gets to the handler."""
    method, path = route.split(" ")
    headers = {"Accept": accept}
    if who in {Who.SOURCE_KEY, Who.ACCOUNT_KEY}:
        headers["Authorization"] = "Bearer key"
    elif who is not Who.NOBODY:
        headers["Cookie"] = "stl_session=token"
    app = web.Application()
    app[SERVICES] = services_for(who, kept)
    info = _Matched(ROUTES[route], app)
    request = make_mocked_request(method, path, headers=headers, app=app)
    request._match_info = info  # type: ignore[assignment]
    reached: list[bool] = []

    async def handler(request: web.Request) -> web.Response:
        reached.append(True)
        return web.Response()

    try:
        response = await access.guarded(request, handler)
    except Problem as problem:
        if problem.status not in {401, 403}:
            raise
        return False
    assert reached or response.status == 303
    return bool(reached)


@pytest.mark.parametrize("who", list(Who))
async def test_every_route_as_every_caller(who: Who) -> None:
    kept = _Kept()
    for route, may in WHO_MAY.items():
        by_handler = who is Who.ACCOUNT_KEY and Who.SOURCE_KEY in may.who  # looks at the key itself
        assert await reaches(route, who, kept) == (who in may.who or by_handler), route
    changed = {r for r, may in WHO_MAY.items() if who in may.who and may not in OPEN and not r.startswith("GET")}
    expected = changed - access.NOT_KEPT if who in ROLES else set()
    assert set(kept.begun) == expected, "what people change is written down, and nothing else"


@pytest.mark.parametrize("route", ["GET /v1/stats/sources", "GET /v1/returns"])
async def test_the_same_numbers_as_a_file_need_a_manager(route: str) -> None:
    assert await reaches(route, Who.SUPERVISOR, _Kept())
    assert not await reaches(route, Who.SUPERVISOR, _Kept(), "text/csv")
    assert await reaches(route, Who.MANAGER, _Kept(), "text/csv")


# ---- on a running node -----------------------------------------------------------------------------------------

PASSWORD = "change-me-now"
HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """Two accounts, with a user of each role in the first."""
    folder: Path = tmp_path_factory.mktemp("access")
    more = "".join(f", {{email: {role}@test.example, role: {role}, password: {PASSWORD}}}" for role in ROLES[:2])
    text = configuration(cadence="[{after: 1d, channel: call}]").replace(
        f"password: {PASSWORD}}}]", f"password: {PASSWORD}}}{more}]"
    )
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_0001")
        await configure(url, other.replace("+1212555010", "+1917555010"))
        yield running


class Browser:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url, self.csrf = session, url, ""

    async def sign_in(self, email: str, password: str = PASSWORD) -> aiohttp.ClientResponse:
        given = {"email": email, "password": password}
        async with self.session.post(f"{self.url}/login", data=given, allow_redirects=False) as response:
            await response.read()
        if response.status == 303:
            page = await self.text("/sessions")
            self.csrf = page.split('name="csrf" value="')[1].split('"')[0]
        return response

    async def text(self, path: str) -> str:
        async with self.session.get(self.url + path, allow_redirects=False) as response:
            assert response.status == 200, (path, response.status)
            return await response.text()

    async def status(self, method: str, path: str, **more: Any) -> int:
        sent = {"data": {"csrf": self.csrf} | more} if not path.startswith("/v1") else {"json": more}
        headers = {"X-CSRF-Token": self.csrf}
        given: Any = {} if method == "GET" else sent
        async with self.session.request(
            method, self.url + path, headers=headers, allow_redirects=False, **given
        ) as answer:
            return answer.status


@pytest_asyncio.fixture(loop_scope="module")
async def browsers(service: RunningService) -> AsyncIterator[Any]:
    """Makes browsers, each with cookies of its own."""
    opened: list[aiohttp.ClientSession] = []

    async def open_one(email: str | None = None) -> Browser:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML)
        opened.append(session)
        browser = Browser(session, service.url)
        if email is not None:
            assert (await browser.sign_in(email)).status == 303
        return browser

    yield open_one
    for session in opened:
        await session.close()


async def test_to_another_account_nothing_of_ours_is_there(service: RunningService, browsers: Any) -> None:
    """Every route that names something, asked by the other account's manager for something of ours."""
    _, taken = await service.post(phone="+12125550143")
    ours = {
        "lead_id": taken["lead_id"],
        "attempt_id": (await service.lead(taken["lead_id"]))["attempts"][0]["attempt_id"],
        "phone": "+12125550100",
    }
    async with service.database.connection() as tx:
        ours["session_id"] = str(
            await tx.fetchval("SELECT coalesce((SELECT id FROM session LIMIT 1), $1)", uuid4())
        )
    theirs = await browsers("manager@other.example")
    bodies: dict[str, dict[str, Any]] = {
        "leads/{lead_id}/erase": {"reason": "x"},
        "/outcomes": {"kind": "sale"}, "leads/{lead_id}/hold": {"reason": "x"}, "/bench": {"days": "1"},
        "/answered-by": {"answered_by": "human"}, "/digits": {"digits": "1"}, "/owner": {"agent": None},
        "/transfer": {"agent": "agent-1"}, "/add": {"agent": "agent-1"},
        "POST /v1/leads/{lead_id}/callbacks": {"at": "2026-11-24T10:00"},
        "POST /leads/{lead_id}/callbacks": {"at": "2026-11-24T10:00", "action": "plan"},
    }  # fmt: skip
    tried = 0
    for route, may in WHO_MAY.items():
        method, path = route.split(" ")
        named = [name for name in ours if f"{{{name}}}" in path]
        if may in OPEN or not named or "{recording_id}" in path or "/demo" in path:
            continue
        for name in named:
            path = path.replace(f"{{{name}}}", ours[name])
        body = next((body for end, body in bodies.items() if route.endswith(end)), {})
        assert await theirs.status(method, path, **body) == 404, route
        tried += 1
    assert tried > 20
    lead = await service.lead(taken["lead_id"])
    assert (lead["status"], lead["outcomes"]) == ("new", [])


async def test_a_session_that_is_ended_on_the_page_is_over_at_once(browsers: Any) -> None:
    theirs, manager = await browsers("supervisor@test.example"), await browsers("manager@test.example")
    page = await manager.text("/sessions")
    row = page.split("supervisor@test.example")[0].rsplit('data-session="', 1)[1]
    session_id = row.split('"')[0]
    assert await theirs.status("GET", "/") == 200
    assert await manager.status("POST", f"/sessions/{session_id}/end") == 303
    assert await theirs.status("GET", "/") == 303, "sent to sign in"
    assert await manager.status("POST", f"/sessions/{session_id}/end") == 404


async def test_nobody_but_managers_sees_or_ends_the_sessions_of_others(
    service: RunningService, browsers: Any
) -> None:
    manager, supervisor = await browsers("manager@test.example"), await browsers("supervisor@test.example")
    assert "manager@test.example" not in await supervisor.text("/sessions")
    theirs = await value(
        service,
        "SELECT s.id FROM session s JOIN app_user u ON u.id = s.user_id WHERE u.email = 'manager@test.example'"
        " ORDER BY s.created_at DESC LIMIT 1",
    )
    assert await supervisor.status("POST", f"/sessions/{theirs}/end") == 404
    assert await manager.status("GET", "/settings") == 200


async def test_a_session_with_which_nobody_does_anything_ends(service: RunningService, browsers: Any) -> None:
    manager = await browsers("manager@test.example")
    almost = IDLE_LASTS - timedelta(minutes=1)
    age = "UPDATE session SET used_at = used_at - CAST($1 AS interval)"
    async with service.database.connection() as tx:
        await tx.execute(age, almost)
    assert await manager.status("GET", "/board/fragment") == 200, "what a page asks by itself is answered"
    async with service.database.connection() as tx:
        await tx.execute(age, timedelta(minutes=2))
    assert await manager.status("GET", "/") == 303, "but keeps nobody signed in"


async def test_a_session_ends_after_its_day_whatever_was_done(service: RunningService, browsers: Any) -> None:
    manager = await browsers("manager@test.example")
    async with service.database.connection() as tx:
        await tx.execute("UPDATE session SET expires_at = now()")
    assert await manager.status("GET", "/") == 303


async def test_after_too_many_wrong_passwords_nothing_is_tried_for_a_while(
    service: RunningService, browsers: Any
) -> None:
    browser = await browsers()
    email = "admin@test.example"
    for _ in range(MOST[Counted.PAIR]):
        assert (await browser.sign_in(email, "wrong")).status == 401
    kept_out = await browser.sign_in(email)
    assert kept_out.status == 429, "not even with the right one"
    assert 0 < int(kept_out.headers["Retry-After"]) <= 900
    assert (await browser.sign_in("manager@test.example")).status == 303, "others in the same office may"
    async with service.database.connection() as tx:
        await tx.execute("UPDATE sign_in_failure SET since = since - interval '15 minutes'")
    assert (await browser.sign_in(email)).status == 401, "there is no such user, and the window is over"


async def test_managers_read_who_changed_what_and_how_it_was_answered(
    service: RunningService, browsers: Any
) -> None:
    supervisor, manager = await browsers("supervisor@test.example"), await browsers("manager@test.example")
    assert await supervisor.status("PUT", "/v1/agents/agent-1/state", state="paused", reason="lunch") == 200
    assert await supervisor.status("PUT", "/v1/agents/nobody/state", state="paused") == 404
    assert await supervisor.status("GET", "/settings/audit") == 403
    page = await manager.text("/settings/audit?who=supervisor@test.example")
    first, second = page.split("<tr>")[2:4]
    assert "agents › nobody › state, set" in first
    assert "refused (404)" in first
    for said in (
        "supervisor@test.example",
        "agents › agent-1 › state, set",
        "state: paused, reason: lunch",
        "done",
    ):
        assert said in second
    other = await browsers("manager@other.example")
    assert "supervisor@test.example" not in await other.text("/settings/audit")
