"""One headless Chromium for a test, and its tabs: what a person would see go wrong fails the test.

Every tab stands for a person of their own (cookies, screen, colours, script on or off). What the
page itself is checked for is `accessibility`'s part, the program to run `fetched`'s.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Error,
    Page,
    async_playwright,
)

from tests.browser.accessibility import broken_rules

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",  # a container's may be too small
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]",
)
"""No tab reaches further than this machine, whatever its page says."""

PATIENCE_MS = 60_000
"""How long one step may take: a busy machine is no fault, a page that hangs is."""

_PHONE_WIDTH = 500


@dataclass  # no slots: Playwright keeps a note at the owner of each method it is to call
class Tab:
    """One person's tab: the Playwright page, and what went wrong in it so far.

    `faults` holds one line for each console error, stopped script or style (CSP), uncaught error,
    dialog and crash. Those left at the test's end fail it; `took` is for those that were wanted.
    """

    page: Page
    faults: list[str] = field(default_factory=list)

    def took(self, wanted: str) -> list[str]:
        """Take away the faults that hold this text, and return them."""
        taken = [line for line in self.faults if wanted in line]
        self.faults[:] = [line for line in self.faults if wanted not in line]
        return taken

    async def accessibility(self) -> list[str]:
        """Return what axe-core finds wrong with the page as it stands, one line a place.

        Raises TimeoutError for a tab without script, where axe-core cannot run.
        """
        async with asyncio.timeout(PATIENCE_MS / 1000):
            return await broken_rules(self.page)

    async def too_wide(self) -> list[str]:
        """Return what is seen and reaches past the right edge of the screen, scrollable or not."""
        found: list[str] = await self.page.evaluate(_TOO_WIDE)
        return found

    async def screenshot(self, name: str) -> Path | None:
        """Keep the whole page as NAME.png in the folder SCREENER_SCREENSHOTS, if that is set."""
        folder = os.environ.get("SCREENER_SCREENSHOTS")
        if not folder:
            return None
        path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}.png"
        await self.page.screenshot(path=path, full_page=True)
        return path

    def watch(self) -> None:
        """Write down from now on what goes wrong."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_page_error)
        self.page.on("dialog", self._on_dialog)
        self.page.on("crash", self._on_crash)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            kind = "CSP" if "Content Security Policy" in message.text else "console error"
            self._fault(kind, message.text)

    def _on_page_error(self, error: Error) -> None:
        self._fault("uncaught error", error.message)

    async def _on_dialog(self, dialog: Dialog) -> None:
        self._fault(f"dialog ({dialog.type})", dialog.message)
        await dialog.dismiss()

    def _on_crash(self, _: Page) -> None:
        self._fault("crash", "the page's process ended")

    def _fault(self, kind: str, text: str) -> None:
        self.faults.append(f"{self.page.url}: {kind}: {text}")


@dataclass(slots=True)
class Window:
    """A running Chromium: opens tabs, and knows them all."""

    browser: Browser
    tabs: list[Tab] = field(default_factory=list)

    async def open(
        self, *, width: int = 1280, height: int = 900, dark: bool = False, script: bool = True
    ) -> Tab:
        """Open a tab of a new person's: `width` and `height` in CSS pixels, a phone below 500."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=width < _PHONE_WIDTH,
            has_touch=width < _PHONE_WIDTH,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        tab = Tab(await context.new_page())
        tab.watch()
        self.tabs.append(tab)
        return tab

    async def faults(self) -> list[str]:
        """Return what went wrong in all tabs up to now and was not taken."""
        for tab in self.tabs:
            with suppress(
                Error
            ):  # of a tab that is closed or moves on there is nothing to wait for
                await tab.page.evaluate("0")
        return [line for tab in self.tabs for line in tab.faults]


@asynccontextmanager
async def open_window(program: Path) -> AsyncIterator[Window]:
    """Run a Chromium with a fresh profile; it and all it started end with the block."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield Window(browser)
        finally:
            await browser.close()


_TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  const scrolled = (one) => {
    for (let up = one.parentElement; up; up = up.parentElement) {
      if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)
          && up !== document.body && up !== document.documentElement) return true;
    }
    return false;
  };
  return [...document.body.querySelectorAll('*')]
    .filter((one) => one.checkVisibility()  // not what stands in a closed <details>
      && one.getBoundingClientRect().right > edge + 1 && !scrolled(one))
    .map((one) => `${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''}`
      + `${one.className && one.className.baseVal === undefined ? '.' + one.className : ''}`
      + ` ends at ${Math.round(one.getBoundingClientRect().right)} of ${edge} px`);
}"""
