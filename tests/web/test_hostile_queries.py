"""Hostile queries, paths, bodies and headers on every route: each is answered with less than a 500.

The routes and their parameters are those that the service declares, so that a new one is tried by itself. What
happens to hostile leads is in ``test_hostile_posts``.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from posting import new_database
from running import RunningService, running_service
from test_pages import post, sign_in
from yarl import URL

from speedtolead.sample import text as sample_text
from speedtolead.web.app import V1, create_app, create_runner
from speedtolead.web.endpoint import Endpoint
from speedtolead.web.problems import problems
from speedtolead.web.reading import BODY_SECONDS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

ACCOUNT_KEY, SOURCE_KEY = "stl_acct_sample_key_0001", "stl_example_key_0001"
ID = str(UUID(int=7))
SQL = "' OR 1=1; DROP TABLE lead; --"
MARKUP = "{{7*7}}${7*7}<script>alert(1)</script>"
NUL = ("%00", "a%00b")
MOMENTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "10000-01-01T00:00:00Z",
    "-infinity",
    "infinity",
    "1e400",
)
NUMBERS = ("-1", "0", "99999999999999999999", "9" * 5_000, "NaN", "1_0", "0x7f")
CURSORS = tuple(
    base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for text in (*(f"{at} {ID}" for at in MOMENTS), f"2026-01-01T00:00:00 {ID}", "2026-01-01T00:00:00Z", "\x00")
)
TEXTS = (SQL, MARKUP, "x" * 7_000, "x" * 10_000, "\u202e\u0085", "true", "[]", '{"a": 1}', "")
VALUES = (*NUL, "%ED%A0%80", "%FF", *(quote(v) for v in (*MOMENTS, *NUMBERS, *CURSORS, *TEXTS)))
"""As they stand in an address."""
PATHS = (*NUL, "%ED%A0%80", "%FF", "x" * 7_000, "-1", "9" * 100, "..%2F..%2Fetc", *map(quote, (SQL, MARKUP)))
PAGES = {
    "/login": ("next",),
    "/sources/{name}": ("failures",),
    "/sources/{name}/fragment": ("failures",),
    "/sources/{name}/try": ("post",),
    "/returns": ("source", "state", "sent_since", "after", "limit"),
    "/returns.csv": ("source", "sent_since", "after"),
    "/leads": (
        *(
            "period",
            "from",
            "to",
            "campaign",
            "source",
            "exclusive",
            "agent",
            "state",
            "attribute",
            "step",
            "refusal",
        ),
        "after",
    ),
    "/rules": ("version",),
    "/tasks": ("state", "agent", "lead_id", "after", "limit"),
    "/settings/campaigns/{name}": ("state", "arrives", "score", "agreed"),
    "/demo/{lead_id}": ("t",),
    "/demo/{lead_id}/fragment": ("t",),
}
"""What pages ask of their queries; the others ask nothing."""
GOOD: dict[str, dict[str, Any]] = {
    "suppress": {"phone": "+12125550142"},
    "set_agent_state": {"state": "available"},
    "report_outcome": {"kind": "sale", "value": "10"},
    "act_on_return": {"action": "send"},
    "send_returns": {"source": "partner"},
    "replay_webhook": {"event_id": 1},
    "dry_run": {"body": {"phone": "+12125550142"}},
    "ping": {"state": "NY"},
    "preview_permits": {"campaign": "auto", "channel": "call", "phone": "+12125550142"},
    "preview_cadence": {"campaign": "auto"},
    "tell_mail": {"kind": "bounced", "message_id": ID},
    "plan_callback": {"at": "2026-11-24T10:00"},
    "move_callback": {"at": "2026-11-24T10:00"},
    "hold": {"reason": "a claim"},
    "erase": {"reason": "asked for it"},
    "bench": {"days": 3},
    "give_lead": {"agent": "agent-1"},
    "be_quiet": {"kind": "queue", "hours": 1},
    "give": {},
    "label": {"answered_by": "human"},
}
"""A good body of each operation that takes one of our own models; a lead's is hostile elsewhere."""
ENDPOINTS = [e for routes in V1 for e in routes.endpoints if not e.path.startswith("/v1/agent/")]
"""An agent's own are asked with no key; they are hostile in ``test_console``."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """A node with the sample account, so that the sample form is there as well."""
    folder: Path = tmp_path_factory.mktemp("queries")
    async with new_database(server_url) as url, running_service(url, folder, sample_text()) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def manager(service: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as session:
        assert (await sign_in(session, service.url, email="manager@example.com")).status == 303
        yield session


async def ask(service: RunningService, method: str, target: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """The status and the problem document, or nothing; the address is sent as it stands here."""
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"} | more.pop("headers", {})
    url = URL(service.url + target, encoded=True)
    async with service.http.request(method, url, headers=headers, **more) as response:
        problem = response.content_type == "application/problem+json"
        return response.status, await response.json(content_type=None) if problem else {}


def fields(problem: dict[str, Any]) -> set[str]:
    return {error["field"] for error in problem.get("errors", [])}


def filled(path: str, value: str | None = None) -> str:
    """A path with its parameters put in: this value, or a source that there is and ids that fit."""
    usual = "web-form" if "/sources/" in path else "auto" if "/campaigns/" in path else ID
    return "/".join((value or usual) if part.startswith("{") else part for part in path.split("/"))


def parameters(endpoint: Endpoint) -> list[str]:
    assert endpoint.query is not None
    return [found.alias or name for name, found in endpoint.query.model_fields.items()]


async def test_no_parameter_of_the_api_breaks_it_and_a_refusal_names_it(service: RunningService) -> None:
    wrong = []
    for endpoint in ENDPOINTS:
        for name in parameters(endpoint) if endpoint.query else ():
            for value in VALUES:
                status, problem = await ask(service, "GET", f"{filled(endpoint.path)}?{name}={value}")
                named = status != 422 or fields(problem) == {name}
                if status >= 500 or not named or (value in NUL and status != 422):
                    wrong.append((endpoint.path, name, value[:60], status, fields(problem)))
    assert wrong == []


async def test_a_parameter_that_is_not_known_is_refused_by_name(service: RunningService) -> None:
    for endpoint in ENDPOINTS:
        for name in ("limits", "%00", "%ED%A0%80") if endpoint.query else ():
            status, problem = await ask(service, "GET", f"{filled(endpoint.path)}?{name}=1")
            assert status == 422, endpoint.path
            assert len(fields(problem) - {"body"}) == 1, endpoint.path


async def test_a_path_that_can_name_nothing_is_not_found_on_any_route(
    service: RunningService, manager: aiohttp.ClientSession
) -> None:
    wrong = []
    for method, path in all_routes(service):
        for value in PATHS if "{" in path else ():
            status, _ = await ask(service, method, filled(path, value), json={})
            if status >= 500 or (value in NUL and status != 404):
                wrong.append((method, path, value[:60], status))
            if method == "GET":
                async with manager.get(URL(service.url + filled(path, value), encoded=True)) as response:
                    if response.status >= 500:
                        wrong.append(("page", path, value[:60], response.status))
    assert wrong == []


def all_routes(service: RunningService) -> set[tuple[str, str]]:
    routes = {
        (route.method, route.resource.canonical)
        for route in create_app(service.node.services).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert ("GET", "/sources/{name}") in routes
    return routes


async def test_no_parameter_of_a_page_breaks_it(service: RunningService, manager: aiohttp.ClientSession) -> None:
    pages = {path for method, path in all_routes(service) if method == "GET" and not path.startswith("/v1/")}
    assert set(PAGES) <= pages
    wrong = []
    for page in pages | {"/nowhere"}:
        for name, values in {"x": NUL, **dict.fromkeys(PAGES.get(page, ()), VALUES)}.items():
            for value in values:
                url = URL(f"{service.url}{filled(page)}?{name}={value}", encoded=True)
                async with manager.get(url, allow_redirects=False) as response:
                    if response.status >= 500:
                        wrong.append((page, name, value[:60], response.status))
    assert wrong == []


BODIES: tuple[Any, ...] = (
    *("a\x00b", "x" * 10_000, SQL, MARKUP, "\x1b[2J", ""),
    *MOMENTS,
    *(-1, 0, 10**30, 1e308, True, None, [], ["a\x00"], {}, {"a\x00": "\x00"}),
)


async def test_no_field_of_a_body_breaks_the_api_and_a_refusal_names_it(service: RunningService) -> None:
    wrong = []
    for endpoint in ENDPOINTS:
        if endpoint.body is None or endpoint.handler.__name__ == "post_lead":
            continue
        good = GOOD[endpoint.handler.__name__]
        key = SOURCE_KEY if endpoint.handler.__name__ == "ping" else ACCOUNT_KEY
        for name in endpoint.body.model_fields:
            for value in BODIES:
                status, problem = await ask(
                    service,
                    endpoint.method,
                    filled(endpoint.path),
                    json=good | {name: value},
                    headers={"Authorization": f"Bearer {key}"},
                )
                if status >= 500 or (status == 422 and not problem.get("errors")):
                    wrong.append((endpoint.path, name, str(value)[:60], status, problem))
    assert wrong == []


async def test_a_nul_in_a_suppression_is_refused_by_name(service: RunningService) -> None:
    for field in ("phone", "email", "campaign", "reason"):
        given = {field: "a\x00b"} if field in {"phone", "email"} else {"phone": "+12125550142", field: "a\x00b"}
        status, problem = await ask(service, "POST", "/v1/suppressions", json=given)
        assert (status, fields(problem)) == (422, {field})


async def test_what_is_no_json_is_refused_everywhere(service: RunningService) -> None:
    for endpoint in ENDPOINTS:
        for body in (b"", b"{", b"[]", b'"\xff"', b'{"reason": "\\ud800"}', b"NaN", b"[" * 100_000):
            if endpoint.body is not None:
                status, _ = await ask(
                    service,
                    endpoint.method,
                    filled(endpoint.path),
                    data=body,
                    headers={"Content-Type": "application/json"},
                )
                assert 400 <= status < 500, (endpoint.path, body[:20])


# ---- forms -------------------------------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="email"%s\r\n\r\nx\r\n--b--\r\n'
FORMS = {
    "no boundary": ("multipart/form-data", b"--b\r\n\r\n--b--\r\n"),
    "no part": (MULTIPART, b"nothing"),
    "no end": (MULTIPART, (PART % b"")[:-7]),
    "no name": (MULTIPART, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    "no headers": (MULTIPART, b"--b\r\n\r\nx\r\n--b--\r\n"),
    "a broken header": (MULTIPART, b"--b\r\nno header at all\r\n\r\nx\r\n--b--\r\n"),
    "an endless header": (MULTIPART, b"--b\r\nX: " + b"x" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n"),
    "a form in a form": (MULTIPART, PART % b"\r\nContent-Type: multipart/mixed; boundary=c"),
    "an unknown encoding": (MULTIPART, PART % b"\r\nContent-Transfer-Encoding: rot13"),
    "broken base64": (MULTIPART, PART % b"\r\nContent-Transfer-Encoding: base64"),
    "a gzip that is none": (MULTIPART, PART % b"\r\nContent-Encoding: gzip"),
    "an unknown charset": (MULTIPART, PART % b"\r\nContent-Type: text/plain; charset=nonsense"),
    "a file": (MULTIPART, PART % b'; filename="x"'),
    "a form of an unknown charset": (f"{FORM}; charset=nonsense", b"email=x"),
    "no Unicode": (f"{FORM}; charset=unicode_escape", b"email=\\ud800&password=\\ud800&first_name=\\ud800"),
    "a NUL": (FORM, b"email=%00&password=%00&csrf=%00&first_name=%00&consent[channels]=call&phone=%2B12125550142"),
    "too many fields": (FORM, b"&".join(b"a=%d" % n for n in range(5_000))),
    "text": ("text/plain", b"email=x"),
}


async def test_a_form_that_is_none_is_refused_on_every_page(
    service: RunningService, manager: aiohttp.ClientSession
) -> None:
    wrong = []
    for path in sorted(path for method, path in all_routes(service) if method == "POST"):
        for name, (kind, body) in FORMS.items() if not path.startswith("/v1/") else ():
            url = URL(service.url + filled(path), encoded=True)
            headers = {"Content-Type": kind}
            async with manager.post(url, data=body, headers=headers, allow_redirects=False) as response:
                if not 400 <= response.status < 500:
                    wrong.append((path, name, response.status))
    assert wrong == []


async def test_a_token_that_is_no_ascii_is_refused(service: RunningService, manager: aiohttp.ClientSession) -> None:
    assert (await post(manager, f"{service.url}/logout", data={"csrf": "é"})).status == 403
    headers = {"X-CSRF-Token": "é"}
    async with manager.post(f"{service.url}/v1/suppressions", json=GOOD["suppress"], headers=headers) as response:
        assert response.status == 403


# ---- headers -----------------------------------------------------------------------------------------------------


async def raw(port: int, head: str, headers: bytes, body: bytes = b"", sized: int | None = None) -> bytes:
    """Everything that comes back for exactly these bytes, until the other side closes."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            size = len(body) if sized is None else sized
            writer.write(f"{head} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n".encode("latin-1"))
            writer.write(headers + b"\r\n" + body)
            return await reader.read()
        finally:
            writer.close()


