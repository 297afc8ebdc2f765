"""The pages about sources in a real browser: by keyboard, on a phone and on wide screens, light and dark."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from browsing import NEEDS_BROWSER, WIDTH, fill_sign_in, fresh_page, sign_in, without_scripts
from running import RunningService, running_service
from test_pages_sources import GOOGLE_KEY, PARTNER, PARTNER_SETTINGS, lead, send, source, with_partners

WIDTHS = (390, 1280, 1920)

pytestmark = NEEDS_BROWSER


@pytest.fixture
async def page() -> AsyncIterator[Any]:
    async with fresh_page() as opened:
        yield opened


@pytest.fixture
async def partners(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(database_url, tmp_path, with_partners()) as running:
        yield running


async def focused(page: Any) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


async def tab_to(page: Any, name: str) -> None:
    """Go on by Tab until that is reached, seen by its outline."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await focused(page) == name:
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


async def filled(service: RunningService) -> str:
    """Posts of every kind, with long words; the id of a refused one."""
    await send(service, lead())
    await send(service, lead(ref="r-2"))
    await send(service, b'{"' + b"x" * 400)
    long = {"contact": {"mobile": "+12125550143"}, "st": "NJ", "ref": "y" * 150, "z" * 200: "w" * 500}
    return str((await send(service, long))[1]["lead_id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_scrolls_sideways(partners: RunningService, page: Any, scheme: str) -> None:
    refused = await filled(partners)
    unreadable = f"{PARTNER}/posts/1"
    paths = ["/sources", PARTNER, f"{PARTNER}?failures=1", f"{PARTNER}/posts/{refused}", unreadable,
             f"{PARTNER}/try", "/sources/ads", "/sources/ads/try", "/settings", PARTNER_SETTINGS,
             "/settings/sources/ads", f"/leads/{refused}"]  # fmt: skip
    await page.emulate_media(color_scheme=scheme)
    await sign_in(page, partners.url)
    for path in paths:
        await page.goto(partners.url + path)
        await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate(WIDTH) <= width, f"{path} at {width}"
        assert await page.evaluate(CONTRASTS) == [], path


CONTRASTS = """() => {
  // Text whose contrast with what is behind it is less than WCAG AA asks.
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("main *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


async def test_the_posts_follow_what_comes_in(partners: RunningService, page: Any) -> None:
    await sign_in(page, partners.url)
    await page.goto(partners.url + PARTNER)
    await page.wait_for_selector("[data-connection][data-state=live]")
    _, taken = await send(partners, lead())
    await page.wait_for_selector(f"tr[data-post='{taken['lead_id']}'] .state:text('accepted')")


async def test_a_failed_post_is_found_and_sent_again_by_keyboard_alone(partners: RunningService, page: Any) -> None:
    refused = await filled(partners)
    await sign_in(page, partners.url)
    await page.goto(f"{partners.url}/sources")
    await tab_to(page, f"source-{(await source(partners))['id']}")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#failed-posts")
    await tab_to(page, "failed-posts")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#failed-posts[aria-current]")
    await tab_to(page, f"post-{refused}")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#again")
    await tab_to(page, "again")
    assert "may be called" in await page.inner_text("#again-means")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#sent[data-sent=outside_criteria]")


async def test_sources_are_ordered_by_keyboard_and_by_click(partners: RunningService, page: Any) -> None:
    await sign_in(page, partners.url)
    await page.goto(f"{partners.url}/sources?period=30d")
    await tab_to(page, "sort-cost_per_lead")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("th[aria-sort=descending] #sort-cost_per_lead")
    await tab_to(page, "sort-cost_per_contact")
    await page.click("#sort-cost_per_lead")
    await page.wait_for_selector("th[aria-sort=ascending] #sort-cost_per_lead")
    assert await page.get_attribute("#period-30d", "aria-current") == "true", "the period stays"
    await page.set_viewport_size({"width": 390, "height": 900})
    await page.select_option("#sort", "revenue")
    await page.click(".sorting button")
    await page.wait_for_url("**/sources?period=30d&sort=revenue&order=asc")


async def test_a_mapping_is_tried_by_keyboard_alone(partners: RunningService, page: Any) -> None:
    await sign_in(page, partners.url)
    await page.goto(f"{partners.url}{PARTNER}/try")
    await tab_to(page, "mapping")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("fields: {phone: tel, state: {const: NY}, consent.channels: {const: [call]}}")
    await tab_to(page, "body")
    await page.keyboard.press("Control+A")
    await page.keyboard.type('{"tel": "+12125550142"}')
    await tab_to(page, "run")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#result[data-verdict=accepted]")
    assert await page.input_value("#body") == '{"tel": "+12125550142"}'


async def test_a_sample_of_many_lines_stays_what_it_is(partners: RunningService, page: Any) -> None:
    sample = json.dumps(lead(), indent=2)
    await sign_in(page, partners.url)
    await page.goto(f"{partners.url}{PARTNER}/try")
    await page.fill("#body", sample)
    for _ in range(2):
        await page.click("#run")
        await page.wait_for_selector("#result[data-verdict=accepted]")
        assert await page.input_value("#body") == sample


async def test_settings_are_checked_saved_paused_and_copied(partners: RunningService, page: Any) -> None:
    await sign_in(page, partners.url)
    await page.goto(partners.url + PARTNER_SETTINGS)
    text = await page.input_value("#text")
    await page.fill("#text", text.replace("daily: 500", "daily: 5x"))
    await page.click("#check")
    await page.wait_for_selector("#problems :text('caps.daily')")
    await page.fill("#text", text.replace("daily: 500", "daily: 700"))
    await page.click("#check")
    await page.wait_for_selector("#edited[data-saved=no]")
    await page.click("#save")
    await page.wait_for_selector("#edited[data-saved=yes]")
    assert "daily: 700" in await page.input_value("#text")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=partners.url)
    await page.click("#copy")
    await page.wait_for_selector("#copy:text('Copied')")
    assert await page.evaluate("navigator.clipboard.readText()") == await page.input_value("#text")
    await page.click("#pause")
    await page.wait_for_selector("[data-paused=yes]")
    await page.click("#pause")
    await page.wait_for_selector("[data-paused=no]")
    assert (await source(partners))["version"] == 4


async def test_the_settings_work_without_scripts(partners: RunningService, page: Any) -> None:
    async with without_scripts(page) as plain:
        await fill_sign_in(plain, partners.url)
        await plain.goto(f"{partners.url}/settings/sources/ads")
        text = await plain.input_value("#text")
        assert GOOGLE_KEY not in text
        await plain.fill("#text", f"{text}caps: {{daily: 9}}\n")
        await plain.click("#save")
        await plain.wait_for_selector("#edited[data-saved=yes]")
        assert not await plain.is_visible("#copy")
    connector = json.loads((await source(partners, "ads"))["said"])["connector"]
    assert connector == {"type": "google", "google_key": GOOGLE_KEY}
