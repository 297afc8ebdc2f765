"""The page of suppressions, and the board's part about lists: what they show, and what their buttons do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from browsing import CHROMIUM, DESK, PHONE, WIDTH, fresh_page, sign_in
from posting import TOMORROW, new_database, new_phone, value
from reporting import MANAGER, ask
from running import RunningService, configuration, running_service
from texting import text_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUPERVISOR = {"email": "supervisor@test.example", "password": "change-me-now"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("suppressions")
    text = configuration(cadence=TOMORROW) + "contact: {do_not_call: [national]}\n"
    text = text.replace(
        "users: [", "users: [{email: supervisor@test.example, role: supervisor, password: change-me-now}, "
    )
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


class Browser:
    """Signed in, keeping cookies, following nothing."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def get(self, path: str = "/suppressions") -> str:
        async with self._session.get(self._url + path, allow_redirects=False) as response:
            assert response.status == 200, path
            return await response.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """The status, and the place that one is sent to, or else the page."""
        async with self._session.post(self._url + path, data=fields, allow_redirects=False) as response:
            return response.status, response.headers.get("Location") or await response.text()

    async def do(self, path: str, **fields: str) -> int:
        """By the page's own form."""
        found = re.search(r'name="csrf" value="(\w+)"', await self.get())
        assert found
        return (await self.post(path, csrf=found[1], **fields))[0]


async def signed_in(service: RunningService, who: dict[str, str]) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept": "text/html"}) as session:
        found = Browser(session, service.url)
        assert (await found.post("/login", **who))[0] == 303
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def manager(service: RunningService) -> AsyncIterator[Browser]:
    async for browser in signed_in(service, MANAGER):
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def supervisor(service: RunningService) -> AsyncIterator[Browser]:
    async for browser in signed_in(service, SUPERVISOR):
        yield browser


def ids(page: str, kind: str) -> list[str]:
    return re.findall(rf'data-{kind}="([0-9a-f-]+)"', page)


async def stopped(service: RunningService, words: str) -> str:
    phone = new_phone()
    assert (await service.post(phone=phone))[0] == 202
    assert (await text_in(service, phone, words))[0] == 200
    return phone


async def test_a_doubtful_stop_comes_first_with_the_words_and_stands_or_is_lifted(
    service: RunningService, manager: Browser, supervisor: Browser
) -> None:
    await stopped(service, "not interested <b>now</b>")
    doubted = ids(await manager.get(), "doubtful")
    assert len(doubted) == 1
    page = await manager.get()
    assert page.index("not interested &lt;b&gt;now&lt;/b&gt;") < page.index("In force")
    assert "1 doubtful suppression" in await manager.get("/")
    assert await supervisor.do(f"/suppressions/{doubted[0]}", action="lift", why="asked again") == 403
    assert await supervisor.do(f"/suppressions/{doubted[0]}", action="stands") == 303
    page = await manager.get()
    assert (ids(page, "doubtful"), doubted[0] in ids(page, "suppression")) == ([], True)

    phone = await stopped(service, "no thanks")
    (other,) = ids(await manager.get(), "doubtful")
    assert await manager.do(f"/suppressions/{other}", action="lift", why=" ") == 422
    assert (await manager.post(f"/suppressions/{other}", action="lift", why="meant the price"))[0] == 403
    assert await manager.do(f"/suppressions/{other}", action="lift", why="meant the price") == 303
    assert other not in await manager.get()
    kept = "SELECT removed_by || ': ' || removed_reason FROM suppression WHERE id = CAST($1 AS uuid)"
    assert await value(service, kept, other) == f"{MANAGER['email']}: meant the price"
    assert (await service.post(phone=phone))[0] == 202
    assert await manager.do(f"/suppressions/{other}", action="lift", why="twice") == 404


async def test_suppressions_are_found_by_number_by_words_and_by_means(
    service: RunningService, manager: Browser
) -> None:
    by_text = await stopped(service, "leave me alone you vultures")
    by_api = new_phone()
    assert (await ask(service, "POST", "/v1/suppressions", {"phone": by_api, "reason": "litigator"}))[0] == 201
    shown = {phone: f"{phone[:2]} {phone[2:5]} {phone[5:8]} {phone[8:]}" for phone in (by_text, by_api)}
    asked: list[tuple[str, list[str]]] = [
        (f"q={by_text[2:]}", [by_text]),
        ("q=VULTURES", [by_text]),
        ("q=litigator", [by_api]),
        ("q=litigator&origin=text", []),
        ("q=litigator&origin=api", [by_api]),
        ("q=100%25", []),
    ]
    for query, found in asked:
        page = (await manager.get(f"/suppressions?{query}")).partition("In force")[2]
        assert [phone for phone in shown if shown[phone] in page] == found, query
    suppressions = service.node.services.suppressions
    await suppressions.add_everywhere("phone", by_api, "known litigator", "operator")
    assert "every account of this installation" in await manager.get(f"/suppressions?q={by_api[1:]}")


async def test_pages_of_suppressions_follow_each_other(service: RunningService, manager: Browser) -> None:
    for n in range(60):
        body = {"email": f"page{n}@example.com", "reason": "paging"}
        assert (await ask(service, "POST", "/v1/suppressions", body))[0] == 201
    first = await manager.get("/suppressions?q=paging")
    (following,) = re.findall(r'href="(/suppressions\?[^"]*after=[^"]+)"', first)
    second = await manager.get(following.replace("&amp;", "&"))
    assert len(ids(first, "suppression")) == 50
    assert len({*ids(first, "suppression"), *ids(second, "suppression")}) == 60


async def test_a_reply_waits_until_somebody_has_looked(service: RunningService, supervisor: Browser) -> None:
    await stopped(service, "call me after five")
    (text,) = ids(await supervisor.get(), "reply")
    assert "1 reply" in await supervisor.get("/board/fragment")
    assert await supervisor.do(f"/suppressions/replies/{text}") == 303
    assert ids(await supervisor.get(), "reply") == []
    assert await supervisor.do(f"/suppressions/replies/{text}") == 404


async def test_the_board_says_that_a_list_stops_the_calls(service: RunningService, manager: Browser) -> None:
    for path in ("/", "/suppressions"):
        page = await manager.get(path)
        assert 'data-list="national"' in page
        assert "was never imported. No call that relies on it is permitted." in page


@pytest.mark.parametrize("path", ["/suppressions", "/suppressions?q=x"])
async def test_nobody_sees_it_without_signing_in(service: RunningService, path: str) -> None:
    async with service.http.get(service.url + path, allow_redirects=False) as response:
        assert response.status == 401


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing")
async def test_it_is_used_by_keyboard_and_fits_every_width(service: RunningService) -> None:
    phone = await stopped(service, "not interested " * 20)
    address = "somebody.with.a.long.address" * 3 + "@example.com"
    assert (await ask(service, "POST", "/v1/suppressions", {"email": address}))[0] == 201
    async with fresh_page() as page:
        await sign_in(page, service.url)
        for size in (PHONE, {"width": 800, "height": 900}, DESK):
            await page.set_viewport_size(size)
            await page.goto(f"{service.url}/suppressions")
            await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
            assert await page.evaluate(WIDTH) <= size["width"]
        await page.goto(f"{service.url}/suppressions")
        await page.focus("[data-doubtful] summary")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("meant the price")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[data-doubtful]", state="detached")
    assert (await service.post(phone=phone))[0] == 202
