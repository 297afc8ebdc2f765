"""The pages about sources and settings over HTTP: what managers see and change, what is kept from others."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import asyncpg
import pytest
from running import SOURCE_KEY, RunningService, configuration, configure, running_service, until
from test_pages import HTML, Answer, get, post, sign_in

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.clock import SystemClock
from speedtolead.service.configuration.apply import Changes, apply
from speedtolead.service.configuration.connections import MASK
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.store.database import Database

GOOGLE_KEY = "a-key-of-the-advertisers-form"
ANOTHER_KEY = "another-key-of-the-same-form"
PARTNER_KEY = "stl_partner_key_0001"
SOURCES = f"""
  - name: partner feed
    api_key: {PARTNER_KEY}
    campaign: auto
    duplicates: {{window: 1h, on_repeat: touch}}
    accept: {{states: [NY], consent: {{channels: [call]}}}}
    caps: {{daily: 500}}
    mapping:
      fields:
        phone: contact.mobile
        state: st
        external_id: ref
        consent.channels: {{const: [call]}}
  - {{name: ads, campaign: auto, connector: {{type: google, google_key: {GOOGLE_KEY}}}}}
"""
PARTNER = "/sources/partner%20feed"
PARTNER_SETTINGS = "/settings/sources/partner%20feed"
EVIL = "<script>alert('x')</script>"


def with_partners(**more: Any) -> str:
    text: str = configuration(**more)
    manager = "role: manager, password: change-me-now}"
    others = [f"{{email: {who}@test.example, role: {role}, password: change-me-now}}" for who, role in
              (("super", "supervisor"), ("agent", "agent"))]  # fmt: skip
    text = text.replace(manager, f"{manager}, {', '.join(others)}")
    return text.replace("campaigns:\n", f"{SOURCES.strip(chr(10))}\ncampaigns:\n")


@pytest.fixture
async def partners(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node whose account has a source with a mapping, and one with a connector."""
    async with running_service(database_url, tmp_path, with_partners()) as running:
        yield running


