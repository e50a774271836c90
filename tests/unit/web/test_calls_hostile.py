"""Whatever stands in a record, no page of calls runs it, is steered by it or lets it out whole."""

import csv
from html.parser import HTMLParser
from pathlib import Path

from tests.unit.web.calls_site import FIRST, SECOND, CallsSite, calls_site

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</table></main><form action=https://evil.example>",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    "\x1b[2J\u202egnirts\r\ndata: x",
    "&lt;b&gt;",
]
TEXTS = (
    *("caller_class", "caller", "did", "trunk", "source", "attestation", "origid"),
    *("verdict", "would", "treatment", "reasons", "pressure", "mode", "config", "list"),
    *("uniqueid", "linkedid", "sip_call_id", "error"),
)
SCRIPTS = ("/static/calls.js", "/static/live.js")
TAGS = frozenset({"script", "img", "iframe", "object", "embed", "base", "b"})


class Seen(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def assert_is_inert(html: str) -> None:
    for tag, attrs in Seen(html).tags:
        if tag in TAGS:
            assert tag == "script"
            assert attrs.get("src") in SCRIPTS
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("href", "action", "formaction", "src"):
            assert (attrs.get(name) or "/").startswith(("/", "#"))
    assert "49{% raw" not in html
    assert not [c for c in html if c != "\n" and not c.isprintable()]


def spoil(at: CallsSite, payload: str) -> None:
    for name in TEXTS:
        at.log.ask_to(f"UPDATE calls SET {name} = ? WHERE id = ?", payload, FIRST)  # noqa: S608 - our own column names
    seq = at.log.ask("SELECT seq FROM calls WHERE id = ?", FIRST)[0][0]
    at.log.ask_to("INSERT INTO outcomes VALUES (?, 0.0, ?, 0.0)", seq, payload)


async def test_a_payload_in_every_text_of_a_record_stays_text(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        for payload in PAYLOADS:
            spoil(at, payload)
            for path in ("/calls", f"/calls/{FIRST}", f"/calls/{SECOND}"):
                page = await at.reviewer.get(path)
                assert page.status == 200
                assert_is_inert(page.text)
            table = await at.viewer.get("/calls.csv")
            rows = list(csv.reader(table.text.splitlines()))
            assert len(rows) == 4
            assert not [one for row in rows for one in row if one.startswith(("=", "+", "@", "-"))]
            assert (await at.viewer.get("/calls.json")).json()[2]["did"] == payload


async def test_what_a_call_itself_brings_stays_text(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        for number, payload in enumerate(PAYLOADS):
            names = ("name", "did", "trunk", "source", "origid", "sip_call_id")
            at.came(f"{number:016x}", payload, 0.0, **dict.fromkeys(names, payload))
            page = await at.reviewer.get(f"/calls/{number:016x}")
            assert page.status == 200
            assert_is_inert(page.text)
        assert_is_inert((await at.reviewer.get("/calls")).text)


async def test_what_an_address_says_stays_text(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        for payload in PAYLOADS:
            for name in ("since", "verdict", "caller", "reason", "number", "before"):
                page = await at.reviewer.get("/calls", params={name: payload})
                assert page.status in {200, 422}
                assert_is_inert(page.text)
