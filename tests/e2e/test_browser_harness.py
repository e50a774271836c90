"""The browser the web admin is tested with sees what a person would see go wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.browser.fetched import Chromium
from tests.browser.tab import Tab, Window, open_window

pytestmark = pytest.mark.e2e

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'"
PAGE = """\
<!doctype html><html lang="en"><head><title>Calls</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><main><h1>Calls</h1>{body}</main></body></html>
"""
PAGES = {
    "/clean": (
        "",
        "<p>Nothing waits. <span id=script></span></p><form><label>Note <input></label></form>",
    ),
    "/unlabelled": ("", '<form><input id="nameless"></form>'),
    "/pale": ('<link rel="stylesheet" href="/pale.css">', "<p class=pale>Hardly there</p>"),
    "/jumps": ("", "<h4>Far below</h4>"),
    "/small": ('<link rel="stylesheet" href="/small.css">', "<button>a</button><button>b</button>"),
    "/wide": ('<link rel="stylesheet" href="/wide.css">', '<p id="long">wide</p>'),
    "/complains": ('<script src="/complains.js"></script>', ""),
    "/throws": ('<script src="/throws.js"></script>', ""),
    "/asks": ('<script src="/asks.js"></script>', ""),
    "/inline": ("<script>document.title = 'mine now'</script>", ""),
    "/styled": ("", '<p style="color: red">red</p>'),
    "/handler": ("", '<button onclick="document.title = 1">Press</button>'),
    "/lacking": ('<script src="/nowhere.js"></script>', ""),
    "/abroad": ('<script src="https://screener.example/spy.js"></script>', ""),
    "/scripted": ('<script type="module" src="/scripted.js"></script>', "<p id=script>plain</p>"),
}
FILES = {
    "/pale.css": ("text/css", ".pale { color: #ccc; background: #fff }"),
    "/small.css": ("text/css", "button { width: 10px; height: 10px; padding: 0; margin: 0 }"),
    "/wide.css": ("text/css", "#long { width: 900px }"),
    "/complains.js": ("text/javascript", "console.error('no such call')"),
    "/throws.js": ("text/javascript", "nothing.here()"),
    "/asks.js": ("text/javascript", "alert('Sure?')"),
    "/scripted.js": ("text/javascript", "document.querySelector('#script').textContent = 'live'"),
}

BROKEN_RULES = {
    "/unlabelled": ("critical: label", "#nameless"),
    "/pale": ("serious: color-contrast", "p"),
    "/jumps": ("moderate: heading-order", "h4"),
    "/small": ("serious: target-size", "button"),
}
WRONG = {
    "/complains": "console error: no such call",
    "/throws": "uncaught error: nothing is not defined",
    "/asks": "dialog (alert): Sure?",
    "/lacking": "console error: Failed to load resource",
    "/inline": "CSP: Executing inline script violates",
    "/styled": "CSP: Applying inline style violates",
    "/handler": "CSP: Executing inline event handler violates",
    "/abroad": "CSP: Loading the script 'https://screener.example/spy.js' violates",
}


async def answer(request: web.Request) -> web.Response:
    if request.path in PAGES:
        head, body = PAGES[request.path]
        text, kind = PAGE.format(head=head, body=body), "text/html"
    elif request.path == "/favicon.ico":
        return web.Response(status=204)
    else:
        kind, text = FILES.get(request.path, ("", ""))
    status = 200 if kind else 404
    headers = {"Content-Security-Policy": CSP}
    return web.Response(
        text=text, content_type=kind or "text/plain", status=status, headers=headers
    )


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A page on a free port of this machine; its address."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def shown(window: Window, url: str) -> Tab:
    tab = await window.open()
    await tab.page.goto(url)
    return tab


async def test_a_clean_page_has_no_fault_of_any_kind(window: Window, site: str) -> None:
    tab = await shown(window, f"{site}/clean")

    assert await tab.page.inner_text("h1") == "Calls"
    assert await tab.accessibility() == []
    assert await tab.too_wide() == []
    assert tab.faults == []


async def test_a_fault_of_accessibility_is_told_with_its_place(window: Window, site: str) -> None:
    tab = await window.open()
    for page, (rule, place) in BROKEN_RULES.items():
        await tab.page.goto(site + page)

        found = await tab.accessibility()

        assert found, page
        assert all(line.startswith(f"{rule}: {place}") for line in found), found


async def test_what_goes_wrong_in_a_page_is_told(window: Window, site: str) -> None:
    tab = await window.open()
    for page, fault in WRONG.items():
        await tab.page.goto(site + page)
        if page == "/handler":
            await tab.page.click("button")

        found = await window.faults()

        assert found, page
        assert all(line.startswith(f"{site}{page}: {fault}") for line in found), found
        assert await tab.page.title() == "Calls"
        assert tab.took(fault) == found


async def test_a_fault_that_is_not_taken_stays_with_its_window(window: Window, site: str) -> None:
    await shown(window, f"{site}/clean")
    tab = await shown(window, f"{site}/complains")

    assert len(await window.faults()) == 1
    assert tab.took("another") == []
    assert await window.faults() == tab.took("no such call")


async def test_nothing_beyond_this_machine_is_reached(window: Window) -> None:
    tab = await window.open()

    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        await tab.page.goto("http://screener.example/")


async def test_a_phone_shows_what_is_too_wide_for_it(window: Window, site: str) -> None:
    tab = await window.open(width=360)

    await tab.page.goto(f"{site}/wide")

    assert await tab.page.evaluate("screen.width") == 360
    assert [line.split(" ends")[0] for line in await tab.too_wide()] == ["p#long"]


async def test_a_person_may_want_the_dark_and_no_script(window: Window, site: str) -> None:
    light, dark = await window.open(), await window.open(dark=True)
    plain = await window.open(script=False)
    for tab in (light, dark, plain):
        await tab.page.goto(f"{site}/scripted")

    prefers = "matchMedia('(prefers-color-scheme: dark)').matches"
    assert not await light.page.evaluate(prefers)
    assert await dark.page.evaluate(prefers)
    assert await light.page.inner_text("#script") == "live"
    assert await plain.page.inner_text("#script") == "plain"


async def test_each_tab_is_another_person(window: Window, site: str) -> None:
    one, other = await shown(window, f"{site}/clean"), await shown(window, f"{site}/clean")

    await one.page.context.add_cookies([{"name": "who", "value": "ann", "url": site}])

    assert len(await one.page.context.cookies()) == 1
    assert await other.page.context.cookies() == []


async def test_a_screenshot_is_kept_where_a_folder_is_named(
    window: Window, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await shown(window, f"{site}/clean")
    monkeypatch.delenv("SCREENER_SCREENSHOTS", raising=False)
    assert await tab.screenshot("calls") is None

    monkeypatch.setenv("SCREENER_SCREENSHOTS", str(tmp_path / "shots"))
    kept = await tab.screenshot("calls, on a phone")

    assert kept == tmp_path / "shots/calls-on-a-phone.png"
    assert kept.read_bytes().startswith(b"\x89PNG")


async def test_text_is_drawn_with_a_real_font(window: Window, site: str) -> None:
    tab = await shown(window, f"{site}/clean")

    wide, thin = [
        await tab.page.evaluate(
            "(text) => { const pen = document.createElement('canvas').getContext('2d');"
            " pen.font = '20px sans-serif'; return pen.measureText(text).width; }",
            text,
        )
        for text in ("WWWW", "iiii")
    ]

    assert wide > 2 * thin > 0


async def test_the_browser_ends_with_its_window(chromium: Chromium, site: str) -> None:
    async with open_window(chromium.program) as window:
        await shown(window, f"{site}/clean")
        assert window.browser.is_connected()

    assert not window.browser.is_connected()
