"""The pages of what the account learns from its own leads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import pytest_asyncio
from histories import Called, Past, lived
from posting import new_database
from running import RunningService, configuration, running_service
from test_pages import HTML, get, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXPERIMENT = """    experiments:
      - name: first-call
        arms: [{name: at-once, share: 50%}, {name: later, share: 50%, delay: 2m}]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("learning")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, configuration() + EXPERIMENT) as running,
    ):
        yield running


async def page(service: RunningService, path: str) -> str:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as browser:
        await sign_in(browser, service.url)
        answer = await get(browser, f"{service.url}{path}")
    assert answer.status == 200
    return answer.text


async def test_what_has_not_begun_says_how_it_begins(service: RunningService) -> None:
    found = await page(service, "/reports/experiments")
    assert "Nothing is known of later against at-once yet." in found


async def test_an_experiment_is_shown_with_its_arms_and_its_answer(service: RunningService) -> None:
    past = []
    began = datetime.now(UTC) - timedelta(days=20)
    for n in range(800):
        arm, reached = ("at-once", n % 4 < 3) if n % 2 else ("later", n % 8 == 0)
        past.append(
            Past(began + timedelta(minutes=n), [Called(timedelta(seconds=5), reached)], {"first-call": arm})
        )
    async with service.database.connection() as tx:
        await lived(tx, await service.account_id(), past)
        await tx.execute("UPDATE experiment SET began_at = began_at - interval '21 days'")
    found = await page(service, "/reports/experiments")
    assert "later has a lower contact rate than at-once" in found
    assert 'data-arm="later"' in found
    assert "100 of 400" in found


async def test_the_best_time_says_what_is_missing_and_then_what_it_learned(service: RunningService) -> None:
    before = await page(service, "/reports/best-time")
    assert "No follow-up call has been counted yet." in before
    assert "there is no lift to tell" in before
    at = datetime.now(UTC) - timedelta(days=9)
    past = [
        Past(at - timedelta(minutes=n), [Called(timedelta(seconds=3)), Called(timedelta(days=1), n % 3 == 0)])
        for n in range(240)
    ]
    async with service.database.connection() as tx:
        await lived(tx, await service.account_id(), past)
        await tx.execute("DELETE FROM answers_counted")
    await service.node.services.learning.answering.learn()
    found = await page(service, "/reports/best-time")
    assert "Most is expected of" in found
    assert "33.3 %" in found


async def test_the_response_curve_has_the_lot_beside_it(service: RunningService) -> None:
    """Leads of no experiment: all at once are reached, none of those after 90 seconds."""
    at = datetime.now(UTC) - timedelta(days=12)
    past = [
        Past(at + timedelta(minutes=n), [Called(timedelta(seconds=3 if n % 2 else 90), bool(n % 2))], value=500,
             outcome="sale" if n % 4 == 1 else None)
        for n in range(200)
    ]  # fmt: skip
    async with service.database.connection() as tx:
        await lived(tx, await service.account_id(), past)
    report = await service.get("/v1/stats/response", **{"from": "2020-01-01T00:00:00Z"})
    bands = {band["seconds_to_dial"]: band for band in report["bands"]}
    slow = bands["1 to 2 min"]["contact_rate"]
    assert (slow["numerator"], slow["denominator"]) == (0, 100)
    assert bands["under 5 s"]["sale_rate"]["numerator"] == 50
    (lot,) = report["randomised"]
    assert [arm["arm"] for arm in lot["arms"]] == ["at-once", "later"]
    assert lot["arms"][0]["median_seconds"] == 5
    assert lot["compared"][0]["by_lot"]["value"] == pytest.approx(-0.25)
    assert sum(band["leads"] for band in report["bands"]) < 900  # those whose delay was drawn are not in the curve
    found = await page(service, "/reports/response?clock=permitted")
    assert "By lot: first-call" in found
    assert "1 to 2 min" in await page(service, "/reports/response")


async def test_staffing_says_what_is_missing_and_then_how_many_agents_each_hour_takes(
    service: RunningService,
) -> None:
    zone = ZoneInfo("America/New_York")
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date()
    report = await service.get("/v1/stats/staffing", campaign="none")
    assert report["missing"].startswith("0 contacts by first calls are known of the last 28 days; 30 more")
    past = []
    for week in range(1, 6):
        at = datetime.combine(tomorrow - timedelta(weeks=week), time(13), zone).astimezone(UTC)
        past += [
            Past(at + timedelta(seconds=60 * n), [Called(timedelta(0), n % 2 == 0, talk=180.0 + n)])
            for n in range(60)
        ]
    async with service.database.connection() as tx:
        await tx.execute("DELETE FROM outcome")
        await tx.execute("UPDATE lead SET received_at = received_at - interval '400 days'")
        await lived(tx, await service.account_id(), past)
    report = await service.get("/v1/stats/staffing", goal="20")
    assert report["day"] == tomorrow.isoformat()
    assert report["missing"] is None
    (hour,) = report["hours"]
    assert (hour["hour"], hour["first_calls"], hour["retries"]) == (13, 60.0, 0.0)
    assert hour["possible"]
    assert hour["agents"] > 60 * (0.5 * 217 + 0.5 * 25) / 3600  # the load alone
    assert hour["with_these"]["p90_seconds"] <= 20 < hour["one_less"]["p90_seconds"]
    assert hour["one_more"]["p90_seconds"] <= hour["with_these"]["p90_seconds"]
    assert report["forecast_error"]["by_day"] is not None
    found = await page(service, "/reports/staffing?goal=20")
    assert 'data-hour="13"' in found
    assert "agent-hours" in found
    refused = await get_status(service, "/v1/stats/staffing?goal=1")
    assert refused == 422


async def get_status(service: RunningService, path: str) -> int:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.get(f"{service.url}{path}", headers=headers) as response:
        return response.status
