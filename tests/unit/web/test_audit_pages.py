import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from screener.desk.reviewer import desk
from screener.web.audit_pages import AT_ONCE, CHECK_EVERY_S, PAGES
from screener.web.list_pages import PAGES as LISTS
from tests.unit.web.api.sites import FIRST, calls_served
from tests.unit.web.signed_in import SignedIn, signed_in

ALL = (*PAGES, *LISTS)


def note(at: SignedIn, count: int = 1, what: str = "apply", reason: str = "why") -> None:
    with desk(at.site.path, "anna (web)", lambda _: None) as seat:
        for place in range(count):
            act = seat.act(what, reason=f"{reason} {place}")
            seat.store.note(act, FIRST if place % 2 == 0 else "0123456789abcdef" * 4)


def words(page: str) -> list[str]:
    return re.findall(r'<th scope="row" data-name="What">(.*?)</th>', page)


async def test_deeds_are_shown_newest_first_with_links_to_their_calls(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        note(at, 2)
        note(at, 1, "rollback")
        page = await at.reviewer.get("/audit")
        viewer = await at.viewer.get("/audit")
    assert words(page.text) == ["rollback", "apply", "apply"]
    assert f'<a href="/calls/{FIRST}">{FIRST}</a>' in page.text
    assert "0123456789ab&hellip;" in page.text
    assert "3 entries (log 0, review 3), each bound to the one before it" in page.text
    assert viewer.status == 403


async def test_deeds_are_filtered_and_paged_and_taken_away_as_filtered(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        note(at, AT_ONCE + 2)
        note(at, 1, "rollback")
        first = (await at.admin.get("/audit?what=apply")).text
        older = re.findall(r'rel="next" href="([^"]*)"', first)[0].replace("&amp;", "&")
        rest = (await at.admin.get(older)).text
        none = (await at.admin.get("/audit?who=nobody")).text
        text = await at.admin.get("/audit.csv?what=rollback")
        data = await at.admin.get("/audit.json?what=rollback")
        whole = (await at.admin.get("/audit.json")).json()
    assert (len(words(first)), len(words(rest))) == (AT_ONCE, 2)
    assert "No deed of that kind" in none
    rows = list(csv.reader(io.StringIO(text.text)))
    assert [row[3:6] for row in rows[1:]] == [["anna (web)", "rollback", "why 0"]]
    assert [one["what"] for one in json.loads(data.text)] == ["rollback"]
    assert "attachment" in data.headers["Content-Disposition"]
    assert len(whole) == AT_ONCE + 3


async def test_the_books_are_gone_through_once_a_minute_for_all_who_look(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        note(at, 1)
        first = (await at.reviewer.get("/audit")).text
        note(at, 1)
        second = (await at.admin.get("/audit")).text
        at.time.now += CHECK_EVERY_S
        third = (await at.admin.get("/audit")).text
    assert "1 entries (log 0, review 1)" in first
    assert "1 entries (log 0, review 1)" in second
    assert len(words(second)) == 2
    assert "2 entries (log 0, review 2)" in third


async def test_a_book_that_was_tampered_with_is_shouted(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        note(at, 3)
        with closing(sqlite3.connect(tmp_path / "state" / "review.db")) as book:
            book.execute("DROP TRIGGER audit_is_not_changed")
            book.execute("UPDATE audit SET reason = 'other' WHERE place = 2")
            book.commit()
        page = (await at.reviewer.get("/audit")).text
    assert "<strong>Not whole:</strong> review: the audit was tampered with at entry 2" in page
    assert len(words(page)) == 3


async def test_a_moment_that_is_none_is_told_at_its_field(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        page = await at.reviewer.get('/audit?since="><b>x&before_log=٣&before_review=x')
        file = await at.reviewer.get("/audit.csv?since=soon")
    assert page.status == 200
    assert 'aria-describedby="p-since"' in page.text
    assert "<b>x" not in page.text
    assert file.status == 422


async def test_a_site_without_deeds_says_so(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        page = await at.reviewer.get("/audit")
    assert page.status == 200
    assert "No deed yet" in page.text


async def test_only_who_may_see_the_audit_is_led_there(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        assert 'href="/audit"' in (await at.reviewer.get("/lists")).text
        assert 'href="/audit"' not in (await at.viewer.get("/lists")).text


async def test_hostile_words_in_the_books_are_inert(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        note(at, 1, reason="<script>alert(1)</script>")
        page = (await at.reviewer.get("/audit")).text
        text = (await at.reviewer.get("/audit.csv")).text
    assert "<script>alert" not in page
    assert "alert(1)" in text
