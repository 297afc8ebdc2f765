"""What a source sends, costs and brings: known leads give exactly these numbers, by source and by day."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from posting import TOMORROW, new_database, new_phone, with_sources
from reporting import MANAGER, ask, report, run, taken
from running import SOURCE_KEY, RunningService, configuration, configure, running_service

pytestmark = pytest.mark.asyncio(loop_scope="module")

TERMS = ", duplicate_window: 1h, accept: {states: [NY]}, returns: {window: 30d, reasons: [wrong_person, fraud]}"
OTHER_ACCOUNT, OTHER_SOURCE = "stl_acct_other_key_1", "stl_other_key_0001"
REACHED = "UPDATE attempt SET requested_at = now(), contact = $2 WHERE lead_id = $1"

LEADS: list[dict[str, Any]] = [
    {"cost": "40", "contact": True, "outcomes": [("appointment", None), ("sale", "100")]},
    {"contact": True, "outcomes": [("quote", "900"), ("sale", "50"), ("sale", "0.50")]},
    {"contact": False},
    {"contact": True, "outcomes": [("appointment", None), ("sale", "77")], "claim": ["send", "credit"]},
    {"contact": False, "claim": ["send", "reject"]},
    {"claim": ["send"]},
    {"claim": []},
    {"claim": ["withdraw"]},
]
"""Accepted leads of the source ``form``, at 25.00 unless said; what came of each, and of its claim."""
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"phone": "12"}, "invalid_phone"),
    ({"phone": "13"}, "invalid_phone"),
    ({"state": "TX"}, "outside_criteria"),
]


def part(numerator: int, denominator: int, interval: list[float] | None) -> dict[str, Any]:
    value = numerator / denominator if denominator else None
    return {"value": value, "numerator": numerator, "denominator": denominator, "interval_95": interval}


NO_CALLS: dict[str, Any] = {
    "received": 0,
    "talked": 0,
    "missed": 0,
    "messages": 0,
    "billable": 0,
    "cost": "0",
    "cost_per_call": None,
    "cost_per_billable_call": None,
}
EXPECTED: dict[str, Any] = {
    "source": "form",
    "kind": "form",
    "calls": NO_CALLS,
    "day": None,
    "received": 12,
    "accepted": 8,
    "refused": 4,
    "refused_by_reason": {"invalid_phone": 2, "outside_criteria": 1, "duplicate": 1},
    "touches": 0,
    "acceptance_rate": part(8, 12, [0.3906, 0.8619]),
    "duplicate_rate": part(1, 12, [0.0149, 0.3539]),
    "invalid_number_rate": part(2, 12, [0.047, 0.448]),
    "dialled": 5,
    "contacted": 3,
    "contact_rate": part(3, 8, [0.1368, 0.6943]),
    "appointments": 1,
    "quotes": 1,
    "sales": 2,
    "returns": {
        "claimed": {"count": 4, "amount": "100"},
        "undecided": {"count": 2, "amount": "50"},
        "credited": {"count": 1, "amount": "25"},
    },
    "return_rate": part(1, 8, [0.0224, 0.4709]),
    "cost": "215",
    "credited": "25",
    "net_cost": "190",
    "unpriced": 0,
    "net_leads": 7,
    "net_contacted": 2,
    "cost_per_lead": "27.1429",
    "cost_per_contact": "95",
    "cost_per_appointment": "190",
    "cost_per_sale": "95",
    "revenue": "150.5",
    "roas": "0.7921",
}
NOTHING: dict[str, Any] = {
    name: part(0, 0, None) if name.endswith("_rate") else 0 if isinstance(value, int) else "0"
    for name, value in EXPECTED.items()
} | {
    "source": "silent",
    "kind": "form",
    "calls": NO_CALLS,
    "day": None,
    "refused_by_reason": {},
    "returns": {name: {"count": 0, "amount": "0"} for name in ("claimed", "undecided", "credited")},
    "cost_per_lead": None,
    "cost_per_contact": None,
    "cost_per_appointment": None,
    "cost_per_sale": None,
    "roas": None,
}


async def make(service: RunningService, wanted: dict[str, Any]) -> str:
    """A lead, and what came of it; its phone."""
    phone = new_phone()
    lead_id = await taken(service, phone=phone, cost=wanted.get("cost"))
    if "contact" in wanted:
        await run(service, REACHED, lead_id, wanted["contact"])
    for kind, worth in wanted.get("outcomes", []):
        assert (await report(service, lead_id, kind=kind, value=worth))[0] == 201
    if "claim" in wanted:
        _, answer = await report(service, lead_id, kind="return", reason="wrong_person")
        for action in wanted["claim"]:
            path = f"/v1/returns/{answer['lead']['claim']['return_id']}"
            assert (await ask(service, "POST", path, {"action": action}))[0] == 200
    return phone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    sources: dict[str, dict[str, Any]] = {
        "patient": {"duplicates": {"window": "1h", "on_repeat": "touch"}},
        "silent": {"cost_per_lead": 5},
        "dated": {"cost_per_lead": 10},
    }
    text = with_sources(sources, cadence=TOMORROW, source=TERMS)
    folder: Path = tmp_path_factory.mktemp("source_stats")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def table(service: RunningService) -> RunningService:
    """The leads of the table; and beside them what must never count: a test, and another account's lead."""
    phones = [await make(service, one) for one in LEADS]
    for fields, code in [*REFUSED, ({"phone": phones[0]}, "duplicate")]:
        status, answer = await service.post(**{"phone": new_phone()} | fields)
        assert (status, answer["code"]) == (422, code)
    await taken(service, test=True, cost="500")
    other = configuration(account="other", account_key=OTHER_ACCOUNT, source_key=OTHER_SOURCE, cadence=TOMORROW)
    await configure(service.database_url, other)
    status, answer = await service.post(
        phone=new_phone(), cost="1000", headers={"Authorization": f"Bearer {OTHER_SOURCE}"}
    )
    assert status == 202
    assert (await report(service, answer["lead_id"], key=OTHER_ACCOUNT, kind="sale", value="9"))[0] == 201
    return service


