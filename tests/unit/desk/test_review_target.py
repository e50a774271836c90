from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.cli.at_desk import desk
from screener.core.lists import Exact, ListAction
from screener.desk.review_target import in_force, read_target
from screener.desk.reviewer import Desk
from screener.errors import ScreenerError
from tests.unit.cli.reviewing_agent import ALICE, CALL, PARTNER, a_site


@pytest.fixture
def at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with a_site(tmp_path, capsys) as site, desk(site.config) as opened:
        yield opened


@pytest.mark.parametrize("text", [ALICE, "(651) 555-0142", "_16515550142", f"{ALICE}-{ALICE}"])
def test_a_number_is_one_in_any_writing(at: Desk, text: str) -> None:
    target = read_target(text, at)
    assert isinstance(target.entry, Exact)
    assert (target.entry.identity, target.call_id) == (ALICE, "")


def test_a_call_s_id_is_its_caller(at: Desk) -> None:
    target = read_target(CALL, at)
    assert isinstance(target.entry, Exact)
    assert (target.entry.identity, target.call_id) == (ALICE, CALL)


@pytest.mark.parametrize("text", ["", "x6515550142", "+1651555014x*", "_", "+2-+1", "\x1b[2J"])
def test_what_names_nobody_is_refused_without_being_repeated(at: Desk, text: str) -> None:
    with pytest.raises(ScreenerError, match="TARGET") as told:
        read_target(text, at)
    assert "555014" not in str(told.value)
    assert "\x1b" not in str(told.value)


def test_what_speaks_of_a_caller_is_what_the_engine_goes_by(at: Desk) -> None:
    alice, partner = read_target(ALICE, at), read_target(PARTNER, at)
    assert in_force(alice, at) == "no list speaks of the caller: it is judged like any other"
    assert in_force(partner, at) == "allowed for ever by the configuration's list partners"
    act = at.act("deny")
    at.store.add(act, ListAction.DENY, read_target("+1651*", at).entry)
    assert in_force(alice, at) == "denied by a review on the list reviewed"
    assert "which beats the deny" in in_force(partner, at)
    assert in_force(read_target("911", at), at).startswith("no list speaks")


def test_of_many_numbers_only_the_review_itself_is_told(at: Desk) -> None:
    target = read_target("+1651*", at)
    assert in_force(target, at) == "no review speaks of it"
    at.store.add(at.act("deny"), ListAction.DENY, target.entry)
    assert in_force(target, at).startswith("denied by review 1 for ever; an allow")
