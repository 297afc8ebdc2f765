"""The page of returns and the form on a lead's page: what they show, and that only a manager's own page changes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from posting import TOMORROW, new_database, with_sources
from reporting import MANAGER, RETURNS, ask, report, returned, taken
from running import RunningService, configuration, configure, running_service

pytestmark = pytest.mark.asyncio(loop_scope="module")

HTML = {"Accept": "text/html"}
SOURCES: dict[str, Any] = {
    "vendor": {"cost_per_lead": 25, **RETURNS},
    "other": {"cost_per_lead": 10, **RETURNS},
    "strict": {"returns": {"window": "7d", "reasons": ["fraud"], "maximum_share": 0.1}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("pages")
    text = with_sources(SOURCES, cadence=TOMORROW)
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


class Browser:
    """Signed in, keeping cookies, following nothing."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self._url + path, allow_redirects=False) as response:
            return response.status, await response.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """The status, and the place that one is sent to, or else the page."""
        async with self._session.post(self._url + path, data=fields, allow_redirects=False) as response:
            return response.status, response.headers.get("Location") or await response.text()

    async def token(self, path: str = "/returns") -> str:
        _, text = await self.get(path)
        found = re.search(r'name="csrf" value="(\w+)"', text)
        assert found
        return found[1]

    async def rows(self, path: str) -> list[dict[str, str]]:
        status, text = await self.get(path)
        assert status == 200
        return list(csv.DictReader(io.StringIO(text)))


@pytest_asyncio.fixture(loop_scope="module")
async def browser(service: RunningService) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers=HTML) as session:
        found = Browser(session, service.url)
        assert (await found.post("/login", **MANAGER))[0] == 303
        yield found


# ---- a lead's page ------------------------------------------------------------------------------------------


async def test_an_outcome_is_reported_by_the_form_and_shown(service: RunningService, browser: Browser) -> None:
    lead_id = await taken(service, "vendor")
    status, page = await browser.get(f"/leads/{lead_id}")
    assert status == 200
    assert "Nothing was reported yet." in page
    token = await browser.token(f"/leads/{lead_id}")
    given = {"csrf": token, "kind": "sale", "value": "1200.5", "reason": "", "note": "paid <b>cash</b>"}
    assert await browser.post(f"/leads/{lead_id}/outcomes", **given) == (303, f"/leads/{lead_id}")
    lead = await service.lead(lead_id)
    assert lead["status"] == "converted"
    assert lead["outcomes"][0]["reported_by"] == MANAGER["email"]
    for path in (f"/leads/{lead_id}", f"/leads/{lead_id}/fragment"):
        _, page = await browser.get(path)
        assert "<b>sale</b> of 1200.50" in page
        assert "paid &lt;b&gt;cash&lt;/b&gt;" in page


async def test_a_form_that_is_sent_twice_reports_once(service: RunningService, browser: Browser) -> None:
    lead_id = await taken(service, "vendor")
    _, page = await browser.get(f"/leads/{lead_id}")
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key
    for _ in range(2):
        status, _ = await browser.post(
            f"/leads/{lead_id}/outcomes", csrf=await browser.token(), key=key[1], kind="quote"
        )
        assert status == 303
    assert len((await service.lead(lead_id))["outcomes"]) == 1


async def test_what_does_not_go_with_the_kind_is_left_out(service: RunningService, browser: Browser) -> None:
    lead_id, token = await taken(service, "vendor"), await browser.token()
    given = {"csrf": token, "kind": "return", "value": "5", "reason": "fraud", "note": "a bot"}
    assert (await browser.post(f"/leads/{lead_id}/outcomes", **given))[0] == 303
    lead = await service.lead(lead_id)
    assert (lead["outcomes"][0]["value"], lead["claim"]["reason"]) == (None, "fraud")
    _, page = await browser.get(f"/leads/{lead_id}")
    assert 'data-claim="prepared"' in page
    assert "fraud. a bot" in page


async def test_why_nothing_is_claimed_stands_on_the_page(service: RunningService, browser: Browser) -> None:
    lead = await returned(service, "strict", "duplicate")
    _, page = await browser.get(f"/leads/{lead['lead_id']}")
    assert "Not claimed: The vendor takes no lead back for duplicate; it takes fraud." in page


async def test_a_refused_lead_has_no_form_and_a_wrong_value_an_error_page(
    service: RunningService, browser: Browser
) -> None:
    _, refused = await service.post(phone="12")
    _, page = await browser.get(f"/leads/{refused['lead_id']}")
    assert "Report an outcome" not in page
    token = await browser.token()
    given = {"csrf": token, "kind": "sale"}
    status, page = await browser.post(f"/leads/{refused['lead_id']}/outcomes", **given)
    assert status == 409
    assert "This lead was refused when it came" in page
    lead_id = await taken(service)
    assert (await browser.post(f"/leads/{lead_id}/outcomes", **given, value="many"))[0] == 422
    assert (await browser.post(f"/leads/{lead_id}/outcomes", csrf=token, kind="return"))[0] == 422
    assert (await service.lead(lead_id))["outcomes"] == []


# ---- the page of returns ------------------------------------------------------------------------------------


