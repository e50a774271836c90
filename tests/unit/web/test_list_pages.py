import re
from pathlib import Path

import pytest

from screener.storage.review_reading import State, Wanted
from screener.web.list_files_page import PAGES as FILES
from screener.web.list_pages import AT_ONCE, PAGES, STATES
from tests.unit.web.api.sites import ALICE, PARTNER, calls_served
from tests.unit.web.list_uploads import bring_in
from tests.unit.web.signed_in import Answer, Visitor

ALL = (*PAGES, *FILES)
ENTRY = {"target": ALICE, "action": "deny", "for": "1d", "reason": "rude", "list": "reviewed"}


async def add(by: Visitor, **changed: str) -> Answer:
    return await by.post("/lists/add", {**ENTRY, **changed})


def shown(page: str) -> list[str]:
    """Return whom the rows are about."""
    cells = re.findall(r'data-name="Whom">(.*?)</th>', page)
    return [re.sub(r"<.*?>", "", cell) for cell in cells]


async def test_an_entry_is_added_told_shown_masked_and_undone_from_its_row(
    tmp_path: Path,
) -> None:
    async with calls_served(tmp_path, ALL) as at:
        done = await add(at.reviewer)
        page = (await at.reviewer.get(done.location)).text
        seen = (await at.viewer.get("/lists")).text
        place = re.findall(r'name="place" value="(\d+)"', page)[0]
        back = "/lists?action=deny"
        undone = await at.reviewer.post("/lists/undo", {"place": place, "back": back})
        after = (await at.reviewer.get("/lists")).text
        gone = (await at.viewer.get("/lists?state=undone")).text
    assert done.location == "/lists"
    assert "review 1: deny +1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242 until" in page
    assert "no agent runs" in page
    assert shown(seen) == ["+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242"]
    assert ALICE[4:] not in page + seen + gone
    assert "/lists/add" not in seen
    assert "/lists/undo" not in seen
    assert undone.location == back
    assert shown(after) == []
    assert "undone by reviewer (web)" in gone


async def test_what_holds_many_is_shown_with_its_effect_before_it_is_done(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        asked = await add(at.reviewer, target="+1651*")
        nothing = shown((await at.viewer.get("/lists")).text)
        done = await add(at.reviewer, target="+1651*", sure="yes")
        seen = shown((await at.viewer.get("/lists")).text)
    assert asked.status == 200
    assert "Deny +1651*?" in asked.text
    assert re.search(r"last 2 calls .* it holds <strong>2</strong>, <strong>1</strong>", asked.text)
    assert nothing == []
    assert done.status == 303
    assert seen == ["+1651*"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"target": "nobody"}, "Not done: is no number"),
        ({"target": "911"}, "Not done: an emergency number is never denied"),
        ({"target": "_.", "action": "allow"}, "Not done: _. would allow everybody"),
        ({"action": "exempt"}, "Not done: choose whether"),
        ({"for": "soon"}, "Not done: how long"),
        ({"list": "partners"}, "is a list of the configuration"),
        ({"list": "<b>"}, "Not done: a list&#39;s name"),
    ],
)
async def test_what_may_not_be_is_told_and_not_done(
    tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await add(at.reviewer, **changed)
        page = (await at.reviewer.get("/lists")).text
    assert told in page
    assert shown(page) == []


async def test_reviews_are_filtered_by_list_word_and_state_and_paged(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await add(at.reviewer)
        await add(at.reviewer, action="allow", target=PARTNER, list="vip")
        assert len(shown((await at.viewer.get("/lists")).text)) == 2
        assert len(shown((await at.viewer.get("/lists?list=vip")).text)) == 1
        assert len(shown((await at.viewer.get("/lists?action=deny")).text)) == 1
        assert shown((await at.viewer.get("/lists?state=ended")).text) == []
        odd = await at.viewer.get("/lists?state=x&action=exempt&before=\u0663&list=%3Cb%3E")
        assert odd.status == 200
        assert "<b>" not in odd.text
        numbers = "".join(f"+1651555{place:04d}\n" for place in range(AT_ONCE + 1))
        await bring_in(at.admin, numbers.encode())
        first = (await at.viewer.get("/lists?list=imported")).text
        older = re.findall(r'rel="next" href="([^"]*)"', first)[0].replace("&amp;", "&")
        rest = (await at.viewer.get(older)).text
    assert (len(shown(first)), len(shown(rest))) == (AT_ONCE, 1)


async def test_an_import_is_undone_by_the_entry_or_whole(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await bring_in(at.admin, f"{ALICE}\n+1900*\n+1901*\n".encode())
        page = (await at.reviewer.get("/lists")).text
        place = re.findall(r'name="place" value="(\d+)"', page)[0]
        await at.reviewer.post("/lists/undo", {"place": place})
        one_less = shown((await at.viewer.get("/lists")).text)
        await at.reviewer.post("/lists/undo", {"number": "1"})
        none = shown((await at.viewer.get("/lists")).text)
        await at.reviewer.post("/lists/undo", {"number": "99"})
        await at.reviewer.post("/lists/undo", {})
        told = (await at.reviewer.get("/lists")).text
    assert (len(one_less), none) == (2, [])
    assert "Not done: there is no review 99" in told
    assert "Not done: no review was named" in told


async def test_lists_of_the_configuration_are_shown_masked(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        page = (await at.viewer.get("/lists")).text
    assert "<strong>partners</strong>: allow, 1 entry" in page
    assert "they pay" in page
    assert "<li>+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202299</li>" in page
    assert PARTNER[4:] not in page


async def test_a_hostile_reason_and_name_are_inert(tmp_path: Path) -> None:
    async with calls_served(tmp_path, ALL) as at:
        await add(at.reviewer, reason='"><script>alert(1)</script>\x1b[2J')
        page = (await at.viewer.get("/lists")).text
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page


def test_the_states_that_are_offered_are_all_there_are() -> None:
    assert set(STATES) == set(State)
    assert Wanted().state is State.IN_FORCE


async def test_a_trunk_is_denied_once_it_was_seen_whom_that_meets(tmp_path: Path) -> None:
    form = {"trunk": "trunk-a", "for": "30m", "reason": "a flood"}
    async with calls_served(tmp_path, ALL) as at:
        asked = await at.reviewer.post("/lists/add", form)
        nothing = shown((await at.viewer.get("/lists")).text)
        typed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
        done = await at.reviewer.post("/lists/add", {**typed, "sure": "yes"})
        page = (await at.reviewer.get(done.location)).text
        long = await at.reviewer.post("/lists/add", {**typed, "for": "7d", "sure": "yes"})
        refused = (await at.reviewer.get(long.location)).text
    assert "Deny trunk trunk-a?" in asked.text
    assert re.search(r"<li>Of the \d+ calls of the last day \d+ .*came by it", asked.text)
    assert nothing == []
    assert "review 1: deny trunk trunk-a until" in page
    assert shown(page) == ["trunk trunk-a"]
    assert "Not done: a trunk is denied for 1d at most" in refused
