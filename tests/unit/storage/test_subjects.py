import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.errors import ScreenerError
from screener.storage.keys import Keys, load_keys
from screener.storage.log_hints import give_hints
from screener.storage.log_query import open_to_read
from screener.storage.pseudonyms import pseudonym
from screener.storage.subjects import Asker, Subjects, caller_of
from tests.unit.storage.logs import OpenLog, a_log, decided

ASKER = Asker("anna", "ticket 7", 1_800_000_100.0)
ALICE, BOB = "+16515550142", "+16515550143"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        for place in range(300):
            opened.decisions(decided(f"a{place}", ALICE))
            opened.decisions(decided(f"b{place}", BOB))
        opened.decisions.outcome("a7", Outcome(Event.ANSWERED, 9.0))
        opened.decisions(decided("w", ALICE, presentation="prohib"))
        yield opened


@pytest.fixture
def subjects(log: OpenLog) -> Iterator[Subjects]:
    opened = Subjects(log.path, load_keys(log.keys))
    yield opened
    opened.close()


def test_a_number_is_revealed_for_a_reason_that_is_written_down_first(
    log: OpenLog, subjects: Subjects
) -> None:
    assert subjects.reveal("a7", ASKER) == ALICE
    assert log.ask("SELECT who, what, reason, target FROM audit") == [
        ("anna", "reveal", "ticket 7", "a7")
    ]
    with pytest.raises(ScreenerError, match="needs a name and a reason"):
        subjects.reveal("a7", Asker("anna", "", 1.0))
    with pytest.raises(ScreenerError, match="holds no call zz"):
        subjects.reveal("zz", ASKER)
    with pytest.raises(ScreenerError, match="no number was kept of call w"):
        subjects.reveal("w", ASKER)
    assert subjects.verify_audit() == 3


def test_another_key_file_opens_nothing_and_says_so(log: OpenLog) -> None:
    other = Subjects(log.path, Keys("other", b"x" * 32, b"y" * 32))
    with pytest.raises(ScreenerError, match="restore that key file"):
        other.reveal("a7", ASKER)
    other.close()


def test_an_export_holds_all_of_one_number_and_nothing_of_another(subjects: Subjects) -> None:
    calls = list(subjects.export(ALICE, ASKER))
    assert [call["id"] for call in calls] == ["w", *(f"a{place}" for place in reversed(range(300)))]
    outcomes = calls[293]["outcomes"]
    assert isinstance(outcomes, list)
    assert outcomes[0]["event"] == "answered"
    assert subjects.verify_audit() == 1


def test_an_erased_number_leaves_no_row_and_no_byte(log: OpenLog, subjects: Subjects) -> None:
    keys = load_keys(log.keys)
    name = pseudonym("number", ALICE, keys)
    seals = [row[0] for row in log.ask("SELECT sealed FROM calls WHERE number_key = ?", name)]
    assert len(seals) == 300
    assert name in log.bytes()
    assert subjects.erase(ALICE, ASKER) == 301
    assert list(subjects.export(ALICE, ASKER)) == []
    assert subjects.find("a7") is None
    files = log.bytes()
    # The audit keeps, as text, whose number was erased: a pseudonym, worth nothing without keys.
    assert name not in files
    assert not any(isinstance(seal, bytes) and seal in files for seal in seals)
    assert log.ask("SELECT count(*) FROM outcomes") == [(0,)]
    assert len(list(subjects.export(BOB, ASKER))) == 300


def test_the_agent_goes_on_while_a_number_is_erased(log: OpenLog, subjects: Subjects) -> None:
    subjects.erase(ALICE, ASKER)
    log.decisions(decided("later", ALICE))
    log.settle(3)
    found = subjects.find("later")
    assert found is not None
    assert log.decisions.not_recorded == 0


def test_who_is_nobody_cannot_be_asked_for(subjects: Subjects) -> None:
    with pytest.raises(ScreenerError, match="identifies anybody"):
        subjects.erase("", ASKER)


EXTENSION = f"{ALICE};ext=7"


def bring_below(log: OpenLog, call_id: str) -> None:
    """Make it a call that was brought in from elsewhere."""
    log.ask_to("UPDATE calls SET seq = -5 WHERE id = ?", call_id)
    with closing(sqlite3.connect(log.path)) as other, other:
        give_hints(other, range(-5, -4))


def test_a_number_is_exported_with_its_extensions_and_withheld_calls(
    log: OpenLog, subjects: Subjects
) -> None:
    log.decisions(decided("x", f"{BOB};ext=7"))
    log.decisions(decided("y", EXTENSION))
    bring_below(log, "a0")
    calls = list(subjects.export(ALICE, ASKER))
    assert [call["id"] for call in calls[:2]] == ["y", "w"]
    assert calls[-1]["id"] == "a0"
    assert len(calls) == 302
    assert [call["number"] for call in calls[:3]] == [EXTENSION, None, ALICE]
    only = list(subjects.export(EXTENSION, ASKER))
    assert [call["id"] for call in only] == ["y"]


def test_all_that_leads_to_a_number_is_erased_after_the_agent_was_told(
    log: OpenLog, subjects: Subjects
) -> None:
    log.decisions(decided("y", EXTENSION))
    bring_below(log, "a0")
    seen: list[object] = []

    def forget() -> None:
        seen.extend(log.ask("SELECT count(*) FROM calls WHERE caller LIKE '%42%'"))
        seen.extend(log.ask("SELECT what FROM audit"))

    assert subjects.erase(ALICE, ASKER, forget) == 302
    assert seen == [(301,), ("erase",)]
    assert all(str(one).startswith("b") for one in log.ids())


def test_prefixes_of_another_length_lead_to_extensions_too(
    log: OpenLog, subjects: Subjects
) -> None:
    log.decisions(decided("y", EXTENSION))
    prefix = pseudonym("prefix", ALICE[:-2], load_keys(log.keys))
    log.ask_to("UPDATE calls SET prefix_key = ? WHERE id = 'y'", prefix)
    assert subjects.erase(ALICE, ASKER) == 302


def test_a_number_is_not_erased_where_it_cannot_be_written_down(subjects: Subjects) -> None:
    with pytest.raises(ScreenerError, match="needs a name and a reason"):
        subjects.erase(ALICE, Asker("", "ticket 8", 1.0))
    with pytest.raises(ScreenerError, match="needs a name and a reason"):
        subjects.export(ALICE, Asker("anna", " ", 1.0))
    assert len(list(subjects.export(ALICE, ASKER))) == 301


def test_a_caller_is_opened_for_the_agent_without_a_trace(log: OpenLog) -> None:
    keys = load_keys(log.keys)
    with closing(open_to_read(log.path)) as reading:
        assert caller_of(reading, "a7", keys) == ALICE
        assert caller_of(reading, "w", keys) == ""
        assert caller_of(reading, "nobody", keys) == ""
        with pytest.raises(ScreenerError, match="restore that key file"):
            caller_of(reading, "a7", Keys("other", b"x" * 32, b"y" * 32))
    assert log.ask("SELECT count(*) FROM audit") == [(0,)]
