"""The sample form over HTTP: the API's own intake, refusals in words, and a link that opens one lead only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from running import RunningService, running_service, until
from test_pages import HTML, get, post, sign_in

from speedtolead import demo
from speedtolead.sample import text as sample_text
from speedtolead.service.configuration.document import read


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as session:
        yield session


@pytest.fixture
async def sample(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node with the sample account."""
    async with running_service(database_url, tmp_path, sample_text()) as running:
        yield running


FORM = {
    "first_name": "Ada",
    "last_name": "Example",
    "phone": "+1 212 555 0142",
    "email": "ada@example.com",
    "postal_code": "10001",
    "state": "NY",
    "consent[channels]": "call",
}


async def test_the_sample_form_calls_and_shows_it(sample: RunningService, browser: aiohttp.ClientSession) -> None:
    form = await get(browser, f"{sample.url}/demo")
    assert form.status == 200
    assert 'value="+1 212 555 0142"' in form.text
    assert "checked" not in form.text, "a box that is ticked already is no consent"
    answer = await post(browser, f"{sample.url}/demo", data=FORM)
    assert answer.status == 303
    page = await get(browser, sample.url + answer.place)
    assert page.status == 200
    assert 'data-phone="agent"' in page.text
    assert 'data-phone="lead"' in page.text

    key = "stl_acct_sample_key_0001"
    lead_id = answer.place.removeprefix("/demo/").partition("?")[0]
    lead = await sample.get(f"/v1/leads/{lead_id}", key=key)
    assert lead["source"] == "web-form"
    assert lead["consent"]["seller"] == "Acme Insurance"
    assert "Acme Insurance may call me" in lead["consent"]["text"]
    assert "+1 212 555 0100" in lead["consent"]["text"]
    assert lead["consent"]["url"].endswith("/demo")

    place, _, token = answer.place.partition("?t=")
    assert (await get(browser, f"{sample.url}{place}/fragment?t={token}")).status == 200
    for wrong in ("", "?t=", f"?t={token[:-1]}0x", "?t=%ff"):
        assert (await get(browser, sample.url + place + wrong)).status == 404
        assert (await get(browser, f"{sample.url}{place}/fragment{wrong}")).status == 404


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"consent[channels]": None}, "no_consent"),
        ({"phone": "555"}, "invalid_phone"),
        ({"phone": None}, "invalid_phone"),
        ({"state": "x" * 500}, "invalid_field"),
    ],
)
async def test_the_sample_form_shows_a_refusal(
    sample: RunningService, browser: aiohttp.ClientSession, changed: dict[str, str | None], code: str
) -> None:
    fields = {name: value for name, value in (FORM | changed).items() if value is not None}
    answer = await post(browser, f"{sample.url}/demo", data=fields)
    assert answer.status == 422
    assert f'data-refusal="{code}"' in answer.text
    assert 'value="Ada"' in answer.text, "what was typed stays"


async def test_the_sample_form_may_be_tried_again_with_the_same_number(
    sample: RunningService, browser: aiohttp.ClientSession
) -> None:
    for _ in range(2):
        assert (await post(browser, f"{sample.url}/demo", data=FORM)).status == 303


async def test_the_sample_dials_in_all_four_modes_and_the_board_shows_from_answer_to_talk(
    sample: RunningService, browser: aiohttp.ClientSession
) -> None:
    on_lines = asyncio.create_task(demo.keep_line(sample.settings, set_already()))
    try:
        given = read(sample_text())
        hot = next(agent for agent in given.agents if agent.sip)

        async def on_a_line() -> bool:
            found = (await sample.get("/v1/agents", key=given.account_key))["agents"]
            return any(agent["name"] == hot.name and agent["line"] == "open" for agent in found)

        await until(on_a_line, what=f"the line of {hot.name} open")
        forms = [source for source in given.sources if source.kind == "form"]
        for n, source in enumerate(forms):
            vendor = replace(sample, source_key=source.api_key or "")
            status, answer = await vendor.post(phone=f"+12125550{140 + n}")
            assert status == 202, answer

        async def talked() -> Any:
            stats = await sample.get("/v1/stats/speed", key=given.account_key)
            return len([row for row in stats["modes"] if row["talked"]]) == 4 and stats["modes"]

        modes = {row["mode"]: row for row in await until(talked, what="a talk in each mode")}
        assert set(modes) == {"hot", "agent_first", "both", "lead_first"}
        for row in modes.values():
            assert row["calls"] >= row["answered"] >= row["talked"] >= 1
            assert 0 <= row["p50"] <= row["p90"]
        assert modes["hot"]["p50"] == 0
        user = given.users[0]
        await sign_in(browser, sample.url, email=user.email)
        board = (await get(browser, f"{sample.url}/")).text
        assert re.findall(r'data-mode="(\w+)"', board) == ["agent_first", "both", "hot", "lead_first"]
        assert re.search(r'data-mode="hot">.*?1 <small>of 1</small>', board, re.DOTALL)
    finally:
        on_lines.cancel()


def set_already() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def test_without_the_sample_there_is_no_form(service: RunningService, browser: aiohttp.ClientSession) -> None:
    assert (await get(browser, f"{service.url}/demo")).status == 404
    assert (await post(browser, f"{service.url}/demo", data=FORM)).status == 404
