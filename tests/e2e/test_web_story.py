"""An admin's day under attack, in a real browser: watch, let a caller in, tune, and take it back.

The calls are real SIP calls over a real Asterisk; the agent and the web admin are processes of
their own, as an admin would run them. Whatever a page complains of fails the test by itself.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from screener.lab.web_process import WebProcess
from tests.browser.tab import Tab, Window
from tests.e2e.screened_site import ScreenedSite, rows, until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

FLOODER, PERSON = "+16512229901", "+16512229902"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>${7*7}"
PASSWORD = "green boats on the river"
expect.set_options(timeout=60_000)
EXTRA = "site: {operators: 8, channels: 10000}\ncrowds: {redial_share: 0.3} # as it was\n"
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
PAGES = (
    *("/", "/calls", "/incidents", "/lists", "/tune", "/tune/history", "/users", "/tokens"),
    *("/audit", "/account"),
)


@pytest.fixture
def web(site: ScreenedSite) -> Iterator[WebProcess]:
    """A site under attack: a flood of one number, and a person who called too often with it."""
    site.start_agent(EXTRA)
    with WebProcess(site.agent.config, site.agent.config.with_name("web.log")) as running:
        yield running


@pytest.fixture
async def tab(window: Window, web: WebProcess) -> Tab:
    """The tab of the admin whom the secret of the first start makes."""
    opened = await window.open()
    page = opened.page
    await page.goto(f"{web.address}/setup")
    await page.get_by_label("secret").fill(web.secret)
    await page.get_by_label("name").fill("anna")
    for place, field in enumerate(await page.locator("input[type=password]").all()):
        if place or await field.get_attribute("name") != "secret":
            await field.fill(PASSWORD)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Live")
    return opened


def flood(site: ScreenedSite) -> None:
    hostile = [(caller, HOSTILE, did, hold) for caller, _, did, hold in rows([FLOODER] * 120, 500)]
    site.call("flood", hostile, rate=20.0)


async def drop_of(site: ScreenedSite, mark: str) -> str:
    """Return the id of a refused call of those with the mark."""
    assert until(lambda: any(one.get("verdict") == "drop" for one in site.decisions(mark)))
    return next(str(one["id"]) for one in site.decisions(mark) if one.get("verdict") == "drop")


async def test_an_admin_s_day_under_attack(site: ScreenedSite, web: WebProcess, tab: Tab) -> None:
    page = tab.page
    flood(site)
    site.call("person", rows([PERSON] * 40, 300), rate=20.0)
    await the_banner_says_what_is_going_on(page)
    await tab.screenshot("story-1-banner")
    call_id = await drop_of(site, "person")
    await let_the_person_in(page, web, call_id)
    await tab.screenshot("story-2-allowed")
    site.call("again", rows([PERSON], 300))
    (again,) = site.decisions("again", 1)
    assert (again["verdict"], again["list"]) == ("admit", "reviewed")
    before = site.agent.ask({"op": "status"})["config"]
    text = site.agent.config.read_text()
    await a_wrong_value_is_told_at_its_line(page, web)
    await a_threshold_is_tuned(page)
    await tab.screenshot("story-3-tuned")
    assert site.agent.ask({"op": "status"})["config"] != before
    assert "# as it was" in site.agent.config.read_text()
    await one_step_back(page, web)
    assert site.agent.ask({"op": "status"})["config"] == before
    assert site.agent.config.read_text() == text
    await page.goto(f"{web.address}/audit")
    for deed in ("user-first", "allow", "apply", "rollback"):
        await expect(page.get_by_role("rowheader", name=deed, exact=True).first).to_be_visible()
    for number in (FLOODER, PERSON):
        assert number[2:] not in await page.content()


async def test_every_page_reads_well_for_everybody_on_any_screen(
    site: ScreenedSite, web: WebProcess, tab: Tab, window: Window
) -> None:
    flood(site)
    call_id = await drop_of(site, "flood")
    state = await tab.page.context.storage_state()
    found: list[str] = []
    for width, dark in ((1280, False), (360, True)):
        opened = await window.open(width=width, dark=dark)
        await opened.page.context.add_cookies(
            [
                {"name": one["name"], "value": one["value"], "url": web.address}
                for one in state["cookies"]
            ]
        )
        for path in (*PAGES, f"/calls/{call_id}"):
            await opened.page.goto(f"{web.address}{path}")
            await opened.screenshot(f"page-{path}-{width}")
            wrong = [*await opened.accessibility(), *await opened.too_wide()]
            found += [f"{path} at {width}: {line}" for line in wrong]
            assert HOSTILE not in await opened.page.content()
    assert found == []


async def the_banner_says_what_is_going_on(page: Page) -> None:
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("Attack", timeout=90_000, ignore_case=True)
    await expect(banner).to_contain_text("trunk", ignore_case=True)


async def let_the_person_in(page: Page, web: WebProcess, call_id: str) -> None:
    """Find the call among the refused ones, look why, and allow its caller from its row."""
    await page.goto(f"{web.address}/calls/{call_id}")
    await expect(page.locator("#why")).to_have_text("Why")
    await expect(page.get_by_text("It was refused (drop)")).to_be_visible()
    await page.goto(f"{web.address}/calls?verdict=drop&caller=*02")
    row = page.locator(f"tr[data-id='{call_id}']")
    await row.get_by_text("Act").click()
    await row.get_by_role("button", name="Allow").click()
    told = page.locator(".flash")
    await expect(told).to_contain_text("in force in the running agent")


async def a_wrong_value_is_told_at_its_line(page: Page, web: WebProcess) -> None:
    await page.goto(f"{web.address}/tune")
    editor = page.locator("#text")
    held = await editor.input_value()
    await editor.fill(held + "\nscreaming: true\n")
    line = held.count("\n") + 2
    await expect(page.locator("#problems")).to_contain_text(f"Line {line}")
    await editor.fill(held)
    await expect(page.locator("#problems")).to_contain_text("No problem")


async def a_threshold_is_tuned(page: Page) -> None:
    """Set a threshold by its field: the text follows, and the file once it is applied."""
    field = page.locator("[data-knob='policy.thresholds.calm.drop']")
    await field.fill("15")
    await field.press("Tab")
    await expect(page.locator("#text")).to_have_value(re.compile("drop: 15"))
    await page.get_by_role("button", name="Review and apply").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Review and apply")
    await page.get_by_label("I have read this").check()
    await page.get_by_role("button", name="Apply", exact=True).click()
    await expect(page.locator(".flash")).to_contain_text("in force")


async def one_step_back(page: Page, web: WebProcess) -> None:
    await page.goto(f"{web.address}/tune/history")
    await page.get_by_label("Replace the file in force").check()
    await page.get_by_role("button", name="Go one step back").click()
    await expect(page.locator(".flash")).to_contain_text("in force")
