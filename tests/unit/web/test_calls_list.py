import re
from pathlib import Path

import pytest

from screener.storage.keys import load_keys
from screener.storage.pseudonyms import pseudonym
from tests.unit.web.calls_site import ALICE, BOB, FIRST, SECOND, WITHHELD, calls_site

SCRIPT = 'src="/static/calls.js"'


def ids(html: str) -> list[str]:
    """Return the calls of a list in their order."""
    return re.findall(r'<tr data-id="([0-9a-f]{16})"', html)


async def test_the_newest_call_comes_first_and_its_number_is_masked(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        page = await at.viewer.get("/calls")
        assert page.status == 200
        assert ids(page.text) == [WITHHELD, SECOND, FIRST]
        assert "+1••••••••42" in page.text
        assert "5550142" not in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("trunk=trunk-b", [SECOND]),
        ("caller=*42", [FIRST]),
        ("reason=withheld", [WITHHELD]),
        ("verdict=drop", []),
        ("outcome=answered", []),
        ("would=admit&did=%2B16515392200", [WITHHELD, SECOND, FIRST]),
        ("since=150s", [WITHHELD, SECOND]),
        ("since=1h&until=90s", [SECOND, FIRST]),
    ],
)
async def test_a_filter_lets_through_what_it_says(
    tmp_path: Path, query: str, found: list[str]
) -> None:
    async with calls_site(tmp_path) as at:
        page = await at.viewer.get(f"/calls?{query}")
        assert page.status == 200
        assert ids(page.text) == found
        assert ("No call fits the filter." in page.text) is (not found)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("verdict=maybe", "allowed is admit, challenge, drop"),
        ("since=yesterday", "not understood"),
        ("since=1h&until=2h", "this is not after the beginning"),
        ("caller=%2B16515550142", "this may be a whole number"),
        ("number=12", "this address names no caller"),
        ("did=" + "1" * 101, "up to 100 printable characters"),
    ],
)
async def test_what_is_not_understood_is_told_at_its_field_and_nothing_else_is_lost(
    tmp_path: Path, query: str, told: str
) -> None:
    async with calls_site(tmp_path) as at:
        page = await at.viewer.get(f"/calls?trunk=trunk-b&{query}")
        assert page.status == 422
        assert told in page.text
        assert 'value="trunk-b"' in page.text
        assert "5550142" not in page.text
        assert ids(page.text) == []


async def test_a_number_becomes_a_pseudonym_before_it_stands_in_an_address(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        done = await at.viewer.post(
            "/calls/number", {"number": "(651) 555-0142", "query": "verdict=admit"}
        )
        key = pseudonym("number", ALICE, load_keys(at.log.keys)).hex()
        assert (done.status, done.location) == (303, f"/calls?verdict=admit&number={key}")
        assert ids((await at.viewer.get(done.location)).text) == [FIRST]


async def test_what_is_no_number_is_told_at_the_field_and_kept_in_it(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        page = await at.viewer.post("/calls/number", {"number": "nobody", "query": "trunk=t"})
        assert page.status == 422
        assert "this names no caller" in page.text
        assert 'value="nobody"' in page.text
        assert 'value="t"' in page.text


async def test_pages_go_on_where_the_one_before_ended(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        for number in range(60):
            at.came(f"{number:016x}", BOB, float(number))
        seen: list[str] = []
        path = "/calls"
        while path:
            text = (await at.viewer.get(path)).text
            seen += ids(text)
            more = re.search(r'rel="next" href="([^"]+)"', text)
            path = more[1].replace("&amp;", "&") if more else ""
        assert len(seen) == len(set(seen)) == 63
        assert seen[-1] == FIRST


async def test_only_the_newest_page_is_live_and_only_where_calls_to_come_can_fit(
    tmp_path: Path,
) -> None:
    async with calls_site(tmp_path) as at:
        for query, live in [("", True), ("trunk=trunk-b", True), ("outcome=answered", False)]:
            page = await at.viewer.get(f"/calls?{query}")
            assert (SCRIPT in page.text) is live
        assert SCRIPT not in (await at.viewer.get("/calls?before=3")).text
        assert 'data-stream="/calls/stream?trunk=trunk-b&amp;after=3"' in (
            (await at.viewer.get("/calls?trunk=trunk-b")).text
        )


@pytest.mark.parametrize("before", ["", "x", "1e3", "9" * 40, "٣"])
async def test_a_place_that_is_none_is_the_newest_page(tmp_path: Path, before: str) -> None:
    async with calls_site(tmp_path) as at:
        assert len(ids((await at.viewer.get(f"/calls?before={before}")).text)) == 3


async def test_only_reviewers_are_offered_deeds(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        assert "formaction" not in (await at.viewer.get("/calls")).text
        assert f'formaction="/calls/{FIRST}/not-spam"' in (await at.reviewer.get("/calls")).text


async def test_without_a_log_the_page_says_so(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        at.log.upkeep.close()
        for one in at.log.path.parent.glob("decisions.db*"):
            one.unlink()
        page = await at.viewer.get("/calls")
        assert page.status == 200
        assert "there is no decision log" in page.text
