"""The reports: their numbers, the filters that stand in the address, files, and the leads behind a number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from posting import TOMORROW, new_database, new_phone, with_sources
from reporting import ask, report, run, taken
from running import RunningService, running_service
from test_pages import HTML, get, post, sign_in

from speedtolead.service.reports.counting import Counting
from speedtolead.web.pages.reports.show import TABS

pytestmark = pytest.mark.asyncio(loop_scope="module")
TERMS = ", accept: {states: [NY, NJ]}"
CALLED = (
    "UPDATE attempt SET state = $2, requested_at = lead_received_at + interval '4 s', contact = $3,"
    " ringing_at = lead_received_at + interval '6 s', answered_at = lead_received_at + interval '9 s',"
    " bridged_at = CASE WHEN $3 THEN lead_received_at + interval '10 s' END, talk_seconds = 60,"
    " agent_id = (SELECT min(id::text)::uuid FROM agent), ended_at = now() WHERE lead_id = $1"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """Four leads taken at two sources, one refused; two were reached, one of them bought."""
    sources: dict[str, dict[str, Any]] = {"shared one": {"cost_per_lead": 10, "exclusive": False}}
    text = with_sources(sources, cadence=TOMORROW, source=TERMS)
    folder: Path = tmp_path_factory.mktemp("reports")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        bought = await taken(running, attributes={"car": "old"})
        met, unmet = await taken(running, state="NJ"), await taken(running)
        await taken(running, "shared one")
        assert (await running.post(phone=new_phone(), state="TX"))[0] == 422
        for lead_id, state, contact in (
            (bought, "connected", True),
            (met, "connected", True),
            (unmet, "machine", False),
        ):
            await run(running, CALLED, lead_id, state, contact)
        for kind, worth in (("appointment", None), ("sale", "300")):
            assert (await report(running, bought, kind=kind, value=worth))[0] == 201
        await Counting(running.database).count()
        yield running


async def page(service: RunningService, path: str) -> str:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as browser:
        await sign_in(browser, service.url)
        answer = await get(browser, f"{service.url}{path}")
    assert answer.status == 200, path
    return answer.text


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_the_funnel_by_api(service: RunningService) -> None:
    found = await service.get("/v1/stats/funnel")
    assert [(one["step"], one["count"]) for one in found["steps"]] == [
        ("received", 5), ("accepted", 4), ("dialled", 3), ("contacted", 2),
        ("appointments_or_quotes", 1), ("sales", 1),
    ]  # fmt: skip
    contacted = found["steps"][3]
    assert (contacted["rate"]["numerator"], contacted["rate"]["denominator"]) == (2, 4)
    assert contacted["usual"] == {"low": 0.3, "high": 0.7}
    _, lines = await ask(service, "GET", "/v1/stats/funnel?group_by=source", Accept="text/csv")
    assert [(one["group"], one["count"]) for one in lines if one["step"] == "sales"] == [
        ("form", "1"),
        ("shared one", "0"),
    ]


async def test_agents_and_compliance_by_api(service: RunningService) -> None:
    (agent,) = (await service.get("/v1/stats/agents"))["agents"]
    told = ("agent", "talks", "contacts", "talk_seconds", "people", "sales", "revenue")
    assert [agent[name] for name in told] == ["agent-1", 2, 2, 120.0, 2, 1, "300"]
    found = await service.get("/v1/stats/compliance")
    assert found["abandonment"][0]["live_answers"] == 2
    status, refused = await ask(service, "GET", "/v1/stats/agents?group_by=day")
    assert (status, refused["errors"][0]["field"]) == (422, "group_by")


@pytest.mark.parametrize("tab", TABS)
async def test_every_number_of_a_report_is_defined_and_every_table_is_a_file(
    service: RunningService, tab: str
) -> None:
    shown = await page(service, f"/reports/{tab}?period=today&source=form")
    for address in set(re.findall(r'href="(/reports/[\w-]+/[\w-]+\.csv[^"]*)"', shown)):
        assert "source=form" in address
        assert rows(await page(service, address.replace("&amp;", "&")))
    assert 'title=""' not in shown


async def test_a_filter_narrows_every_number_down(service: RunningService) -> None:
    for query, received in (
        ("source=form", 4),
        ("exclusive=shared", 1),
        ("state=NJ", 1),
        ("attribute=car%3Dold", 1),
    ):
        steps = rows(await page(service, f"/reports/funnel/steps.csv?period=today&{query}"))
        assert (query, steps[0]["leads"]) == (query, str(received))
    talked = rows(await page(service, "/reports/funnel/steps.csv?period=today&agent=agent-1"))
    assert [one["leads"] for one in talked] == ["2", "2", "2", "2", "1", "1"]


async def test_a_number_leads_to_its_leads(service: RunningService) -> None:
    shown = await page(service, "/reports/funnel?period=today")
    (address,) = set(re.findall(r'href="(/leads\?[^"]*step=contacted[^"]*)"', shown)) - set(
        re.findall(r'href="(/leads\?[^"]*source=[^"]*)"', shown)
    )
    found = await page(service, address.replace("&amp;", "&"))
    assert len(re.findall(r'id="lead-', found)) == 2
    refused = await page(service, "/leads?period=today&step=refused")
    assert "outside criteria" in refused


async def test_a_young_report_says_what_is_not_there(service: RunningService) -> None:
    assert "Nothing was counted in these days." in await page(
        service, "/reports/funnel?from=2020-01-01&to=2020-01-02"
    )
    assert "No lead fits." in await page(service, "/leads?from=2020-01-01&to=2020-01-02")


async def test_an_alarm_stands_on_the_board_until_it_is_over(service: RunningService) -> None:
    await run(
        service,
        "INSERT INTO alarm (id, account_id, kind, subject, began_at, opened_at, words, facts)"
        " SELECT gen_random_uuid(), id, 'no_agents', 'auto', now(), now(), 'Nobody is there.', '{}' FROM account",
    )
    (alarm,) = (await service.get("/v1/alarms"))["alarms"]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as browser:
        await sign_in(browser, service.url)
        board = await get(browser, f"{service.url}/")
        assert "Nobody is there." in board.text
        seen = f"{service.url}/alarms/{alarm['alarm_id']}/acknowledge"
        assert (await post(browser, seen, data={"csrf": board.csrf})).status == 303
        quiet = {"csrf": board.csrf, "kind": "no_agents", "hours": "4"}
        assert (await post(browser, f"{service.url}/alarms/quiet", data=quiet)).status == 303
        assert "Nobody is written to until" in (await get(browser, f"{service.url}/")).text
    (alarm,) = (await service.get("/v1/alarms"))["alarms"]
    assert alarm["acknowledged_by"] == "manager@test.example"
    status, refused = await ask(service, "POST", "/v1/alarms/quiet", {"kind": "noise", "hours": 1})
    assert (status, refused["errors"][0]["field"]) == (422, "kind")