async def stats(service: RunningService, key: str | None = None, **query: str) -> dict[str, dict[str, Any]]:
    """The answer's rows, by source."""
    found = await service.get("/v1/stats/sources", key, **query)
    return {one["source"]: one for one in found["sources"]}


async def test_known_leads_give_exactly_these_numbers(table: RunningService) -> None:
    assert (await stats(table))["form"] == EXPECTED


async def test_a_source_without_leads_is_told_with_zeros_and_without_rates(table: RunningService) -> None:
    assert (await stats(table, source="silent")) == {"silent": NOTHING}


async def test_the_same_contacts_are_told_as_among_the_contact_numbers(table: RunningService) -> None:
    (group,) = (await table.get("/v1/stats/contact", source="form"))["groups"]
    same = {name: value for name, value in group.items() if name in EXPECTED}
    assert {"received", "accepted", "dialled", "contacted", "contact_rate", "acceptance_rate"} == same.keys()
    assert same == {name: EXPECTED[name] for name in same}


async def test_another_account_sees_its_own_leads_only(table: RunningService) -> None:
    (own,) = (await stats(table, OTHER_ACCOUNT)).values()
    told = ("source", "received", "cost", "revenue", "cost_per_sale", "roas")
    assert [own[name] for name in told] == ["form", 1, "1000", "9", "1000", "0.009"]


async def test_touches_stand_apart_and_a_lead_without_a_price_makes_no_cost(service: RunningService) -> None:
    phone = new_phone()
    for _ in range(3):
        await taken(service, "patient", phone=phone)
    found = (await stats(service, source="patient"))["patient"]
    told = ("received", "accepted", "touches", "unpriced", "cost", "cost_per_lead", "net_leads")
    assert [found[name] for name in told] == [1, 1, 2, 1, "0", None, 1]
    assert found["duplicate_rate"] == part(2, 3, [0.2077, 0.9385])


async def test_days_are_those_of_the_account(service: RunningService) -> None:
    """New York, around the night in which its clocks go forward."""
    moments = ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"]
    for moment in moments:
        lead_id = await taken(service, "dated")
        at = datetime.fromisoformat(moment)
        await run(service, "UPDATE lead SET received_at = $2 WHERE id = $1", lead_id, at)
    asked = {"from": "2026-03-08T00:00:00-05:00", "to": "2026-03-11T00:00:00-04:00", "source": "dated"}
    found = (await service.get("/v1/stats/sources", group_by="day", **asked))["sources"]
    assert [(one["day"], one["received"], one["cost"]) for one in found] == [
        ("2026-03-08", 2, "20"),
        ("2026-03-09", 1, "10"),
    ]
    assert (await stats(service, **asked))["dated"]["received"] == 3
    assert (await service.get("/v1/stats/sources", group_by="day", source="silent"))["sources"] == []


async def test_a_campaign_that_has_no_leads_has_no_rows(table: RunningService) -> None:
    assert (await stats(table, campaign="auto"))["form"] == EXPECTED
    assert await stats(table, campaign="nothing") == {}


async def test_the_file_says_the_same_and_leaves_out_what_has_no_denominator(table: RunningService) -> None:
    _, rows = await ask(table, "GET", "/v1/stats/sources", Accept="text/csv")
    found = {row["source"]: row for row in rows}
    form = found["form"]
    assert (form["cost_per_lead"], form["contact_rate.denominator"], form["refused_by_reason.duplicate"]) == (
        "27.1429",
        "8",
        "1",
    )
    assert (form["returns.undecided.amount"], form["contact_rate.interval_95.0"]) == ("50", "0.1368")
    assert (found["silent"]["roas"], found["silent"]["received"]) == ("", "0")