async def test_claims_are_shown_by_source_and_state_with_what_can_be_done(
    service: RunningService, browser: Browser
) -> None:
    evil = "<script>alert(1)</script>"
    lead = await returned(service, "other", "fraud", external_id=evil)
    kept = await returned(service, "vendor", "fraud", external_id="stays-away")
    status, page = await browser.get("/returns?source=other&state=prepared")
    assert status == 200
    assert f'data-claim="{lead["claim"]["return_id"]}"' in page
    assert kept["claim"]["return_id"] not in page
    assert 'data-count="other prepared">1<' in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert re.findall(r'name="action" value="(\w+)"', page) == ["send", "withdraw"]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


async def test_the_page_is_in_the_navigation_of_who_is_signed_in(service: RunningService, browser: Browser) -> None:
    assert 'href="/returns"' in (await browser.get("/"))[1]
    assert '<a href="/returns" aria-current="page">' in (await browser.get("/returns"))[1]
    async with (
        aiohttp.ClientSession(headers=HTML) as nobody,
        nobody.get(f"{service.url}/returns", allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (303, "/login?next=/returns")


async def test_the_buttons_move_a_claim_and_one_stays_where_one_was(
    service: RunningService, browser: Browser
) -> None:
    claim = (await returned(service, "vendor"))["claim"]
    token, path = await browser.token(), f"/returns/{claim['return_id']}"
    for action, state in (("send", "sent"), ("reject", "rejected"), ("credit", "credited")):
        asked = "source=vendor&state=sent"
        assert await browser.post(path, csrf=token, action=action, asked=asked) == (303, f"/returns?{asked}")
        assert (await service.lead(claim["lead_id"]))["claim"]["state"] == state
    assert (await browser.post(path, csrf=token, action="withdraw"))[0] == 409
    assert (await browser.post(path, csrf=token, action="burn"))[0] == 422
    odd = "a\r\nSet-Cookie: a=b"
    assert await browser.post(path, csrf=token, action="credit", asked=odd) == (303, "/")


async def test_sending_all_shows_what_was_sent_and_its_file(service: RunningService, browser: Browser) -> None:
    leads = [await returned(service, "other", external_id=f"send-{n}") for n in range(3)]
    status, place = await browser.post("/returns/send", csrf=await browser.token(), source="other")
    assert status == 303
    query = parse_qs(urlsplit(place).query)
    assert (query["source"], query["state"]) == (["other"], ["sent"])
    _, page = await browser.get(place)
    for lead in leads:
        assert lead["claim"]["return_id"] in page
    file = re.search(r'<a href="(/returns\.csv\?[^"]+)"', page)
    assert file
    rows = await browser.rows(file[1].replace("&amp;", "&"))
    assert {lead["lead_id"] for lead in leads} <= {row["lead_id"] for row in rows}
    status, place = await browser.post("/returns/send", csrf=await browser.token(), source="other")
    assert (status, place) == (303, "/returns?source=other&state=prepared"), "there was nothing more"


async def test_why_nothing_could_be_sent_is_told(service: RunningService, browser: Browser) -> None:
    await returned(service, "strict", "fraud")
    status, page = await browser.post("/returns/send", csrf=await browser.token(), source="strict")
    assert status == 409
    assert "the vendor takes back at most 10.0%" in page


async def test_the_file_is_that_of_the_api(service: RunningService, browser: Browser) -> None:
    await returned(service, "vendor", external_id="file-1")
    _, expected = await ask(service, "GET", "/v1/returns?source=vendor", Accept="text/csv")
    assert await browser.rows("/returns.csv?source=vendor&state=") == expected


async def test_only_the_pages_own_forms_change_anything(service: RunningService, browser: Browser) -> None:
    lead = await returned(service, "vendor")
    claim_id = lead["claim"]["return_id"]
    for path, fields in (
        (f"/returns/{claim_id}", {"action": "send"}),
        ("/returns/send", {"source": "vendor"}),
        (f"/leads/{lead['lead_id']}/outcomes", {"kind": "sale"}),
    ):
        assert (await browser.post(path, **fields))[0] == 403
        assert (await browser.post(path, csrf="0" * 64, **fields))[0] == 403
    after = await service.lead(lead["lead_id"])
    assert (after["claim"]["state"], len(after["outcomes"])) == ("prepared", 1)


async def test_another_accounts_claims_are_not_there(service: RunningService) -> None:
    claim = (await returned(service, "vendor"))["claim"]
    other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001")
    await configure(service.database_url, other)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers=HTML) as session:
        theirs = Browser(session, service.url)
        await theirs.post("/login", **(MANAGER | {"email": "manager@other.example"}))
        _, page = await theirs.get("/returns")
        assert "No lead was claimed yet." in page
        assert claim["return_id"] not in page
        assert await theirs.rows("/returns.csv") == []
        token = await theirs.token()
        assert (await theirs.post(f"/returns/{claim['return_id']}", csrf=token, action="send"))[0] == 404
        assert (await theirs.post("/returns/send", csrf=token, source="vendor"))[0] == 404
        path = f"/leads/{claim['lead_id']}/outcomes"
        assert (await theirs.post(path, csrf=token, kind="sale"))[0] == 404
    _, lead = await report(service, claim["lead_id"], kind="quote")
    assert lead["lead"]["claim"]["state"] == "prepared"
