from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.storage import recorded
from screener.storage.facets import block_of, hour_facet
from screener.storage.keys import load_keys
from screener.storage.log_file import connect
from screener.storage.log_query import open_to_read
from screener.storage.recorded import (
    ReadTally,
    Recorded,
    RecordedCall,
    RecordedOutcome,
    hours_held,
    read_events,
    read_outcomes,
)
from tests.builders import DAY, NOW
from tests.unit.storage.logs import OpenLog, a_log, at

PLAN = NumberPlan("US")
HOUR = 3_600.0
ANSWERED = Outcome(Event.ANSWERED, 60.0)


def events(log: OpenLog, after: float = 0.0, until: float | None = None) -> list[Recorded]:
    connection = connect(log.path)
    try:
        keys = load_keys(log.keys)
        return list(read_events(connection, keys, PLAN, after=after, until=until))
    finally:
        connection.close()


def told(found: list[Recorded]) -> list[tuple[float, str]]:
    return [
        (one.call.arrived_at, one.call.call_id)
        if isinstance(one, RecordedCall)
        else (one.at, f"{one.call_id}!")
        for one in found
    ]


def write(log: OpenLog, moment: float, call_id: str, *outcomes_at: float) -> None:
    log.decisions(at(moment, call_id))
    for later in outcomes_at:
        log.clock.now = later
        log.decisions.outcome(call_id, ANSWERED)


def bring_in(log: OpenLog, seq: int, moment: float) -> None:
    """Put a call into the log as an import does."""
    log.ask_to(
        "INSERT INTO calls (seq, id, at, caller_class, verdict, would, reasons, imported_at) "
        "VALUES (?, ?, ?, 'absent', 'admit', 'admit', 'imported', ?)",
        seq,
        f"i{seq}",
        moment,
        NOW,
    )
    log.ask_to("INSERT OR IGNORE INTO facets VALUES (?, ?)", hour_facet(moment), block_of(seq))


def test_calls_and_outcomes_come_in_order_of_time(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a", NOW + 90)
        write(log, NOW + 60, "b", NOW + 61)
        write(log, NOW - 5, "late")
        assert told(events(log)) == [
            (NOW - 5, "late"),
            (NOW, "a"),
            (NOW + 60, "b"),
            (NOW + 61, "b!"),
            (NOW + 90, "a!"),
        ]


def test_an_outcome_tells_of_its_call(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a", NOW + 90)
        assert events(log)[1] == RecordedOutcome(
            NOW + 90, "a", "+16515550142", "trunk-a", ANSWERED, NOW
        )


def test_imported_calls_stand_where_their_time_puts_them(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a")
        write(log, NOW + 3 * HOUR, "b")
        for seq, moment in ((0, NOW - DAY), (-1, NOW + HOUR), (-2, NOW - 2 * DAY)):
            bring_in(log, seq, moment)
        found = events(log)
        assert [name for _, name in told(found)] == ["i-2", "i0", "a", "i-1", "b"]
        assert [one.imported for one in found if isinstance(one, RecordedCall)] == [
            *(True, True, False, True, False)
        ]


def test_the_bounds_are_open_and_a_call_on_the_hour_is_read_once(tmp_path: Path) -> None:
    hour = NOW // HOUR * HOUR
    with a_log(tmp_path) as log:
        for place in range(5):
            write(log, hour + place * HOUR, f"c{place}")
        assert [name for _, name in told(events(log, 0.0))] == [f"c{place}" for place in range(5)]
        inner = events(log, hour, hour + 4 * HOUR)
        assert [name for _, name in told(inner)] == ["c1", "c2", "c3"]


def test_of_a_call_before_the_window_only_what_became_of_it_since_is_told(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a", NOW + 10, NOW + 7_000)
        write(log, NOW + 20, "b", NOW + 8_000)
        assert told(events(log, NOW + 15, NOW + 7_500)) == [(NOW + 20, "b"), (NOW + 7_000, "a!")]


def test_an_outcome_told_by_a_clock_behind_comes_right_after_its_call(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a", NOW - 100)
        write(log, NOW + 1, "b")
        assert told(events(log)) == [(NOW, "a"), (NOW, "a!"), (NOW + 1, "b")]


def test_the_hours_of_a_log_are_known_without_reading_it(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        connection = open_to_read(log.path)
        assert hours_held(connection) is None
        write(log, NOW, "a")
        bring_in(log, 0, NOW - DAY)
        assert hours_held(connection) == (NOW - DAY, NOW + HOUR)
        connection.close()


def test_a_call_tells_all_that_became_of_it(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a", NOW + 90, NOW + 30)
        write(log, NOW + 1, "b")
        log.ask_to(
            "INSERT INTO outcomes SELECT seq, at + 9000, 'not_spam', 0 FROM calls WHERE id = 'b'"
        )
        one, other = (call for call in events(log, NOW - 1) if isinstance(call, RecordedCall))
        assert [told.at for told in one.outcomes] == [NOW + 30, NOW + 90]
        assert (one.cleared, one.went_well(60.0)) == (False, True)
        assert (other.outcomes, other.cleared) == ((), True)


def test_calls_of_a_fault_and_events_of_other_words_are_left_out(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions.fault("f", "1.2", "ValueError")
        log.decisions.outcome("f", ANSWERED)
        write(log, NOW + 5, "a")
        log.ask_to("INSERT INTO outcomes SELECT seq, at, 'wondrous', 0 FROM calls")
        assert told(events(log)) == [(NOW + 5, "a")]


def test_an_empty_log_holds_no_event(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        assert events(log) == []


def test_what_cannot_be_opened_is_counted(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        write(log, NOW, "a")
        log.ask_to("UPDATE calls SET key_id = 'other'")
        tally = ReadTally()
        connection = connect(log.path)
        list(read_events(connection, load_keys(log.keys), PLAN, after=0.0, tally=tally))
        connection.close()
        assert tally.unopened == 1


def test_outcomes_alone_are_those_of_all_events(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        for place in range(40):
            later = [NOW + place + 500.0] if place % 3 == 0 else []
            write(log, NOW + 60.0 * place, f"c{place}", *later)
        every = [one for one in events(log, until=NOW + 1_000) if isinstance(one, RecordedOutcome)]
        connection = connect(log.path)
        keys = load_keys(log.keys)
        assert list(read_outcomes(connection, keys, PLAN, until=NOW + 1_000)) == every
        connection.close()
        assert every


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Make pages and spans small, so that a test crosses their edges."""

    def make(page: int, span: int) -> None:
        monkeypatch.setattr(recorded, "PAGE", page)
        monkeypatch.setattr(recorded, "SPAN_BLOCKS", span)

    return make


@pytest.mark.parametrize("shuffled", [False, True])
def test_order_holds_over_the_edges_of_pages_spans_and_blocks(
    tmp_path: Path, small: Callable[[int, int], None], *, shuffled: bool
) -> None:
    small(7, 1)
    moments = [NOW + place * 1_000.0 for place in range(120)]
    if shuffled:
        moments.sort(key=lambda moment: moment * 7 % 1_013)
    with a_log(tmp_path) as log:
        for place, moment in enumerate(moments):
            bring_in(log, 300 - place * 40, moment)
        found = [moment for moment, _ in told(events(log))]
    assert found == sorted(moments)


@given(st.lists(st.integers(-50, 50), unique=True, max_size=20))
def test_neighbouring_blocks_are_read_as_one_range(blocks: list[int]) -> None:
    ranges = recorded._ranges(set(blocks))
    covered = {block for low, high in ranges for block in range(block_of(low), block_of(high) + 1)}
    assert covered == set(blocks)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(ranges))
