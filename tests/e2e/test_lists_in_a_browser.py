"""The pages of lists and of the audit as people see them: narrow and wide, light and dark."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.web.audit_pages import PAGES as AUDIT
from screener.web.hub import Hub
from screener.web.list_files_page import PAGES as FILES
from screener.web.list_pages import PAGES as LISTS
from screener.web.live_pages import PAGES as LIVE
from tests.browser.tab import Tab, Window
from tests.unit.web.api.sites import ALICE, BOB, FIRST, calls_served
from tests.unit.web.list_uploads import bring_in
from tests.unit.web.signed_in import SignedIn, Visitor

pytestmark = pytest.mark.e2e

PAGES = (*LISTS, *FILES, *AUDIT, *LIVE)
NUMBERS = f"number,description\n{ALICE},rude\n{BOB},\n+1900*,\n+16515550144x,\n"


@asynccontextmanager
async def a_site(folder: Path) -> AsyncIterator[SignedIn]:
    async with calls_served(folder, PAGES) as at:
        # Follows an agent that does not run, as the banner of every page asks it.
        at.site.hub = Hub(lambda: at.site.config.control.socket, at.site.wall)
        entry = {"for": "30d", "list": "reviewed", "reason": "ticket 881: a long reason, in words"}
        await at.reviewer.post("/lists/add", {"target": ALICE, "action": "allow", **entry})
        await at.reviewer.post(
            "/lists/add", {"target": "+1900*", "action": "deny", "sure": "yes", **entry}
        )
        await bring_in(at.admin, b"+16515550150\n+16515550151\n+1901*\n")
        await at.reviewer.post("/lists/undo", {"place": "1"})
        await at.admin.get("/lists")
        await at.reviewer.get("/lists")
        yield at
        at.site.hub.close()


async def tab_of(window: Window, visitor: Visitor, *, width: int, dark: bool = False) -> Tab:
    tab = await window.open(width=width, dark=dark)
    for cookie in visitor.client.session.cookie_jar:
        await tab.page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": visitor.origin}]
        )
    return tab


async def look(tab: Tab, name: str) -> None:
    await tab.screenshot(name)
    assert await tab.accessibility() == []
    assert await tab.too_wide() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_the_pages_can_be_used_by_everybody(
    tmp_path: Path, window: Window, width: int, dark: bool
) -> None:
    name = f"{width}-{'dark' if dark else 'light'}"
    async with a_site(tmp_path) as at:
        tab = await tab_of(window, at.admin, width=width, dark=dark)
        for path in ("/lists?state=any", "/lists/files", "/audit"):
            await tab.page.goto(at.admin.origin + path)
            await look(tab, f"{path}-{name}")


async def test_a_prefix_is_denied_after_its_effect_was_read_and_undone_from_its_row(
    tmp_path: Path, window: Window
) -> None:
    async with a_site(tmp_path) as at:
        tab = await tab_of(window, at.reviewer, width=360)
        page = tab.page
        await page.goto(f"{at.reviewer.origin}/lists")
        await page.get_by_text("Allow or deny somebody").click()
        await page.get_by_label("Number, prefix, range or pattern").fill("+1651*")
        await page.get_by_label("Say", exact=True).select_option("deny")
        await page.get_by_role("button", name="Add").click()
        await page.get_by_role("heading", name="Deny +1651*?").wait_for()
        await look(tab, "lists-sure")
        await page.get_by_role("button", name="Deny it").click()
        await page.get_by_role("status").filter(has_text="review 4: deny +1651*").wait_for()
        await look(tab, "lists-told")
        await page.get_by_role("button", name="Undo deny of +1651*").press("Enter")
        await page.get_by_role("status").filter(has_text="undone: review 4").wait_for()
        assert await page.get_by_role("button", name="Undo deny of +1651*").count() == 0
        await page.get_by_role("link", name="Audit").click()
        await page.get_by_role("rowheader", name="undo").first.wait_for()


async def test_a_file_is_looked_through_and_imported_and_taken_away(
    tmp_path: Path, window: Window
) -> None:
    file = tmp_path / "old-pbx.csv"
    file.write_text(NUMBERS)
    async with a_site(tmp_path) as at:
        tab = await tab_of(window, at.admin, width=1280)
        page = tab.page
        await page.goto(f"{at.admin.origin}/lists/files")
        await page.get_by_label("File").set_input_files(file)
        await page.get_by_label("Name of the list").fill("old-pbx")
        await page.get_by_role("button", name="Look through it").click()
        await page.get_by_text("old-pbx.csv:5").wait_for()
        await look(tab, "lists-preview")
        await page.get_by_label("Leave out the bad row").check()
        await page.get_by_role("button", name="Import 3").click()
        await page.get_by_role("status").filter(has_text="3 entries on the list old-pbx").wait_for()
        await page.goto(f"{at.admin.origin}/lists/files")
        await page.get_by_label("List", exact=True).select_option("old-pbx")
        await page.get_by_label("Why it is needed").fill("moving")
        async with page.expect_download() as taken:
            await page.get_by_role("button", name="Export").click()
        text = await at.site.run(Path(await (await taken.value).path()).read_text)
        assert f"'{ALICE},rude,deny,old-pbx," in text
        await page.goto(f"{at.admin.origin}/audit?what=export")
        await page.get_by_role("rowheader", name="export").wait_for()
    assert FIRST not in text
