from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.errors import ScreenerError
from screener.storage.keys import Keys, load_keys
from screener.storage.pseudonyms import pseudonym
from screener.storage.subjects import Asker, Subjects
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
    calls = subjects.export(ALICE, ASKER)
    assert [call["id"] for call in calls] == [f"a{place}" for place in reversed(range(300))]
    outcomes = calls[292]["outcomes"]
    assert isinstance(outcomes, list)
    assert outcomes[0]["event"] == "answered"
    assert subjects.verify_audit() == 1


def test_an_erased_number_leaves_no_row_and_no_byte(log: OpenLog, subjects: Subjects) -> None:
    keys = load_keys(log.keys)
    name = pseudonym("number", ALICE, keys)
    seals = [row[0] for row in log.ask("SELECT sealed FROM calls WHERE number_key = ?", name)]
    assert len(seals) == 300
    assert name in log.bytes()
    assert subjects.erase(ALICE, ASKER) == 300
    assert subjects.export(ALICE, ASKER) == []
    assert subjects.find("a7") is None
    files = log.bytes()
    # The audit keeps, as text, whose number was erased: a pseudonym, worth nothing without keys.
    assert name not in files
    assert not any(isinstance(seal, bytes) and seal in files for seal in seals)
    assert log.ask("SELECT count(*) FROM outcomes") == [(0,)]
    assert len(subjects.export(BOB, ASKER)) == 300


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
