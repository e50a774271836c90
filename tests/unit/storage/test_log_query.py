import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.facets import block_of, caller_facet
from screener.storage.keys import Keys, load_keys
from screener.storage.log_query import MOST_BLOCKS, Filter, Found, after, find, open_to_read, page
from screener.storage.pseudonyms import pseudonym
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, at, refused

CALLS = 5_000
HOUR_S = 3_600.0


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> OpenLog:
    log = OpenLog(tmp_path_factory.mktemp("log"))
    log.upkeep.step()
    for place in range(CALLS):
        decision = at(
            NOW + 60.0 * place,
            f"c{place}",
            f"+165155501{place % 97:02d}",
            trunk=f"trunk-{place % 3}",
            did=f"+1651539220{place % 5}",
            attestation="C" if place == 1_234 else "",
            verification="success" if place == 1_234 else "",
        )
        log.decisions(refused(decision) if place % 4 == 0 else decision)
        if place % 700 == 0:
            log.decisions.outcome(f"c{place}", Outcome(Event.ANSWERED, 5.0))
    log.upkeep.close()
    return log


@pytest.fixture
def connection(log: OpenLog) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(log.path)) as opened:
        yield opened


@pytest.fixture
def keys(log: OpenLog) -> Keys:
    return load_keys(log.keys)


def places(calls: list[Found]) -> list[int]:
    return [int(str(call["id"])[1:]) for call in calls]


def all_of(connection: sqlite3.Connection, wanted: Filter, limit: int = 97) -> list[int]:
    found: list[int] = []
    before: int | None = None
    while True:
        one = page(connection, wanted, limit=limit, before=before)
        assert len(one.calls) <= limit
        found += places(one.calls)
        if one.before is None:
            return found
        before = one.before


EVERY = list(reversed(range(CALLS)))


@pytest.mark.parametrize(
    ("wanted", "steps", "start"),
    [
        (Filter(), 1, 0),
        (Filter(verdict="drop"), 4, 0),
        (Filter(would="drop"), 4, 0),
        (Filter(trunk="trunk-2"), 3, 2),
        (Filter(did="+16515392203"), 5, 3),
        (Filter(outcome="answered"), 700, 0),
        (Filter(verdict="drop", trunk="trunk-1", did="+16515392202"), 60, 52),
        (Filter(reason="attestation-c"), CALLS, 1_234),
    ],
)
def test_every_call_that_fits_is_found_once_newest_first(
    connection: sqlite3.Connection, wanted: Filter, steps: int, start: int
) -> None:
    assert all_of(connection, wanted) == [place for place in EVERY if place % steps == start]


def test_a_span_of_time_has_its_first_moment_and_not_its_last(
    connection: sqlite3.Connection,
) -> None:
    wanted = Filter(since=NOW + 60.0 * 100, until=NOW + 60.0 * 2_500)
    assert all_of(connection, wanted) == list(reversed(range(100, 2_500)))
    assert all_of(connection, Filter(since=NOW + 60.0 * 4_990)) == EVERY[:10]
    assert all_of(connection, Filter(until=NOW)) == []


def test_a_number_and_a_prefix_are_found_by_their_pseudonyms(
    connection: sqlite3.Connection, keys: Keys
) -> None:
    number = pseudonym("number", "+16515550142", keys)
    wanted = [place for place in EVERY if place % 97 == 42]
    assert all_of(connection, Filter(number=number), limit=7) == wanted
    with_drop = [place for place in wanted if place % 4 == 0]
    assert all_of(connection, Filter(number=number, verdict="drop")) == with_drop
    prefix = pseudonym("prefix", "+1651555", keys)
    assert all_of(connection, Filter(prefix=prefix)) == EVERY
    assert all_of(connection, Filter(number=prefix)) == []


@pytest.mark.parametrize("word", ["", "x", "'; DROP TABLE calls", "%", "dro"])
def test_words_that_no_call_has_find_nothing(connection: sqlite3.Connection, word: str) -> None:
    for wanted in (Filter(trunk=word), Filter(reason=word), Filter(outcome=word)):
        found = all_of(connection, wanted)
        assert found == (EVERY if not word else [])


def test_a_call_is_found_by_its_id_with_its_outcomes(connection: sqlite3.Connection) -> None:
    found = find(connection, "c700")
    assert found is not None
    assert found["trunk"] == "trunk-1"
    assert found["outcomes"] == [{"at": NOW, "event": "answered", "talk_s": 5.0}]
    assert find(connection, "nobody") is None


def test_a_page_reads_so_many_blocks_and_says_where_to_go_on(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.log_query.MOST_BLOCKS", 1)
    assert MOST_BLOCKS > 1
    apart = Filter(trunk="trunk-1", reason="attestation-c", verdict="drop")
    assert all_of(connection, apart) == []
    first = page(connection, Filter(trunk="trunk-1", outcome="answered"))
    assert first.before is not None
    expected = [place for place in EVERY if place % 700 == 0 and place % 3 == 1]
    assert all_of(connection, Filter(trunk="trunk-1", outcome="answered")) == expected


@pytest.mark.parametrize("noted", [False, True])
def test_masked_callers_are_found_whether_their_features_were_noted_or_not(
    connection: sqlite3.Connection, *, noted: bool
) -> None:
    with closing(sqlite3.connect(":memory:")) as copy:
        connection.backup(copy)
        if noted:
            held = copy.execute("SELECT caller, seq FROM calls").fetchall()
            pairs = {(caller_facet(mask), block_of(seq)) for mask, seq in held}
            copy.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", pairs)
        expected = [place for place in EVERY if place % 97 == 42]
        mask = f"+1{chr(0x2022) * 8}42"
        for pattern in (mask, "*42", "+1*42"):
            assert all_of(copy, Filter(caller=pattern)) == expected
        assert all_of(copy, Filter(caller="+1*")) == EVERY
        dropped = [place for place in expected if place % 4 == 0]
        assert all_of(copy, Filter(caller="*42", verdict="drop")) == dropped
        for absent in ("*99", "42", "+44*", "+1", "[+]*"):
            assert all_of(copy, Filter(caller=absent)) == []


def test_the_calls_of_a_range_come_in_the_order_of_writing(
    connection: sqlite3.Connection,
) -> None:
    assert places(after(connection, Filter(), 11, 20)) == list(range(10, 20))
    assert places(after(connection, Filter(verdict="drop"), 1, 20, limit=3)) == [0, 4, 8]
    assert after(connection, Filter(), CALLS + 1, CALLS + 9) == []


def test_a_log_that_is_opened_to_read_cannot_be_changed_or_made(
    log: OpenLog, tmp_path: Path
) -> None:
    with closing(open_to_read(log.path)) as opened:
        assert opened.execute("SELECT count(*) FROM calls").fetchone() == (CALLS,)
        with pytest.raises(sqlite3.OperationalError):
            opened.execute("DELETE FROM calls")
    with pytest.raises(sqlite3.OperationalError):
        open_to_read(tmp_path / "none?mode=rwc.db")
    assert list(tmp_path.iterdir()) == []
