"""The rules and the decisions as people read them: the rules page, the lead's page, and the commands."""

from __future__ import annotations

import asyncio
import html
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database
from running import RunningService, configuration, running_service
from test_pages import HTML, get, sign_in

from speedtolead import cli
from speedtolead.domain.hours import DAYS
from speedtolead.service.rules import file, table

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIPPED = file.shipped()
Command = Callable[..., Awaitable[int]]


def in_two_days() -> datetime:
    return datetime.now(ZoneInfo("America/New_York")) + timedelta(days=2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """A node whose campaign is open on the day after tomorrow only."""
    opens = f'{{{DAYS[in_two_days().weekday()]}: "00:00-24:00"}}'
    text = configuration().replace('{mon-sun: "00:00-24:00"}', opens)
    async with (
        new_database(server_url) as url,
        running_service(url, tmp_path_factory.mktemp("rules"), text) as node,
    ):
        yield node


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(service: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    """A manager's, signed in."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers=HTML) as session:
        assert (await sign_in(session, service.url)).status == 303
        yield session


@pytest.fixture
def command(service: RunningService) -> Command:
    async def run(*words: str) -> int:
        given = cli.parser().parse_args(words)
        code: int = await given.run(service.settings, given)
        return code

    return run


async def test_a_reader_that_goes_away_as_head_does_is_no_error(service: RunningService) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        shown = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speedtolead", "rules", "show",
            env=os.environ | {"SPEEDTOLEAD_DATABASE_URL": service.database_url},
            stdout=writes, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await shown.communicate()
    finally:
        os.close(writes)
    assert (shown.returncode, said) == (141, b"")


def text_of(page: str) -> str:
    """What is read of a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


async def test_a_lead_that_was_not_called_says_why_on_its_page_in_the_api_and_by_the_command(
    service: RunningService, browser: aiohttp.ClientSession, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    _, taken = await service.post(phone="+12155550188", state="PA", postal_code="19103")
    lead = await service.lead_when(taken["lead_id"], lambda one: one["attempts"][0]["decisions"])
    (decision,) = lead["attempts"][0]["decisions"]
    decided = datetime.fromisoformat(decision["decided_at"]).astimezone(ZoneInfo("America/New_York"))
    words = (
        f"Not called at {decided:%H:%M} New York time: the campaign is closed on {decided:%A}s (rule set "
        f"{SHIPPED.version}). Next lawful time: {in_two_days():%A} 00:00 New York."
    )
    assert decision["words"] == words

    page = (await get(browser, f"{service.url}/leads/{taken['lead_id']}")).text
    assert page.count(words) == 2, "at the top, and at the attempt"
    assert f"Attempt 1: n{words[1:]}" in page
    read = text_of(page)
    assert "Pennsylvania America/New_York postal code 19103" in read
    assert "New Jersey America/New_York area code 215" in read
    assert f'href="/rules?version={SHIPPED.version}"' in page
    for rule in decision["rules"]:
        assert rule["name"].replace("_", " ") in read

    capsys.readouterr()
    assert await command("explain", taken["lead_id"]) == 0
    assert f"Attempt 1: n{words[1:]}" in capsys.readouterr().out


async def test_the_rules_page_shows_the_whole_table_with_sources_and_holidays(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    page = (await get(browser, f"{service.url}/rules")).text
    read = text_of(page)
    assert f"Version {SHIPPED.version} in force" in read
    for line in table.lines(SHIPPED):
        assert line.citation in read
        assert f'data-state="{line.state}"' in page
    assert page.count("data-state=") == 1 + sum(map(len, SHIPPED.states.values()))
    pennsylvania = read.partition("Pennsylvania PA")[2].partition("Rhode Island")[0]
    for words in ("09:00-19:00", "closed", "holidays: federal, PA", "73 P.S. 2241 ff.", "low"):
        assert words in pennsylvania
    assert "at most 3 calls and texts in 24 hours" in read.partition("Florida FL")[2].partition("Illinois")[0]
    for day in SHIPPED.holidays["PA"].days.values():
        assert day in read
    for part in (SHIPPED.do_not_call, SHIPPED.recording, SHIPPED.abandonment):
        assert part.citation in read


async def test_the_rules_page_is_for_who_is_signed_in(service: RunningService) -> None:
    async with aiohttp.ClientSession(headers=HTML) as nobody:
        assert (await get(nobody, f"{service.url}/rules")).place == "/login?next=/rules"


async def test_a_version_is_loaded_shown_and_withdrawn(
    service: RunningService,
    browser: aiohttp.ClientSession,
    command: Command,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy, today = tmp_path / "own.yaml", datetime.now(UTC).date()
    text = file.shipped_text().replace(f"version: {SHIPPED.version}", "version: own-1")
    text = text.replace(f"effective_from: {SHIPPED.effective_from}", f"effective_from: {today}")
    copy.write_text(text, "utf-8")
    assert await command("rules", "load", str(copy)) == 0
    assert f"loaded own-1, used from {today} on" in capsys.readouterr().out
    assert await command("rules", "load", str(copy)) == 0, "the same again"

    await service.node.services.rules.refresh()
    page = text_of((await get(browser, f"{service.url}/rules")).text)
    assert "Version own-1 in force" in page
    assert "loaded by the operator in force" in page
    assert "came with the product replaced" in page
    before = text_of((await get(browser, f"{service.url}/rules?version={SHIPPED.version}")).text)
    assert f"Version {SHIPPED.version} from" in before

    capsys.readouterr()
    assert await command("rules", "show") == 0
    shown = capsys.readouterr().out
    assert f"own-1  from {today}, checked {SHIPPED.checked}, in force, shown" in shown
    assert "PA  mon-fri 09:00-19:00; sat 09:00-19:00; sun closed; holidays closed  (calls, texts)" in shown
    assert all(line.citation in shown for line in table.lines(SHIPPED))
    assert await command("rules", "show", SHIPPED.version) == 0

    copy.write_text(text.replace("09:00-19:00", "09:00-18:00"), "utf-8")
    assert await command("rules", "load", str(copy)) == 1
    assert "was loaded before, with another text" in capsys.readouterr().err

    assert await command("rules", "withdraw", "own-1") == 0
    assert await command("rules", "withdraw", "own-1") == 1
    assert await command("rules", "show", "own-1") == 1
    await service.node.services.rules.refresh()
    gone = text_of((await get(browser, f"{service.url}/rules?version=own-1")).text)
    assert "That version is not known here" in gone
    assert f"Version {SHIPPED.version} in force" in gone


async def test_a_file_that_is_no_rule_set_is_refused(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command("rules", "load", str(tmp_path / "nowhere.yaml")) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
