"""A page of a real browser, for the tests of our pages; they are left out where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SOON_MS = 20_000
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WIDTH = "document.documentElement.scrollWidth"
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing"),
]


@asynccontextmanager
async def fresh_page() -> AsyncIterator[Any]:
    """A page of a fresh browser; what its console complains of fails the test."""
    async_api = pytest.importorskip("playwright.async_api", reason="no browser: Playwright is not installed")
    async with async_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        context = await browser.new_context(viewport=DESK)
        context.set_default_timeout(SOON_MS)
        opened = await context.new_page()
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        yield opened
        await browser.close()
        assert errors == []


@asynccontextmanager
async def without_scripts(page: Any) -> AsyncIterator[Any]:
    """Another page of the same browser, where scripts do not run."""
    context = await page.context.browser.new_context(java_script_enabled=False)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def fill_sign_in(page: Any, url: str, email: str = "manager@test.example") -> None:
    await page.goto(f"{url}/login")
    await page.fill("#email", email)
    await page.fill("#password", "change-me-now")
    await page.click("main button")


async def sign_in(page: Any, url: str, email: str = "manager@test.example") -> None:
    """Signed in, and following what happens."""
    await fill_sign_in(page, url, email)
    await page.wait_for_selector("[data-connection][data-state=live]")