HEADERS = ("Authorization: Bearer ", "Cookie: stl_session=", "Cookie: ", "X-CSRF-Token: ", "Accept: text/html;q=",
           "User-Agent: ", "Content-Type: ", "Sec-Fetch-Site: ", "Origin: ", "Idempotency-Key: ",
           "X-Twilio-Signature: ", "I-Twilio-Idempotency-Token: ", "If-None-Match: ", "Range: ")  # fmt: skip
HEADS = ("GET /", "GET /v1/leads", "GET /static/x", "POST /v1/leads", "POST /v1/suppressions", "POST /logout",
         f"POST /carrier/twilio/attempts/{ID}/legs/{ID}/status", f"POST /in/{ID}")  # fmt: skip


async def test_no_header_breaks_a_route(service: RunningService) -> None:
    port, wrong = service.settings.port, []
    for head in HEADS:
        for header in HEADERS:
            for value in (b"\xff\xfe", "é\u202e".encode(), b"x" * 8_000):
                given = header.encode() + value + b"\r\nConnection: close\r\n"
                status = status_of(await raw(port, head, given))
                if not 200 <= status < 500:
                    wrong.append((head, header, value[:10], status))
    assert wrong == []


async def test_an_address_that_is_no_unicode_breaks_no_route(service: RunningService) -> None:
    port, close = service.settings.port, b"Connection: close\r\nAccept: text/html\r\n"
    for head in ("GET /\xff", "GET /?x=\xff", "GET /login?next=/\xff", "GET /leads/\xff", "GET /sources/\xff",
                 "GET /v1/leads?phone=\xff", "GET /v1/leads?\xff=1", "GET /static/\xff"):  # fmt: skip
        key = f"Authorization: Bearer {ACCOUNT_KEY}\r\n".encode()
        for headers in (close, close + key):
            assert status_of(await raw(port, head, headers)) < 500, head


