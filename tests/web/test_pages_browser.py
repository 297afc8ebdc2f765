"""The pages in a real browser: that they follow what happens, come back after a lost connection, and can be used
by keyboard and on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from browsing import NEEDS_BROWSER, PHONE, WIDTH, fresh_page, sign_in, without_scripts
from running import AGENTS_ANSWER, LEAD_PHONE, RunningService, person, running_service

from speedtolead.runtime.live import LiveHub
from speedtolead.sample import text as sample_text
from speedtolead.simulator.people import Does

pytestmark = NEEDS_BROWSER


@pytest.fixture
async def page() -> AsyncIterator[Any]:
    async with fresh_page() as opened:
        yield opened


@pytest.fixture
async def sample(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node with the sample account; who is called there talks for a while."""
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.ANSWER, ring=20.0, talk=40.0))
    async with running_service(database_url, tmp_path, sample_text(), people) as running:
        yield running


async def test_the_board_follows_a_posted_lead(service: RunningService, page: Any) -> None:
    await sign_in(page, service.url)
    assert "No lead has come in" in await page.inner_text("[data-part=leads]")
    _, taken = await service.post()
    row = f"tr:has(#lead-{taken['lead_id']})"
    await page.wait_for_selector(row)
    await page.wait_for_selector(f"{row} .state:text('contacted')")
    await page.wait_for_selector("[data-rate=contact_rate]:text('100.0 %')")


async def test_a_leads_page_follows_its_call_and_keeps_what_was_opened(service: RunningService, page: Any) -> None:
    _, taken = await service.post(schedule_at="2099-01-01T15:00:00Z")
    await sign_in(page, service.url)
    await page.goto(f"{service.url}/leads/{taken['lead_id']}")
    await page.wait_for_selector("[data-connection][data-state=live]")
    await page.click("#hops-meaning summary")
    await service.http.post(
        f"{service.url}/v1/leads/{taken['lead_id']}/stop",
        headers={"Authorization": f"Bearer {service.account_key}"},
    )
    await page.wait_for_selector("[data-status=closed]")
    assert await page.locator("#stop").count() == 0
    assert await page.locator("#hops-meaning[open]").count() == 1


async def test_the_stop_button_ends_the_lead(service: RunningService, page: Any) -> None:
    _, taken = await service.post(schedule_at="2099-01-01T15:00:00Z")
    await sign_in(page, service.url)
    await page.click(f"#lead-{taken['lead_id']}")
    await page.click("#stop")
    await page.wait_for_selector("[data-status=closed]")
    assert (await service.lead(taken["lead_id"]))["status"] == "closed"


async def test_the_sample_form_shows_both_phones_and_the_hops(sample: RunningService, page: Any) -> None:
    await page.goto(f"{sample.url}/demo")
    await page.check("#consent")
    await page.click("main button")
    await page.wait_for_selector("[data-phone=lead][data-state=ringing]")
    await page.wait_for_selector("[data-phone=agent][data-state=live]")
    await page.wait_for_selector("[data-phone=lead][data-state=live]")
    await page.wait_for_selector("[data-hop=bridged]:not(.pending)")
    await page.wait_for_selector("[data-done]")
    await page.wait_for_selector("[data-phone=lead][data-state=ended]")
    assert await page.locator("[data-hop].pending").count() == 0
    assert sample.rung() == 1


async def test_signing_in_by_keyboard_alone(service: RunningService, page: Any) -> None:
    await page.goto(f"{service.url}/login")
    await page.wait_for_selector("#email:focus")
    await page.keyboard.type("manager@test.example")
    await page.keyboard.press("Tab")
    await page.keyboard.type("change-me-now")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert await page.evaluate(outline) != "none"
    await page.keyboard.press("Enter")
    await page.wait_for_selector("h1:text('Live board')")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_focus_stays_when_a_part_is_swapped(service: RunningService, page: Any) -> None:
    _, first = await service.post(schedule_at="2099-01-01T15:00:00Z")
    await sign_in(page, service.url)
    await page.focus(f"#lead-{first['lead_id']}")
    _, second = await service.post(phone="+12125550143", schedule_at="2099-01-01T15:00:00Z")
    await page.wait_for_selector(f"#lead-{second['lead_id']}")
    assert await page.evaluate("document.activeElement.id") == f"lead-{first['lead_id']}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_scrolls_sideways_on_a_phone(sample: RunningService, page: Any, scheme: str) -> None:
    sources = {"Authorization": "Bearer stl_example_key_0001"}
    _, taken = await sample.post(first_name="A" * 100, last_name="B" * 100, city="C" * 100, headers=sources)
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size(PHONE)
    await sign_in(page, sample.url, "manager@example.com")
    learned = [f"/reports/{name}" for name in ("experiments", "best-time", "response", "staffing")]
    for path in ("/", f"/leads/{taken['lead_id']}", "/rules", "/docs", "/demo", "/nowhere", *learned):
        await page.goto(sample.url + path)
        await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        assert await page.evaluate(WIDTH) <= PHONE["width"], path


async def test_a_lost_stream_is_told_and_taken_up_again(service: RunningService, page: Any) -> None:
    await sign_in(page, service.url)
    await page.route("**/v1/events", lambda route: route.abort())
    await page.route("**/board/fragment", lambda route: route.abort())
    hub = service.node.services.live
    assert isinstance(hub, LiveHub)
    hub.close()
    await page.wait_for_selector("[data-connection][data-state=lost]:text('Not connected')")
    _, taken = await service.post(schedule_at="2099-01-01T15:00:00Z")
    await page.unroute("**/board/fragment")
    await page.unroute("**/v1/events")
    await page.wait_for_selector("[data-connection][data-state=live]")
    await page.wait_for_selector(f"#lead-{taken['lead_id']}")


async def test_the_sample_form_works_without_scripts(sample: RunningService, page: Any) -> None:
    async with without_scripts(page) as plain:
        await plain.goto(f"{sample.url}/demo")
        await plain.check("#consent")
        await plain.click("main button")
        await plain.wait_for_selector("[data-phone=lead]")
        await plain.reload()
        assert await plain.locator("[data-hop]").count() == 8
