"""The pages of what the account learns from its own leads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
        await tx.execute("UPDATE account SET created_at = created_at - interval '30 days'")
        await tx.execute("DELETE FROM answers_counted")
    await service.node.services.learning.answering.learn()
    found = await page(service, "/reports/best-time")
    assert "Most is expected of" in found
    assert "33.3 %" in found
