"""The pages over HTTP: signing in and out, who sees what, escaping, headers; without a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from running import RunningService, configuration, configure, running_service

from speedtolead.sample import text as sample_text
from speedtolead.web.auth import COOKIE
from speedtolead.web.pages.render import own_path

PASSWORD = "change-me-now"
HTML = {"Accept": "text/html"}


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies and follows nothing, as a test wants it."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as session:
        yield session


@pytest.fixture
async def sample(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node with the sample account."""
    async with running_service(database_url, tmp_path, sample_text()) as running:
        yield running


class Answer:
    """A response that was read."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status, self.headers, self.cookies, self.text = (
            response.status,
            response.headers,
            response.cookies,
            text,
        )

    @property
    def place(self) -> str:
        return self.headers["Location"]

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.text)
        assert found, "no form with a token"
        return found[1]


async def get(browser: aiohttp.ClientSession, url: str, **more: Any) -> Answer:
    async with browser.get(url, allow_redirects=False, **more) as response:
        return Answer(response, await response.text())


async def post(browser: aiohttp.ClientSession, url: str, **more: Any) -> Answer:
    async with browser.post(url, allow_redirects=False, **more) as response:
        return Answer(response, await response.text())


async def sign_in(browser: aiohttp.ClientSession, url: str, account: str = "test", **fields: str) -> Answer:
    given = {"email": f"manager@{account}.example", "password": PASSWORD} | fields
    return await post(browser, f"{url}/login", data=given)


async def test_signing_in_and_out(service: RunningService, browser: aiohttp.ClientSession) -> None:
    turned_away = await get(browser, f"{service.url}/")
    assert (turned_away.status, turned_away.place) == (303, "/login")
    assert (await get(browser, f"{service.url}/login")).status == 200

    signed = await sign_in(browser, service.url)
    assert (signed.status, signed.place) == (303, "/")
    cookie = signed.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"], "the address is http"

    board = await get(browser, f"{service.url}/")
    assert board.status == 200
    assert "Live board" in board.text
    assert (await get(browser, f"{service.url}/login")).place == "/"

    out = await post(browser, f"{service.url}/logout", data={"csrf": board.csrf})
    assert (out.status, out.place) == (303, "/login")
    kept = {"Cookie": f"{COOKIE}={cookie.value}"}
    async with aiohttp.ClientSession(headers=HTML | kept) as another:
        assert (await get(another, f"{service.url}/")).status == 303, "the session itself is over"


async def test_the_cookie_is_secure_behind_https(database_url: str, tmp_path: Path) -> None:
    async with (
        running_service(database_url, tmp_path, public_url="https://leads.example.com") as service,
        aiohttp.ClientSession(headers=HTML) as browser,
    ):
        signed = await sign_in(browser, f"http://127.0.0.1:{service.settings.port}")
        assert signed.cookies[COOKIE]["secure"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("manager@test.example", "wrong"),
        ("nobody@test.example", PASSWORD),
        ("", ""),
        ("a\x00b", "x"),
        ("é" * 300, "x"),
    ],
)
async def test_a_wrong_login_is_told_calmly(
    service: RunningService, browser: aiohttp.ClientSession, email: str, password: str
) -> None:
    answer = await post(
        browser, f"{service.url}/login", data={"email": email, "password": password, "next": "/docs"}
    )
    assert answer.status == 401
    assert "do not belong together" in answer.text
    assert 'value="/docs"' in answer.text
    assert COOKIE not in answer.cookies


async def test_what_was_typed_at_the_login_is_escaped(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    answer = await sign_in(browser, service.url, email='"><script>alert(1)</script>', password="wrong")
    assert "<script>alert" not in answer.text


async def test_a_login_from_another_site_is_refused(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    answer = await post(
        browser,
        f"{service.url}/login",
        data={"email": "manager@test.example", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status == 403


@pytest.mark.parametrize(
    ("given", "goes_to"),
    [
        ("/leads/1?x=2", "/leads/1?x=2"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/\t/evil.example", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_next_leads_to_own_pages_only(given: str | None, goes_to: str) -> None:
    assert own_path(given) == goes_to


async def test_one_returns_to_where_one_was_sent_from(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    lead_id = uuid4()
    turned_away = await get(browser, f"{service.url}/leads/{lead_id}")
    assert turned_away.place == f"/login?next=/leads/{lead_id}"
    signed = await sign_in(browser, service.url, next=f"/leads/{lead_id}")
    assert signed.place == f"/leads/{lead_id}"
    assert (await sign_in(browser, service.url, next="//evil.example")).place == "/"


async def test_a_fragment_without_a_session_is_a_401(service: RunningService, http: aiohttp.ClientSession) -> None:
    answer = await get(http, f"{service.url}/board/fragment")
    assert answer.status == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_a_key_opens_no_page(service: RunningService, http: aiohttp.ClientSession) -> None:
    answer = await get(
        http, f"{service.url}/board/fragment", headers={"Authorization": f"Bearer {service.account_key}"}
    )
    assert answer.status == 401


async def test_stopping_a_lead_needs_the_pages_token(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    _, taken = await service.post(schedule_at="2099-01-01T15:00:00Z")
    address = f"{service.url}/leads/{taken['lead_id']}"
    await sign_in(browser, service.url)
    page = await get(browser, address)
    assert "Stop this lead" in page.text
    for data in ({}, {"csrf": "0" * 64}):
        assert (await post(browser, f"{address}/stop", data=data)).status == 403
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert (await post(browser, f"{address}/stop", data={"csrf": page.csrf}, headers=crossing)).status == 403
    assert (await service.lead(taken["lead_id"]))["status"] == "new"

    stopped = await post(browser, f"{address}/stop", data={"csrf": page.csrf})
    assert (stopped.status, stopped.place) == (303, f"/leads/{taken['lead_id']}")
    assert (await service.lead(taken["lead_id"]))["status"] == "closed"
    assert "Stop this lead" not in (await get(browser, address)).text


async def test_signing_out_needs_the_pages_token(service: RunningService, browser: aiohttp.ClientSession) -> None:
    await sign_in(browser, service.url)
    assert (await post(browser, f"{service.url}/logout", data={"csrf": "no"})).status == 403
    assert (await get(browser, f"{service.url}/")).status == 200


async def test_another_accounts_lead_is_not_found(service: RunningService, browser: aiohttp.ClientSession) -> None:
    _, taken = await service.post()
    other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001")
    await configure(service.database_url, other)
    await sign_in(browser, service.url, "other")
    token = (await get(browser, f"{service.url}/")).csrf
    address = f"{service.url}/leads/{taken['lead_id']}"
    theirs, none_at_all = await get(browser, address), await get(browser, f"{service.url}/leads/{uuid4()}")
    assert theirs.status == none_at_all.status == 404
    assert theirs.text == none_at_all.text, "nothing tells the two apart"
    assert "There is nothing here" in theirs.text
    assert (await get(browser, f"{address}/fragment")).status == 404
    assert (await post(browser, f"{address}/stop", data={"csrf": token})).status == 404
    assert (await service.lead(taken["lead_id"]))["status"] != "closed"
    assert taken["lead_id"] not in (await get(browser, f"{service.url}/")).text


async def test_everything_of_a_lead_is_escaped(service: RunningService, browser: aiohttp.ClientSession) -> None:
    evil = "<script>alert('x')</script>"
    _, taken = await service.post(
        first_name=evil,
        last_name='"><img src=x onerror=alert(1)>',
        city=evil,
        address=evil,
        email=f"{evil}@example.com",
        external_id=evil,
        attributes={evil: evil, "list": [evil]},
        consent={"channels": ["call"], "text": evil, "url": "javascript:alert(1)", "user_agent": evil},
    )
    await service.ended(taken["lead_id"])
    await sign_in(browser, service.url)
    for path in ("/", "/board/fragment", f"/leads/{taken['lead_id']}", f"/leads/{taken['lead_id']}/fragment"):
        answer = await get(browser, service.url + path)
        assert answer.status == 200
        assert "&lt;script&gt;" in answer.text
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        assert 'href="javascript' not in answer.text


@pytest.mark.parametrize("path", ["/login", "/docs", "/demo", "/", "/nowhere", "/static/pages.css"])
async def test_every_page_is_kept_to_itself(
    service: RunningService, browser: aiohttp.ClientSession, path: str
) -> None:
    headers = (await get(browser, service.url + path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


async def test_no_page_has_inline_code_or_foreign_assets(
    sample: RunningService, browser: aiohttp.ClientSession
) -> None:
    await sign_in(browser, sample.url, email="manager@example.com")
    for path in ("/", "/login", "/docs", "/demo"):
        text = (await get(browser, sample.url + path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=\"/static/)", text)
        assert not re.search(r'(?:src|<link[^>]*href)="(?!/)', text)


async def test_assets_may_be_kept_for_good(service: RunningService, http: aiohttp.ClientSession) -> None:
    page = await get(http, f"{service.url}/login")
    places = re.findall(r'"(/static/[^"]+)"', page.text)
    assert len(places) == 2
    for place in places:
        named = await get(http, service.url + place)
        assert named.status == 200
        assert "immutable" in named.headers["Cache-Control"]
        bare = await get(http, service.url + place.partition("?")[0])
        assert bare.headers["Cache-Control"] == "no-cache"
        again = await get(http, service.url + place, headers={"If-None-Match": named.headers["ETag"]})
        assert again.status == 304
    assert (await get(http, f"{service.url}/static/..%2fapp.py")).status == 404


async def test_an_error_is_a_page_for_people_and_a_problem_for_programs(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    page = await get(browser, f"{service.url}/nowhere")
    assert page.status == 404
    assert page.headers["Content-Type"].startswith("text/html")
    problem = await get(browser, f"{service.url}/nowhere", headers={"Accept": "application/json"})
    assert problem.status == 404
    assert problem.headers["Content-Type"].startswith("application/problem+json")
    api = await get(browser, f"{service.url}/v1/leads")
    assert api.status == 401
    assert api.headers["Content-Type"].startswith("application/problem+json")
    wrong = await post(browser, f"{service.url}/docs")
    assert wrong.status == 405
    assert "GET" in wrong.headers["Allow"]
    assert wrong.headers["Content-Type"].startswith("text/html")


async def test_an_empty_board_says_what_to_try(service: RunningService, browser: aiohttp.ClientSession) -> None:
    await sign_in(browser, service.url)
    text = (await get(browser, f"{service.url}/")).text
    assert "No lead has come in today" in text
    assert f"curl {service.url}/v1/leads" in text
    assert service.source_key not in text


async def test_the_board_shows_the_apis_numbers(service: RunningService, browser: aiohttp.ClientSession) -> None:
    _, taken = await service.post()
    await service.ended(taken["lead_id"])
    await service.post(phone="555")
    await sign_in(browser, service.url)
    text = (await get(browser, f"{service.url}/")).text
    report = await service.get("/v1/stats/contact")
    rate = report["groups"][0]["contact_rate"]
    assert (rate["numerator"], rate["denominator"]) == (1, 1)
    assert re.search(r'data-rate="contact_rate">100.0 %</b>\s*<span>1 of 1</span>', text)
    assert re.search(r'data-rate="acceptance_rate">50.0 %</b>\s*<span>1 of 2</span>', text)
    slowest = (await service.get("/v1/stats/speed"))["slowest_hop"]
    assert f"data-slowest>{slowest}<" in text
    assert "invalid phone" in text


async def test_a_leads_page_tells_the_whole_story(service: RunningService, browser: aiohttp.ClientSession) -> None:
    _, taken = await service.post(attributes={"vehicle_year": 1999})
    lead = await service.ended(taken["lead_id"])
    await sign_in(browser, service.url)
    text = (await get(browser, f"{service.url}/leads/{taken['lead_id']}")).text
    assert "Call me." in text
    assert "vehicle_year" in text
    for decision in lead["attempts"][0]["decisions"]:
        for rule in decision["rules"]:
            assert rule["name"].replace("_", " ") in text
    for words in ("47 CFR 64.1200", "Attempt 1 was permitted", "The lead&#39;s phone rang.", "<svg"):
        assert words in text


async def test_the_documentation_names_every_operation(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    document = await service.get("/openapi.json")
    text = (await get(browser, f"{service.url}/docs")).text
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    links = set(re.findall(r'href="#([\w-]+)"', text))
    assert links <= set(re.findall(r'id="([\w-]+)"', text)), "no link leads nowhere"


async def test_what_is_no_form_is_refused(service: RunningService, browser: aiohttp.ClientSession) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await post(browser, f"{service.url}/login", data=b"email=\xff\xfe", headers=kind)
    assert answer.status == 400
    strange = {"Cookie": f"{COOKIE}=é%00"}
    assert (await get(browser, f"{service.url}/", headers=strange)).status == 303