def status_of(answer: bytes) -> int:
    return int(answer.split()[1])


async def test_the_sample_form_takes_any_browser(service: RunningService) -> None:
    body = b"phone=%2B12125550142&state=NY&consent[channels]=call"
    headers = b"Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nUser-Agent: "
    for browser in (b"\xff\xfe", b"x" * 4_000, "é\u202e".encode()):
        answer = await raw(service.settings.port, "POST /demo", headers + browser + b"\r\n", body)
        assert status_of(answer) in {303, 422}, answer[:500]  # a second one is a duplicate


# ---- bodies that are slow, or larger than they look --------------------------------------------------------------


@asynccontextmanager
async def hasty(service: RunningService) -> AsyncIterator[int]:
    """The port of the same node's application, where a body has a fifth of a second."""
    runner = create_runner(create_app(service.node.services, body_seconds=0.2), linger_seconds=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


SLOW = {
    "a lead": ("POST /v1/leads", SOURCE_KEY, "application/json"),
    "a form lead": ("POST /v1/leads", SOURCE_KEY, FORM),
    "a ping": ("POST /v1/leads/ping", SOURCE_KEY, "application/json"),
    "a suppression": ("POST /v1/suppressions", ACCOUNT_KEY, "application/json"),
    "a login": ("POST /login", "", FORM),
    "a login in parts": ("POST /login", "", MULTIPART),
    "a connector": (f"POST /in/{ID}", "", "application/json"),
    "a callback": (f"POST /carrier/twilio/attempts/{ID}/legs/{ID}/status", "", FORM),
}


async def test_half_a_body_is_not_waited_for(service: RunningService) -> None:
    assert BODY_SECONDS == 10

    async def half(port: int, head: str, key: str, kind: str) -> bytes:
        headers = f"Content-Type: {kind}\r\nAuthorization: Bearer {key}\r\n".encode()
        return await raw(port, head, headers, b'{"phone"', sized=1_000)

    async with hasty(service) as port:
        answers = await asyncio.gather(*(half(port, *one) for one in SLOW.values()))
    for name, answer in zip(SLOW, answers, strict=True):
        top, _, body = answer.partition(b"\r\n\r\n")
        problem = json.loads(body)
        assert (status_of(answer), problem["code"], fields(problem)) == (408, "too_slow", {"body"}), name
        assert "0.2 seconds" in problem["detail"]
        assert b"connection: close" in top.lower(), name
    assert (await good_lead(service, "+12125550150")) == 202


async def good_lead(service: RunningService, phone: str, **headers: str) -> int:
    key = {"Authorization": f"Bearer {SOURCE_KEY}"}
    return (await service.post(phone=phone, test=True, headers=key | headers))[0]


def compressed() -> Iterator[tuple[str, bytes]]:
    small = gzip.compress(b"{}")
    yield from (("gzip", small), ("GZIP", small), ("deflate", small), ("br", small), ("zstd", small))
    yield from (("identity, gzip", small), ("nonsense", b"{}"), ("gzip", gzip.compress(b" " * 20_000_000)))


async def test_a_compressed_body_is_refused_and_never_inflated(service: RunningService) -> None:
    for endpoint in ENDPOINTS:
        key = SOURCE_KEY if endpoint.path in {"/v1/leads", "/v1/leads/ping"} else ACCOUNT_KEY
        for encoding, body in compressed() if endpoint.body is not None else ():
            status, problem = await ask(
                service,
                endpoint.method,
                filled(endpoint.path),
                data=body,
                headers={
                    "Authorization": f"Bearer {key}",
                    "Content-Type": "application/json",
                    "Content-Encoding": encoding,
                },
            )
            assert (status, fields(problem)) == (415, {"Content-Encoding"}), (endpoint.path, encoding)
    assert (await good_lead(service, "+12125550151", **{"Content-Encoding": "identity"})) == 202


async def test_what_is_said_to_be_compressed_is_taken_in_as_it_is(service: RunningService) -> None:
    """This is no gzip: had we tried to inflate it, the next request on the connection would not be answered."""
    key = f"Authorization: Bearer {SOURCE_KEY}\r\nContent-Type: application/json\r\n".encode()
    after = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await raw(
        service.settings.port, "POST /v1/leads", key + b"Content-Encoding: gzip\r\n", b"{}" + after, sized=2
    )
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"415", b"200"]


async def test_a_value_that_the_database_does_not_take_is_no_failure_of_the_service() -> None:
    async def unchecked(_: web.Request) -> web.StreamResponse:
        raise asyncpg.CharacterNotInRepertoireError("invalid byte sequence")

    answer = await problems(make_mocked_request("GET", "/"), unchecked)
    assert isinstance(answer, web.Response)
    assert (answer.status, json.loads(answer.text or "")["code"]) == (422, "invalid_value")
