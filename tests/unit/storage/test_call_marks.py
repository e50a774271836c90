from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.errors import MissingPartError, ScreenerError
from screener.storage.call_marks import effect_on, identity_of, mark_not_spam, unmark
from screener.storage.keys import Keys, load_keys
from screener.storage.log_query import Filter, page
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at, decided
from tests.unit.storage.reviews import entry

ALICE, BOB = "+16515550142", "+16515550143"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        opened.decisions(decided("a", ALICE))
        opened.decisions(decided("b", BOB))
        opened.decisions(decided("w", ALICE, presentation="prohib"))
        yield opened


def test_the_identity_of_a_recorded_call_is_known_to_who_has_the_keys(log: OpenLog) -> None:
    assert identity_of(log.path, load_keys(log.keys), "a") == ALICE
    with pytest.raises(ScreenerError, match="holds no call zz"):
        identity_of(log.path, load_keys(log.keys), "zz")
    with pytest.raises(ScreenerError, match="names no caller"):
        identity_of(log.path, load_keys(log.keys), "w")
    with pytest.raises(ScreenerError, match="restore that key file"):
        identity_of(log.path, Keys("x", b"x" * 32, b"y" * 32), "a")


def test_a_mark_is_an_outcome_that_a_search_finds_once(log: OpenLog) -> None:
    mark_not_spam(log.path, "a", NOW)
    mark_not_spam(log.path, "a", NOW + 1.0)
    upkeep = log.upkeep._connection
    assert upkeep is not None
    found = page(upkeep, Filter(outcome="not_spam")).calls
    assert [call["id"] for call in found] == ["a"]
    assert found[0]["outcomes"] == [{"at": NOW, "event": "not_spam", "talk_s": 0.0}]
    with pytest.raises(ScreenerError, match="holds no call zz"):
        mark_not_spam(log.path, "zz", NOW)


def test_a_mark_taken_off_leaves_other_outcomes(log: OpenLog) -> None:
    log.decisions.outcome("a", Outcome(Event.ANSWERED, 9.0))
    mark_not_spam(log.path, "a", NOW)
    assert unmark(log.path, "a")
    assert not unmark(log.path, "a")
    assert log.ask("SELECT event FROM outcomes") == [("answered",)]


def test_what_an_entry_would_have_held_is_counted(log: OpenLog) -> None:
    log.decisions(at(NOW - 100.0, "old", ALICE))
    log.decisions(decided("far", "+442079460018"))
    log.decisions.outcome("b", Outcome(Event.ANSWERED, 9.0))
    effect = effect_on(log.path, load_keys(log.keys), entry("+1651*"), NOW - 1.0)
    assert (effect.looked_at, effect.held, effect.good) == (3, 2, 1)
    strange = effect_on(log.path, Keys("x", b"x" * 32, b"y" * 32), entry("+1651*"), 0.0)
    assert strange.held == 0


def test_a_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="no decision log"):
        unmark(tmp_path / "decisions.db", "a")


def test_a_log_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "decisions.db").write_bytes(b"no database" * 99)
    with pytest.raises(ScreenerError, match="cannot be used"):
        unmark(tmp_path / "decisions.db", "a")