# ---- on the pages --------------------------------------------------------------------------------------------


@asynccontextmanager
async def signed_in(service: RunningService, email: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which this manager has signed in."""
    jar, headers = aiohttp.CookieJar(unsafe=True), {"Accept": "text/html"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session:
        given = MANAGER | {"email": email}
        async with session.post(f"{service.url}/login", data=given, allow_redirects=False) as response:
            assert response.status == 303
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def manager(table: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    async with signed_in(table, MANAGER["email"]) as session:
        yield session


async def page(manager: aiohttp.ClientSession, table: RunningService, path: str, status: int = 200) -> str:
    async with manager.get(f"{table.url}{path}") as response:
        assert response.status == status
        return await response.text()


def words(text: str) -> str:
    """What is read, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def test_the_overview_shows_the_same_numbers_with_their_denominators(
    table: RunningService, manager: aiohttp.ClientSession
) -> None:
    rows = re.findall(r'<tr data-figures="(.*?)">(.*?)</tr>', await page(manager, table, "/sources"), re.DOTALL)
    told = {source: words(row) for source, row in rows}
    assert told["form"] == "form 8 4 0 38 % 3/8 215.00 25.00 27.14 ÷ 7 95.00 ÷ 2 2 150.50 0.79"
    assert told["silent"] == "silent 0 0 0 – 0/0 0.00 0.00 – ÷ 0 – ÷ 0 0 0.00 –"


@pytest.mark.parametrize(
    ("query", "first", "ordered_by"),
    [
        ("", "form", "source"),
        ("?sort=source&order=desc", "silent", "source"),
        ("?sort=cost&order=desc", "form", "cost"),
        ("?sort=cost&order=asc", "silent", "cost"),
        ("?sort=roas&order=desc", "form", "roas"),
        ("?sort=roas&order=asc", "form", "roas"),  # what has no number comes last either way
    ],
)
async def test_the_overview_is_ordered_by_the_column_that_was_chosen(
    table: RunningService, manager: aiohttp.ClientSession, query: str, first: str, ordered_by: str
) -> None:
    text = await page(manager, table, f"/sources{query}")
    names = [name for name in re.findall(r'<tr data-figures="(.*?)">', text) if name in {"form", "silent"}]
    assert (len(names), names[0]) == (2, first)
    assert re.findall(r'aria-sort="\w+"><a id="sort-(\w+)"', text) == [ordered_by]


async def test_a_sources_page_shows_its_own_numbers(table: RunningService, manager: aiohttp.ClientSession) -> None:
    text = await page(manager, table, "/sources/form?period=30d&failures=1")
    found = dict(re.findall(r'data-figure="(\w+)">(.*?)</b>', text))
    expected = {
        "received": "12", "contacted": "3", "contact_rate": "37.5 %", "return_rate": "12.5 %", "net_cost": "190.00",
        "undecided": "50.00", "cost_per_lead": "27.14", "cost_per_sale": "95.00", "revenue": "150.50",
        "roas": "0.79",
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    told = words(text)
    assert "190.00 ÷ 7 leads" in told
    assert "Refused: 2 invalid_phone , 1 duplicate , 1 outside_criteria ." in told
    assert 'href="/sources/form?failures=1&period=today"' in text.replace("&amp;", "&"), "the other choice is kept"
    silent = await page(manager, table, "/sources/silent")
    assert 'data-figure="cost_per_lead">–<' in silent
    assert "0.00 ÷ 0 leads" in words(silent)


@pytest.mark.parametrize("query", ["period=year", "sort=shoe", "order=up"])
async def test_what_a_page_cannot_show_is_said(
    table: RunningService, manager: aiohttp.ClientSession, query: str
) -> None:
    assert "invalid_field" in await page(manager, table, f"/sources?{query}", 422)


async def test_a_source_that_was_removed_keeps_its_numbers_and_has_no_page(table: RunningService) -> None:
    other = configuration(account="other", account_key=OTHER_ACCOUNT, source_key="stl_other_key_0002")
    await configure(table.database_url, other.replace("name: form", "name: renamed"))
    found = await stats(table, OTHER_ACCOUNT)
    assert {name: one["received"] for name, one in found.items()} == {"form": 1, "renamed": 0}
    async with signed_in(table, "manager@other.example") as session:
        text = await page(session, table, "/sources")
    assert 'href="/sources/renamed#figures"' in text
    assert '<tr data-figures="form">' in text
    assert "/sources/form" not in text


# ---- what cannot be asked ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", None, 422),
        ("from=yesterday", None, 422),
        ("group_by=shoe", None, 422),
        ("", SOURCE_KEY, 403),
        ("", "stl_acct_wrong", 401),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    service: RunningService, query: str, key: str | None, status: int
) -> None:
    found, answer = await ask(service, "GET", f"/v1/stats/sources?{query}", key=key)
    assert (found, answer["status"]) == (status, status)
