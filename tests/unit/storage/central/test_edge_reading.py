from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.call_marks import mark_not_spam, unmark
from screener.storage.central.cursor import Cursor
from screener.storage.central.edge_reading import Batch, CallName, behind, marked, read_batch
from screener.storage.log_rows import COLUMNS
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at

ID, AT, DID = COLUMNS.index("id"), COLUMNS.index("at"), COLUMNS.index("did")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        yield opened


def id_of(place: int) -> str:
    return f"{place:016x}"


def write(log: OpenLog, first: int, count: int, number: str = "+16515550142") -> None:
    for place in range(first, first + count):
        log.decisions(at(NOW + place, id_of(place), number))


def ids(batch: Batch) -> list[int]:
    return [int(str(row[ID]), 16) for row in batch.calls]


def ended(batch: Batch) -> dict[int, list[str]]:
    found = batch.outcomes.items()
    return {int(name.id, 16): [one.event for one in became] for name, became in found if became}


def test_a_log_is_read_in_batches_each_call_once(log: OpenLog) -> None:
    write(log, 0, 7)
    first = read_batch(log.path, Cursor(), 3)
    second = read_batch(log.path, first.cursor, 3)
    third = read_batch(log.path, second.cursor, 3)
    assert [ids(one) for one in (first, second, third)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [one.more for one in (first, second, third)] == [True, True, False]
    assert [behind(log.path, one.cursor) for one in (first, second, third)] == [4, 1, 0]
    assert read_batch(log.path, third.cursor, 3) == Batch([], {}, third.cursor, more=False)


def test_a_call_comes_with_what_became_of_it_and_again_when_more_is_known(log: OpenLog) -> None:
    write(log, 0, 4)
    log.decisions.outcome(id_of(1), Outcome(Event.QUEUE_JOINED))
    log.decisions.outcome(id_of(3), Outcome(Event.QUEUE_JOINED))
    first = read_batch(log.path, Cursor(), 2)
    assert ended(first) == {1: ["queue_joined"]}  # the other's comes with its call
    second = read_batch(log.path, first.cursor, 2)
    assert ended(second) == {3: ["queue_joined"]}
    log.decisions.outcome(id_of(1), Outcome(Event.ANSWERED, 5.0))
    third = read_batch(log.path, second.cursor, 2)
    assert (ids(third), ended(third)) == ([], {1: ["queue_joined", "answered"]})


def test_many_outcomes_are_read_in_batches_too(log: OpenLog) -> None:
    write(log, 0, 2)
    reached = read_batch(log.path, Cursor(), 2).cursor
    for _ in range(10):
        log.decisions.outcome(id_of(0), Outcome(Event.QUEUE_JOINED))
    batch = read_batch(log.path, reached, 2)
    assert (batch.more, len(ended(batch)[0])) == (True, 10)
    assert not read_batch(log.path, batch.cursor, 2).more


def test_calls_brought_in_are_read_downwards(log: OpenLog) -> None:
    write(log, 0, 2)
    for seq in (0, -1, -2):
        log.ask_to(
            "INSERT INTO calls (seq, id, at, verdict, would, reasons, imported_at) "
            "VALUES (?, ?, ?, 'admit', 'admit', 'imported', ?)",
            *(seq, id_of(100 - seq), NOW - 100.0 + seq, NOW),
        )
    first = read_batch(log.path, Cursor(), 4)
    assert ids(first) == [0, 1, 100, 101]
    log.ask_to("INSERT INTO outcomes VALUES (0, ?, 'answered', 5.0)", NOW)
    log.ask_to("INSERT INTO outcomes VALUES (-2, ?, 'answered', 5.0)", NOW)
    second = read_batch(log.path, first.cursor, 4)
    assert ids(second) == [102]
    assert ended(second) == {100: ["answered"], 102: ["answered"]}
    assert behind(log.path, second.cursor) == 0


def test_places_given_out_again_are_read_again(log: OpenLog) -> None:
    write(log, 0, 6)
    reached = read_batch(log.path, Cursor(), 4).cursor
    reached = read_batch(log.path, reached, 4).cursor
    log.ask_to("DELETE FROM calls WHERE seq > 4")
    write(log, 10, 2)
    assert log.ask("SELECT max(seq) FROM calls") == [(6,)]
    assert ids(read_batch(log.path, reached, 4)) == [10, 11]


def test_an_outcomes_place_given_out_again_is_read_again(log: OpenLog) -> None:
    write(log, 0, 2)
    log.decisions.outcome(id_of(0), Outcome(Event.QUEUE_JOINED))
    mark_not_spam(log.path, id_of(0), NOW)
    reached = read_batch(log.path, Cursor(), 4).cursor
    unmark(log.path, id_of(0))
    log.decisions.outcome(id_of(1), Outcome(Event.ANSWERED, 5.0))
    assert ended(read_batch(log.path, reached, 4)) == {0: ["queue_joined"], 1: ["answered"]}


def test_a_new_log_in_the_place_of_a_damaged_one_is_read_from_its_begin(
    log: OpenLog, tmp_path: Path
) -> None:
    write(log, 0, 5)
    reached = read_batch(log.path, Cursor(), 9).cursor
    with a_log(tmp_path / "other") as other:
        write(other, 50, 9)
        assert ids(read_batch(other.path, reached, 20)) == list(range(50, 59))


def test_a_mark_that_was_taken_back_is_known(log: OpenLog) -> None:
    write(log, 0, 3)
    for place in (0, 1):
        log.decisions.outcome(id_of(place), Outcome(Event.ANSWERED, 5.0))
        mark_not_spam(log.path, id_of(place), NOW)
    unmark(log.path, id_of(1))
    names = [CallName(id_of(place), NOW + place) for place in (0, 1, 9)]
    found = marked(log.path, names)
    assert {name.id: [one.event for one in became] for name, became in found.items()} == {
        id_of(1): ["answered"]
    }


def test_damaged_texts_and_missing_columns_hold_nothing_up(log: OpenLog) -> None:
    write(log, 0, 2)
    log.ask_to("UPDATE calls SET did = CAST(x'ff41' AS TEXT) WHERE seq = 1")
    log.ask_to("ALTER TABLE calls DROP COLUMN trunk")
    batch = read_batch(log.path, Cursor(), 4)
    assert batch.calls[0][DID] == "\ufffdA"
    assert [row[COLUMNS.index("trunk")] for row in batch.calls] == [None, None]
