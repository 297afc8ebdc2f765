"""The sample form over HTTP: the API's own intake, refusals in words, and a link that opens one lead only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from running import RunningService, running_service
from test_pages import HTML, get, post

from speedtolead.sample import text as sample_text


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=HTML) as session:
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


async def test_without_the_sample_there_is_no_form(service: RunningService, browser: aiohttp.ClientSession) -> None:
    assert (await get(browser, f"{service.url}/demo")).status == 404
    assert (await post(browser, f"{service.url}/demo", data=FORM)).status == 404
