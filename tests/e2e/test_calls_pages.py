"""The pages of calls in a real browser: live rows, acting from a row, and what hostile calls do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.web.hub import Hub
from screener.web.pages import all_pages
from tests.browser.tab import Tab, Window
from tests.unit.web.calls_site import ALICE, BOB, FIRST, SECOND, CallsSite, calls_site

pytestmark = pytest.mark.e2e

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
LATER, LAST = "00000000000000d4", "00000000000000d5"


@asynccontextmanager
async def the_admin(folder: Path) -> AsyncIterator[CallsSite]:
    """A site with calls whose banner has a source, though no agent runs."""
    async with calls_site(folder, pages=all_pages()) as at:
        hub = at.admin.site.hub = Hub(lambda: f"{folder}/none.sock", at.admin.time)
        yield at
        hub.close()


@asynccontextmanager
async def signed_in_tab(window: Window, at: CallsSite, **options: object) -> AsyncIterator[Tab]:
    tab = await window.open(**options)  # type: ignore[arg-type]  # as `Window.open` takes them
    (cookie,) = at.reviewer.client.session.cookie_jar
    told = {"name": cookie.key, "value": cookie.value, "url": at.reviewer.origin}
    await tab.page.context.add_cookies([told])  # type: ignore[list-item]  # a cookie as Playwright takes it
    yield tab
    await tab.page.goto("about:blank")  # it looks for no site that is gone


async def test_a_call_stands_on_top_as_it_comes_unless_live_is_paused(
    window: Window, tmp_path: Path
) -> None:
    async with the_admin(tmp_path) as at, signed_in_tab(window, at) as tab:
        await tab.page.goto(f"{at.reviewer.origin}/calls")
        at.came(LATER, BOB, name=HOSTILE, trunk=HOSTILE)
        row = await tab.page.wait_for_selector(f"tr[data-id='{LATER}']")
        assert row is not None
        assert HOSTILE in await row.inner_text()
        await tab.page.click("#live button")
        at.came(LAST, ALICE)
        status = tab.page.locator("#live [role=status]", has_text="New calls waiting: 1")
        await status.wait_for()
        assert await tab.page.query_selector(f"tr[data-id='{LAST}']") is None
        await tab.page.click("#live button")
        await tab.page.wait_for_selector(f"tbody tr:first-child[data-id='{LAST}']")
        assert await tab.accessibility() == []


async def test_no_row_moves_while_one_is_pointed_at(window: Window, tmp_path: Path) -> None:
    async with the_admin(tmp_path) as at, signed_in_tab(window, at) as tab:
        await tab.page.goto(f"{at.reviewer.origin}/calls")
        await tab.page.hover(f"tr[data-id='{SECOND}'] summary")
        at.came(LAST, ALICE)
        await tab.page.locator("#live [role=status]", has_text="New calls waiting: 1").wait_for()
        assert await tab.page.query_selector(f"tr[data-id='{LAST}']") is None
        await tab.page.hover("h1")
        await tab.page.wait_for_selector(f"tbody tr:first-child[data-id='{LAST}']")


@pytest.mark.parametrize("script", [True, False])
async def test_a_caller_is_denied_from_a_row_with_script_and_without(
    window: Window, tmp_path: Path, script: bool
) -> None:
    async with the_admin(tmp_path) as at, signed_in_tab(window, at, script=script) as tab:
        await tab.page.goto(f"{at.reviewer.origin}/calls?caller=*43")
        await tab.page.click(f"tr[data-id='{SECOND}'] summary")
        await tab.page.click(f"tr[data-id='{SECOND}'] button:has-text('Deny')")
        await tab.page.wait_for_selector(".flash")
        assert tab.page.url.endswith("/calls?caller=*43")
        assert "Review 1: deny +1••••••••43" in await tab.page.inner_text(".flash")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True])
async def test_the_pages_are_accessible_and_nothing_is_cut_off(
    window: Window, tmp_path: Path, width: int, dark: bool
) -> None:
    async with the_admin(tmp_path) as at:
        at.came(LATER, ALICE, name=HOSTILE, did=HOSTILE, trunk=HOSTILE, source=HOSTILE)
        async with signed_in_tab(window, at, width=width, dark=dark) as tab:
            for path in (
                "/calls",
                "/calls?since=7d&trunk=trunk-a",
                f"/calls/{FIRST}",
                f"/calls/{LATER}",
            ):
                await tab.page.goto(at.reviewer.origin + path)
                assert await tab.accessibility() == []
                assert await tab.too_wide() == []
            await tab.page.goto(f"{at.reviewer.origin}/calls?verdict=maybe")
            assert await tab.accessibility() == []
            assert tab.took("422")
