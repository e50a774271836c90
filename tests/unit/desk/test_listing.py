from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screener.adapters.list_files import ListForm, read_list
from screener.core.lists import ListAction, ListSpec
from screener.core.number import NumberPlan
from screener.desk.listing import (
    bring_in,
    export_astdb,
    export_csv,
    list_row,
    masked_entries,
    refuse_unknown_list,
    refuse_unreviewable,
    state_of,
    take_back_entry,
    told_lists,
)
from screener.desk.reviewer import Desk, desk
from screener.desk.reviews import call_not_spam, decide
from screener.errors import ScreenerError
from screener.storage.review_reading import Kept, State, Wanted
from tests.unit.cli.reviewing_agent import ALICE, BOB, CALL, PARTNER, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


@contextmanager
def seated(site: Site) -> Iterator[tuple[Desk, list[str]]]:
    told: list[str] = []
    with desk(site.config, "anna (web)", told.append) as at:
        yield at, told


def bring(at: Desk, folder: Path, text: str = f"{ALICE},rude\n{BOB},\n+1900*,\n") -> None:
    file = folder / "block.csv"
    file.write_text(f"number,description\n{text}")
    read = read_list(file, ListForm.AUTO, at.plan, ListAction.DENY)
    bring_in(read, at.act("import", reason="old", name="block"), ListAction.DENY, at)


def kept(at: Desk, state: State = State.ANY) -> list[Kept]:
    return at.reader.page(Wanted(state=state), now=at.now, limit=99)


def test_a_list_is_brought_in_and_told(site: Site) -> None:
    with seated(site) as (at, told):
        bring(at, site.folder)
        bring(at, site.folder)
        assert at.made == [1]
    assert told[0] == "review 1: deny 3 entries on the list block for ever"
    assert told[2:4] == [
        "nothing new: all of it is on the list already",
        "3 were on it already and stay as they are",
    ]


def test_an_export_is_written_down_first_and_needs_a_reason(site: Site) -> None:
    with seated(site) as (at, _):
        bring(at, site.folder)
        with pytest.raises(ScreenerError, match="needs one"):
            export_csv("", " ", at)
        with pytest.raises(ScreenerError, match="no such list"):
            export_csv("other", "moving", at)
        csv = export_csv("block", "moving", at)
        astdb = export_astdb("", "moving", at)
    assert csv.text.splitlines()[0] == "number,description,action,list,until"
    assert set(csv.text.splitlines()[1:]) == {
        "'+1900*,old,deny,block,",
        "'+16515550142,rude,deny,block,",
        "'+16515550143,old,deny,block,",
    }
    assert (csv.unread, csv.left_out, astdb.unread, astdb.left_out) == (0, 0, 0, 1)
    assert astdb.text.startswith("/blacklist/+1651555014")
    assert sum(" export " in line for line in site.lines("audit")) == 2


def test_one_entry_of_an_import_is_undone_alone(site: Site) -> None:
    with seated(site) as (at, told):
        bring(at, site.folder)
        place = next(one.place for one in kept(at) if one.shown == "+1900*")
        take_back_entry(place, at.act("undo"), at)
        assert "undone: deny of +1900* on the list block" in told
        assert sorted(state_of(one, at.now).partition(" by")[0] for one in kept(at)) == [
            "in force",
            "in force",
            "undone",
        ]
        with pytest.raises(ScreenerError, match="undone already"):
            take_back_entry(place, at.act("undo"), at)
        with pytest.raises(ScreenerError, match="no such review"):
            take_back_entry(99, at.act("undo"), at)


def test_what_is_no_import_is_undone_with_all_that_it_did(site: Site) -> None:
    with seated(site) as (at, told):
        call_not_spam(CALL, at.act("not-spam"), at)
        take_back_entry(kept(at)[0].place, at.act("undo"), at)
    assert f"call {CALL} is no longer marked as a person's" in told


def test_the_state_of_each_is_told(site: Site) -> None:
    with seated(site) as (at, _):
        for _ in range(2):
            decide(ALICE, ListAction.DENY, at.act("deny", until=at.now + 9.0), at)
        found = kept(at)
        assert [state_of(one, at.now) for one in found] == ["in force", "a newer one speaks"]
        assert [state_of(one, at.now + 9.0) for one in found[:1]] == ["ended"]
        row = list_row(found[0], at.now)
        assert row[:5] == (
            "2",
            "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242",
            "deny",
            "reviewed",
            "anna (web)",
        )


def test_lists_of_people_come_before_those_of_the_file(site: Site) -> None:
    with seated(site) as (at, _):
        bring(at, site.folder)
        told = told_lists(at)
    assert [(one["name"], one["source"], one["entries"]) for one in told] == [
        ("block", "reviews", 3),
        ("partners", "configuration", 1),
    ]


def test_entries_of_the_file_are_masked_and_few() -> None:
    spec = ListSpec("partners", ListAction.ALLOW, (PARTNER, "+1900*", "911", "_1900X."))
    assert masked_entries(spec, NumberPlan("US"), 3) == [
        "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202299",
        "+1900*",
        "911",
    ]


def test_what_people_cannot_say_is_refused(site: Site) -> None:
    with pytest.raises(ScreenerError, match="lists of exempt callers stand in the configuration"):
        refuse_unreviewable(ListAction.EXEMPT, "--action")
    refuse_unreviewable(ListAction.DENY, "--action")
    with seated(site) as (at, _):
        refuse_unknown_list("", at, "--list")
        with pytest.raises(ScreenerError, match="there is no such list"):
            refuse_unknown_list("block", at, "--list")