@pytest.fixture
async def manager(partners: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which a manager has signed in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as session:
        await sign_in(session, partners.url)
        yield session


def lead(**more: Any) -> dict[str, Any]:
    return {"contact": {"mobile": "+12125550142"}, "st": "NY", "ref": "r-1"} | more


async def send(service: RunningService, body: Any, key: str = PARTNER_KEY) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with service.http.post(
        f"{service.url}/v1/leads",
        data=raw,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    ) as response:
        return response.status, await response.json(content_type=None)


def page_text(answer: Answer) -> str:
    """What a person reads, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def hidden(answer: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, f"no field {name}"
    return found[1]


def textarea(answer: Answer, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    assert found, f"no text field {name}"
    return html.unescape(found[1])


def posts_on(answer: Answer) -> list[tuple[str, str]]:
    """The id and verdict of each post, in order."""
    rows = re.findall(r'<tr data-post="([^"]+)">(.*?)</tr>', answer.text, re.DOTALL)
    return [(post_id, str(re.findall(r'class="state \w+">([^<]+)<', row)[0])) for post_id, row in rows]


async def change(manager: aiohttp.ClientSession, url: str, how: str, text: str, **fields: str) -> Answer:
    """Check or save a source's text, as the page's form does."""
    page = await get(manager, url)
    given = {"csrf": page.csrf, "version": hidden(page, "version"), how: "1", "text": text}
    return await post(manager, url, data=given | fields)


# ---- who sees what -------------------------------------------------------------------------------------------


PAGES = [
    "/sources",
    PARTNER,
    f"{PARTNER}/try",
    "/settings",
    PARTNER_SETTINGS,
    "/sources/ads",
    "/settings/sources/ads",
]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_for_managers_and_kept_to_itself(
    partners: RunningService, manager: aiohttp.ClientSession, path: str
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as another:
        assert (await get(another, partners.url + path)).status == 303
        await sign_in(another, partners.url, email="agent@test.example")
        assert (await get(another, partners.url + path)).status == 403
    answer = await get(manager, partners.url + path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=\"/static/)", answer.text)
    for secret in (GOOGLE_KEY, PARTNER_KEY, SOURCE_KEY):
        assert secret not in answer.text


async def test_another_accounts_source_is_not_found(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    token = (await get(manager, f"{partners.url}/sources")).csrf
    other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001")
    await configure(partners.database_url, other)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as another:
        await sign_in(another, partners.url, "other")
        own = (await get(another, f"{partners.url}/sources")).csrf
        assert own != token
        posted = f"{PARTNER}/posts/{refused['lead_id']}"
        for path in (PARTNER, f"{PARTNER}/fragment", f"{PARTNER}/try", PARTNER_SETTINGS, posted):
            assert (await get(another, partners.url + path)).status == 404
        assert (await get(another, f"{partners.url}/sources/form/posts/{refused['lead_id']}")).status == 404
        form = {
            "csrf": own,
            "version": "1",
            "text": "a",
            "paused": "yes",
        }
        for path in (posted, PARTNER_SETTINGS, f"{PARTNER_SETTINGS}/pause"):
            assert (await post(another, partners.url + path, data=form)).status == 404


async def test_a_supervisor_looks_and_changes_nothing(partners: RunningService) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    posted = f"{PARTNER}/posts/{refused['lead_id']}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as browser:
        await sign_in(browser, partners.url, email="super@test.example")
        page = await get(browser, partners.url + PARTNER_SETTINGS)
        assert 'id="save"' not in page.text
        assert "readonly" in page.text
        assert 'id="again"' not in (await get(browser, partners.url + posted)).text
        form = {"csrf": page.csrf, "version": "1", "text": "a",
                "save": "1", "paused": "yes"}  # fmt: skip
        for path in (posted, PARTNER_SETTINGS, f"{PARTNER_SETTINGS}/pause"):
            assert (await post(browser, partners.url + path, data=form)).status == 403
    assert (await source(partners))["paused"] is False


async def test_a_change_needs_the_pages_token(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    form = {"version": "1", "text": "a", "paused": "yes"}
    for path in (
        f"{PARTNER}/posts/{refused['lead_id']}",
        f"{PARTNER}/try",
        PARTNER_SETTINGS,
        f"{PARTNER_SETTINGS}/pause",
    ):
        assert (await post(manager, partners.url + path, data=form)).status == 403
        assert (await post(manager, partners.url + path, data=form | {"csrf": "0" * 64})).status == 403


# ---- sources and their posts -------------------------------------------------------------------------------------


async def test_the_overview_counts_the_last_day(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    await send(partners, lead())
    await send(partners, lead(ref="r-2"))  # the same person: touches the lead
    await send(partners, lead(st="NJ", ref="r-3"))
    await send(partners, b"{")
    await send(partners, {})
    page = await get(manager, f"{partners.url}/sources")
    row = re.findall(r'<tr data-source="partner feed">(.*?)</tr>', page.text, re.DOTALL)[0]
    assert re.findall(r'data-label="(?:Accepted|Refused|Unreadable)">(\d+)<', row) == ["2", "1", "2"]
    assert f'href="{PARTNER}"' in row
    assert '<a href="/sources" aria-current="page">' in page.text
    assert '<a href="/settings">' in page.text


async def test_how_to_post_is_said_without_the_key(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    text = page_text(await get(manager, partners.url + PARTNER))
    assert f"curl {partners.url}/v1/leads" in text
    assert "Bearer YOUR_SOURCE_KEY" in text
    assert "stl_part…01" in text
    assert '{"contact": {"mobile": "+12125550142"}, "st": "NY"}' in text, "the example is in the mapping's words"
    found = re.search(r"-d '(\{.*?\})'", text)
    assert found
    assert (await send(partners, json.loads(found[1])))[0] == 202, "the example is taken"


async def test_a_connectors_address_and_settings_are_shown(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    text = page_text(await get(manager, f"{partners.url}/sources/ads"))
    assert f"{partners.url}/in/{(await source(partners, 'ads'))['id']}" in text
    assert f"google_key {MASK} Webhook key" in text


async def test_the_last_posts_are_listed_and_failures_can_be_seen_alone(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, taken = await send(partners, lead())
    await send(partners, lead(ref="r-2"))
    _, refused = await send(partners, lead(st="NJ", ref="r-3"))
    await send(partners, b'{"contact": ')
    page = await get(manager, partners.url + PARTNER)
    assert [verdict for _, verdict in posts_on(page)] == ["unreadable", "refused", "touched", "accepted"]
    assert posts_on(page)[1][0] == refused["lead_id"]
    assert posts_on(page)[3][0] == taken["lead_id"]
    assert "outside_criteria" in page.text
    assert "The body is not valid JSON." in page.text
    failures = await get(manager, f"{partners.url}{PARTNER}?failures=1")
    assert [verdict for _, verdict in posts_on(failures)] == ["unreadable", "refused"]
    part = await get(manager, f"{partners.url}{PARTNER}/fragment?failures=1")
    assert posts_on(part) == posts_on(failures)
    for post_id, _ in posts_on(page):
        assert (await get(manager, f"{partners.url}{PARTNER}/posts/{post_id}")).status == 200


async def test_a_test_lead_is_marked(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    _, taken = await partners.post(test=True)
    assert '<span class="mark">test</span>' in (await get(manager, f"{partners.url}/sources/form")).text
    page = await get(manager, f"{partners.url}/sources/form/posts/{taken['lead_id']}")
    assert "a test" in page_text(page)


async def test_a_post_is_shown_as_it_came_with_its_lead_and_findings(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    raw = b'{"contact":{"mobile":"+12125550142"},"st":"NJ","price":1.50,"name":"\\u00e9"}'
    _, refused = await send(partners, raw)
    text = page_text(await get(manager, f"{partners.url}{PARTNER}/posts/{refused['lead_id']}"))
    assert '{ "contact": { "mobile": "+12125550142" }, "st": "NJ", "price": 1.50, "name": "\\u00e9" }' in text
    assert "state NJ consent.channels" in text
    assert "state is NJ; this source takes NY" in text
    assert 'states ["NY"]' in text
    assert "answered 422" in text
    assert "This person may be called." in text


async def test_everything_of_a_post_is_escaped(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    broken = f'{{"{EVIL}": "{EVIL}"'.encode() + b"\x00\x1b\xff" + "\u202e".encode()
    await send(partners, broken)
    await send(partners, {EVIL: EVIL, "contact": {"mobile": EVIL}, "st": EVIL, "ref": EVIL})
    page = await get(manager, partners.url + PARTNER)
    pages = [page, await get(manager, f"{partners.url}{PARTNER}/try")]
    pages += [await get(manager, f"{partners.url}{PARTNER}/posts/{post_id}") for post_id, _ in posts_on(page)]
    for answer in pages:
        assert answer.status == 200
        assert "<script>" not in answer.text
        assert not re.search("[\x00\x1b\u202e]", answer.text)
    assert "&lt;script&gt;" in pages[-1].text


async def test_of_a_large_post_the_first_64_kib_are_shown_and_it_is_not_sent_again(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    await send(partners, b'{"a": "' + b"x" * 70_000)
    page = await get(manager, partners.url + PARTNER)
    post_id = posts_on(page)[0][0]
    shown = await get(manager, f"{partners.url}{PARTNER}/posts/{post_id}")
    assert "only the first 64 KiB were kept" in shown.text
    assert 'id="again"' not in shown.text
    form = {"csrf": shown.csrf}
    assert (await post(manager, f"{partners.url}{PARTNER}/posts/{post_id}", data=form)).status == 409


@pytest.mark.parametrize(
    "post_id", ["0", "99999999999999999999999", "nonsense", "6f1f6c1e-0000-4000-8000-000000000001"]
)
async def test_a_post_that_is_not_there_is_not_found(
    partners: RunningService, manager: aiohttp.ClientSession, post_id: str
) -> None:
    assert (await get(manager, f"{partners.url}{PARTNER}/posts/{post_id}")).status == 404
    assert (await get(manager, f"{partners.url}{PARTNER}/try?post={post_id}")).status == 404


# ---- sending a post again ----------------------------------------------------------------------------------------


async def send_again(manager: aiohttp.ClientSession, url: str) -> Answer:
    page = await get(manager, url)
    return await post(manager, url, data={"csrf": page.csrf})


def sent(answer: Answer) -> str:
    assert answer.status == 200
    found = re.search(r'data-sent="([^"]+)"', answer.text)
    assert found
    return found[1]


async def test_a_refused_post_is_taken_anew_by_the_terms_as_they_are_now(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    await save_states(partners, manager, "[NY, NJ]")
    taken = await send_again(manager, f"{partners.url}{PARTNER}/posts/{refused['lead_id']}")
    assert sent(taken) == "accepted"
    lead_id = re.findall(r'href="/leads/([0-9a-f-]{36})">To the lead</a></p>', taken.text)[0]
    called = await partners.ended(lead_id)
    assert (called["status"], called["external_id"]) == ("contacted", None)
    assert await send(partners, lead(st="NJ")) == (422, refused), "the vendor's repeat gets the old answer"
    assert partners.rung() == 1


async def test_a_post_that_is_sent_again_twice_leaves_one_lead(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    await save_states(partners, manager, "[NY, NJ]")
    address = f"{partners.url}{PARTNER}/posts/{refused['lead_id']}"
    assert sent(await send_again(manager, address)) == "accepted"
    assert "nothing was done twice" in (await send_again(manager, address)).text
    shown = await get(manager, address)
    assert 'id="again"' not in shown.text
    assert "It was sent again before, and accepted" in page_text(shown)
    assert await count(partners, "answer_status = 202") == 1


async def test_a_post_that_is_refused_again_is_a_post_of_its_own(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, refused = await send(partners, lead(st="NJ"))
    address = f"{partners.url}{PARTNER}/posts/{refused['lead_id']}"
    assert sent(await send_again(manager, address)) == "outside_criteria", "nothing has changed yet"
    shown = await get(manager, address)
    assert "It was sent again before, and refused" in page_text(shown)
    newest = posts_on(await get(manager, partners.url + PARTNER))[0][0]
    assert newest != refused["lead_id"]
    assert f'href="{PARTNER}/posts/{newest}">to that post' in shown.text
    await save_states(partners, manager, "[NY, NJ]")
    assert sent(await send_again(manager, f"{partners.url}{PARTNER}/posts/{newest}")) == "accepted"


async def test_an_unreadable_post_is_taken_once_the_mapping_is_mended(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    body = {"contact": {"cell": "+12125550142"}, "st": "NY", "ref": "r-9"}
    assert (await send(partners, body))[0] == 422
    page = await get(manager, partners.url + PARTNER)
    address = f"{partners.url}{PARTNER}/posts/{posts_on(page)[0][0]}"
    still = await send_again(manager, address)
    assert sent(still) == "unreadable"
    assert "phone: Field required" in still.text
    text = textarea(await get(manager, partners.url + PARTNER_SETTINGS), "text")
    await change(manager, partners.url + PARTNER_SETTINGS, "save", text.replace("contact.mobile", "contact.cell"))
    assert sent(await send_again(manager, address)) == "accepted"
    assert await count(partners, "external_id = 'r-9' AND answer_status = 202") == 1


async def test_an_unreadable_post_that_the_vendor_sent_anew_meanwhile_is_not_taken_twice(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    assert (await send(partners, {"contact": {"mobile": "x" * 99}, "st": "NY", "ref": "r-9"}))[0] == 422
    _, taken = await send(partners, lead(ref="r-9"))
    address = f"{partners.url}{PARTNER}/posts/{posts_on(await get(manager, partners.url + PARTNER))[1][0]}"
    text = textarea(await get(manager, partners.url + PARTNER_SETTINGS), "text")
    mended = text.replace("phone: contact.mobile", 'phone: {const: "+12125550143"}')
    await change(manager, partners.url + PARTNER_SETTINGS, "save", mended)
    answer = await send_again(manager, address)
    assert "nothing was done twice" in answer.text
    assert f'href="/leads/{taken["lead_id"]}"' in answer.text
    assert await count(partners, "true") == 1


async def test_a_connectors_post_is_taken_again(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    column = {"column_id": "PHONE_NUMBER", "string_value": "+12125550142"}
    body = {"lead_id": "g-1", "user_column_data": [column], "google_key": GOOGLE_KEY}
    address = f"{partners.url}/in/{(await source(partners, 'ads'))['id']}"
    async with partners.http.post(address, json=body) as response:
        assert (await response.json())["results"][0]["code"] == "no_consent"
    page = await get(manager, f"{partners.url}/sources/ads")
    ((post_id, verdict),) = posts_on(page)
    assert verdict == "refused"
    settings = f"{partners.url}/settings/sources/ads"
    text = textarea(await get(manager, settings), "text") + "accept: {consent: {channels: []}}\n"
    assert "Saved" in (await change(manager, settings, "save", text)).text
    shown = await get(manager, f"{partners.url}/sources/ads/posts/{post_id}")
    assert GOOGLE_KEY not in shown.text
    assert sent(await send_again(manager, f"{partners.url}/sources/ads/posts/{post_id}")) == "accepted"


async def test_only_a_failure_can_be_sent_again(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    _, taken = await send(partners, lead())
    address = f"{partners.url}{PARTNER}/posts/{taken['lead_id']}"
    page = await get(manager, address)
    assert 'id="again"' not in page.text
    form = {"csrf": page.csrf}
    assert (await post(manager, address, data=form)).status == 409
    assert await count(partners, "true") == 1


# ---- trying a mapping --------------------------------------------------------------------------------------------


async def try_it(manager: aiohttp.ClientSession, url: str, **fields: str) -> Answer:
    page = await get(manager, url)
    given = {
        "csrf": page.csrf,
        "mapping": textarea(page, "mapping"),
        "body": textarea(page, "body"),
        "content_type": hidden(page, "content_type"),
    }
    return await post(manager, url, data=given | fields)


async def test_the_form_begins_with_the_sources_mapping_and_last_post_and_stores_nothing(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    await send(partners, lead(st="NJ"))
    answer = await try_it(manager, f"{partners.url}{PARTNER}/try")
    text = page_text(answer)
    assert 'data-verdict="refused"' in answer.text
    assert "state is NJ; this source takes NY" in text
    assert "phone contact.mobile +12125550142 +12125550142" in text
    assert await count(partners, "true") == 1


async def test_another_mapping_and_sample_can_be_tried(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    mapping = "fields: {phone: tel, consent.channels: {const: [call]}, state: {const: NY}}"
    answer = await try_it(
        manager, f"{partners.url}{PARTNER}/try", mapping=mapping, body="tel=2125550142&x=1",
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    text = page_text(answer)
    assert 'data-verdict="accepted"' in answer.text
    assert "Not used by the mapping: x ." in text
    assert "Score" in text
    assert textarea(answer, "mapping") == mapping
    assert await count(partners, "true") == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mapping": "fields: {phone: 7}\nrest: burn"}, "rest: expected attributes or drop"),
        ({"mapping": "fields: ["}, "line 1: expected"),
        ({"mapping": "a: &a [1]\nb: *a"}, "an alias"),
        ({"mapping": "x" * 70_000}, "longer than 64 KiB"),
        ({"body": "{"}, "Sample: The body is not valid JSON."),
        ({"content_type": "text/plain"}, "Content type: our API takes"),
    ],
)
async def test_what_cannot_be_tried_is_said_line_by_line(
    partners: RunningService, manager: aiohttp.ClientSession, fields: dict[str, str], said: str
) -> None:
    answer = await try_it(manager, f"{partners.url}{PARTNER}/try", **fields)
    assert answer.status == 422
    assert said in page_text(answer)


async def test_a_connectors_sample_is_read_as_its_provider_delivers_it(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    column = {"column_id": "PHONE_NUMBER", "string_value": "+12125550142"}
    body = json.dumps({"lead_id": "g-1", "user_column_data": [column]})
    address = f"{partners.url}/sources/ads/try"
    answer = await try_it(manager, address, body=body, via="google")
    assert 'data-verdict="refused"' in answer.text
    assert "no_consent" in answer.text
    assert "external_id g-1" in page_text(answer)
    assert (await try_it(manager, address, body=body, via="meta")).status == 422


# ---- settings ------------------------------------------------------------------------------------------------


async def source(service: RunningService, name: str = "partner feed") -> asyncpg.Record:
    connection = await asyncpg.connect(service.database_url)
    try:
        found = await connection.fetchrow("SELECT * FROM source WHERE name = $1", name)
        assert found is not None
        return found
    finally:
        await connection.close()


async def count(service: RunningService, condition: str) -> int:
    connection = await asyncpg.connect(service.database_url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM lead WHERE {condition}"))
    finally:
        await connection.close()


async def save_states(service: RunningService, manager: aiohttp.ClientSession, states: str) -> Answer:
    text = textarea(await get(manager, service.url + PARTNER_SETTINGS), "text")
    return await change(manager, service.url + PARTNER_SETTINGS, "save", text.replace("[NY]", states))


async def test_the_settings_name_everything_that_is_configured(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    page = await get(manager, f"{partners.url}/settings")
    text = page_text(page)
    for words in ("partner feed", "Test Insurance", "mon-sun 00:00-24:00", "agent first, group sales", "agent-1",
                  "+1 212 555 0111", "+1 305 555 0100", "call at once"):  # fmt: skip
        assert words in text
    assert f'href="{PARTNER_SETTINGS}"' in page.text


async def test_checking_shows_what_would_change_and_changes_nothing(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    before = await source(partners)
    text = textarea(await get(manager, partners.url + PARTNER_SETTINGS), "text")
    answer = await change(
        manager, partners.url + PARTNER_SETTINGS, "check", text.replace("daily: 500", "daily: 700")
    )
    assert "Saving would change this" in answer.text
    assert "caps.daily 500 700" in page_text(answer)
    assert "daily: 700" in textarea(answer, "text")
    assert await source(partners) == before


async def test_saving_changes_the_source_at_once(partners: RunningService, manager: aiohttp.ClientSession) -> None:
    assert (await send(partners, lead(st="NJ")))[0] == 422
    answer = await save_states(partners, manager, "[NJ, NY]")
    assert 'data-saved="yes"' in answer.text
    assert 'accept.criteria.states ["NY"] ["NJ", "NY"]' in page_text(answer)
    saved = await source(partners)
    assert (saved["version"], hidden(answer, "version")) == (2, "2")

    references = itertools.count(2)

    async def taken() -> bool:
        return (await send(partners, lead(st="NJ", ref=f"r-{next(references)}")))[0] == 202

    assert await until(taken)


async def test_a_text_that_was_not_touched_changes_nothing(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    for name in ("partner feed", "ads", "form"):
        before = await source(partners, name)
        address = f"{partners.url}/settings/sources/{quote(name)}"
        answer = await change(manager, address, "save", textarea(await get(manager, address), "text"))
        assert "Nothing to save" in answer.text
        assert await source(partners, name) == before


WHOLE = """
  - name: whole
    campaign: auto
    price: {rules: [{when: {attributes: {year: {at_least: 2015}}}, price: 31.50}], otherwise: 20}
    exclusive: false
    duplicates: {window: 30d, keys: [phone, email], scope: account, on_repeat: restart}
    accept: {states: [NY, "NJ"], postal_codes: ["01001", 10001], hours: {mon-fri: "09:00-17:00"}, max_age: 10m}
    caps: {daily: 5, monthly_budget: 900.50}
    checks: {reactions: {email: off, state: refuse, names: penalty 7}, blocked_words: ["no", "2020-01-01", "12:30"]}
    score: [{name: homeowner, when: {attributes: {owner: {is_true: true}}}, points: 8}]
    ask: {lookup: 800ms}
    mapping: {fields: {phone: tel, state: {from: st, map: {"New York": NY, "*": null}}}, own: keep}
    reply: {format: json, accepted: "{\\"ok\\": true}\\n", refused: "é {{ code }}"}
    test_phone: "+12125550199"
    returns: {window: 7d, reasons: [fraud]}
    guard: {watch: [contact], pause: true}
    postbacks: [{on: [lead.accepted], url: "https://v.example/{{ lead.external_id }}", secret: SECRET}]
"""
POSTBACK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def test_a_source_with_every_term_stays_what_it_is(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    whole = WHOLE.strip("\n").replace("SECRET", POSTBACK_SECRET)
    await configure(partners.database_url, with_partners().replace("campaigns:\n", f"{whole}\ncampaigns:\n"))
    before = await source(partners, "whole")
    address = f"{partners.url}/settings/sources/whole"
    page = await get(manager, address)
    assert POSTBACK_SECRET not in page.text
    for how in ("check", "save"):
        answer = await change(manager, address, how, textarea(page, "text"))
        assert "Only how it is said" not in answer.text
        assert "The source is as it is written here." in answer.text
    assert await source(partners, "whole") == before
    assert (await postback_of(partners))["secret"] == POSTBACK_SECRET
    moved = textarea(page, "text").replace("v.example", "w.example")
    assert "postback whole:1: url" in page_text(await change(manager, address, "save", moved))
    kept = await postback_of(partners)
    assert (kept["secret"], kept["url"]) == (POSTBACK_SECRET, "https://w.example/{{ lead.external_id }}")


async def postback_of(service: RunningService) -> asyncpg.Record:
    connection = await asyncpg.connect(service.database_url)
    try:
        found = await connection.fetchrow("SELECT * FROM webhook WHERE name = 'whole:1' AND NOT removed")
        assert found is not None
        return found
    finally:
        await connection.close()


async def test_what_was_saved_is_what_the_file_would_make_of_the_same_words(
    partners: RunningService, manager: aiohttp.ClientSession, database: Database
) -> None:
    text = textarea(await get(manager, partners.url + PARTNER_SETTINGS), "text")
    changed = text.replace("daily: 500", "daily: 700, monthly_budget: 900.50")
    await change(manager, partners.url + PARTNER_SETTINGS, "save", changed)
    saved = await source(partners)
    file = with_partners().replace("daily: 500", "daily: 700, monthly_budget: 900.50")
    changes = await apply(database, SystemClock(), read(file), CONNECTORS)
    assert changes.lines == []
    assert await source(partners) == saved
    changes = await apply(database, SystemClock(), read(with_partners()), CONNECTORS)
    assert "~ source partner feed: caps.daily: 700 → 500" in changes.lines, "a later apply overwrites it"


async def test_a_source_that_changed_meanwhile_is_not_overwritten(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    address = partners.url + PARTNER_SETTINGS
    seen = await get(manager, address)
    text = textarea(seen, "text")
    await configure(partners.database_url, with_partners().replace("daily: 500", "daily: 600"))
    mine = text.replace("daily: 500", "daily: 700")
    form = {"csrf": seen.csrf, "version": hidden(seen, "version"), "save": "1", "text": mine}
    answer = await post(manager, address, data=form)
    assert answer.status == 409
    assert 'id="outdated"' in answer.text
    assert textarea(answer, "text") == mine, "what was written is not lost"
    assert (await source(partners))["settings"].count('"daily": 600') == 1


MISTAKES = [
    ("caps: {daily: 500}", "caps: {daily: -1, weekly: 7}", ["caps.daily: ", "caps.weekly: unknown key"]),
    ("campaign: auto", "campaign: nowhere", ["campaign: there is no campaign 'nowhere'"]),
    ("name: partner feed", "name: another", ["name: this page is about partner feed"]),
    ("campaign: auto", "campaign: auto\napi_key: stl_stolen_key_0001", ["api_key: a key is changed by"]),
    (
        "campaign: auto",
        "campaign: auto\nconnector: {type: nobody}",
        ["connector.type: there is no connector 'nobody'"],
    ),
    ("campaign: auto", "campaign: auto\nconnector: {type: google}", ["connector.google_key: is required"]),
    (
        "campaign: auto",
        f"campaign: auto\nconnector: {{type: google, google_key: {MASK}}}",
        ["the mask stands for no"],
    ),
    ("campaign: auto", "campaign: auto\ncampaign: auto", ["'campaign' is said twice"]),
    (
        "campaign: auto",
        "campaign: auto\ncost_per_lead: 3\nprice: {flat: 2}",
        ["source: say either cost_per_lead or"],
    ),
    ("campaign: auto", "campaign: &a auto\ntest_phone: *a", ["an alias"]),
    ("name: partner feed", "- name: partner feed", ["line "]),
    ("contact.mobile", "contact..mobile", ["mapping.fields.phone: "]),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
async def test_each_mistake_is_a_line_and_nothing_is_changed(
    partners: RunningService, manager: aiohttp.ClientSession, old: str, new: str, said: list[str]
) -> None:
    before = await source(partners)
    address = partners.url + PARTNER_SETTINGS
    text = textarea(await get(manager, address), "text").replace(old, new, 1)
    for how in ("check", "save"):
        answer = await change(manager, address, how, text)
        assert answer.status == 422
        lines = [html.unescape(line) for line in re.findall(r"<li><code>(.*?)</code></li>", answer.text)]
        for words in said:
            assert any(words in line for line in lines), lines
        assert textarea(answer, "text") == text
    assert await source(partners) == before


async def test_a_masked_secret_is_kept_and_a_new_one_is_not_shown(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    address = f"{partners.url}/settings/sources/ads"
    text = textarea(await get(manager, address), "text")
    assert f"google_key: {MASK}" in text
    answer = await change(manager, address, "save", text + "caps: {daily: 3}\n")
    assert "Saved" in answer.text
    assert json.loads((await source(partners, "ads"))["said"])["connector"]["google_key"] == GOOGLE_KEY
    answer = await change(manager, address, "save", textarea(answer, "text").replace(MASK, ANOTHER_KEY))
    assert "connection.settings.google_key (secret) (another secret)" in page_text(answer)
    assert ANOTHER_KEY not in answer.text
    settings = json.loads((await source(partners, "ads"))["settings"])
    assert settings["connection"]["settings"] == {"google_key": ANOTHER_KEY}


async def test_pausing_refuses_leads_until_it_is_resumed(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    address = partners.url + PARTNER_SETTINGS

    async def press(wanted: str) -> Answer:
        page = await get(manager, address)
        pressed = await post(manager, f"{address}/pause", data={"csrf": page.csrf, "paused": wanted})
        assert (pressed.status, pressed.place) == (303, PARTNER_SETTINGS)
        return await get(manager, address)

    paused = await press("yes")
    assert 'data-paused="yes"' in paused.text
    assert "paused: true" in textarea(paused, "text")

    references = itertools.count()

    async def refused() -> bool:
        _, answer = await send(partners, lead(ref=f"r-{next(references)}"))
        return bool(answer.get("code") == "source_paused")

    assert await until(refused)
    resumed = await press("no")
    assert 'data-paused="no"' in resumed.text
    assert "paused" not in textarea(resumed, "text")
    assert (await source(partners))["version"] == 3
    await press("no")
    assert (await source(partners))["version"] == 3, "resumed already"
    broken = {"csrf": resumed.csrf, "paused": "perhaps"}
    assert (await post(manager, f"{address}/pause", data=broken)).status == 400


async def test_a_source_from_before_its_words_were_kept_is_shown_and_can_be_paused(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    connection = await asyncpg.connect(partners.database_url)
    await connection.execute("UPDATE source SET said = NULL WHERE name = 'partner feed'")
    await connection.close()
    address = partners.url + PARTNER_SETTINGS
    page = await get(manager, address)
    assert "Run speedtolead apply FILE once" in page_text(page)
    await post(manager, f"{address}/pause", data={"csrf": page.csrf, "paused": "yes"})
    assert (await source(partners))["paused"] is True


# ---- what apply says of connectors ---------------------------------------------------------------------------


async def applied(database: Database, text: str) -> Changes:
    return await apply(database, SystemClock(), read(text), CONNECTORS)


async def test_apply_refuses_connectors_that_cannot_work_each_with_its_place(database: Database) -> None:
    wrong = with_partners().replace("type: google, google_key", "type: googel, google_key")
    with pytest.raises(ConfigurationError, match=r"sources\[2\].connector.type: there is no connector 'googel'"):
        await applied(database, wrong)
    short = with_partners().replace(GOOGLE_KEY, "short")
    with pytest.raises(ConfigurationError, match=r"sources\[2\].connector.google_key: must have at least 16"):
        await applied(database, short)


async def test_apply_never_tells_a_connectors_secret(database: Database) -> None:
    without = with_partners().replace(f", connector: {{type: google, google_key: {GOOGLE_KEY}}}", "")
    lines: list[str] = []
    for text in (without, with_partners(), with_partners().replace(GOOGLE_KEY, ANOTHER_KEY), without):
        lines += (await applied(database, text)).lines
    assert "~ source ads: connection.settings.google_key: (secret) → (another secret)" in lines
    assert not any(secret in line for line in lines for secret in (GOOGLE_KEY, ANOTHER_KEY))


# ---- the lead's page -------------------------------------------------------------------------------------------


async def test_a_leads_page_shows_its_score_touches_and_objections_first(
    partners: RunningService, manager: aiohttp.ClientSession
) -> None:
    _, taken = await send(partners, lead())
    await send(partners, lead(ref="r-2"))
    shown = await partners.lead(taken["lead_id"])
    page = await get(manager, f"{partners.url}/leads/{taken['lead_id']}")
    text = page_text(page)
    assert "posted again 1 time" in text
    assert f'href="{PARTNER}/posts/{taken["lead_id"]}"' in page.text
    assert f'<td class="number" data-score>{shown["score"]}</td>' in page.text
    for part in shown["score_parts"]:
        assert part["words"] in text
    refusing = (await send(partners, lead(st="NJ", ref="r-7")))[1]
    refused = await get(manager, f"{partners.url}/leads/{refusing['lead_id']}")
    checked = refused.text.partition("What was checked")[2]
    assert checked.index("criteria") < checked.index("without an objection")
    assert "A refused lead has no score." in refused.text
