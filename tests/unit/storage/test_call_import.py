import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from screener.core.number import NumberPlan
from screener.core.outcome import Event
from screener.core.past_call import PastLeg, WaitStep
from screener.storage.call_import import CallImport, Written, own_uniqueids
from screener.storage.call_staging import CallStaging
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.log_file import connect
from screener.storage.log_hints import NUMBER, calls_with, hinted_calls
from screener.storage.log_query import Filter, page
from screener.storage.log_rows import RowMaker
from screener.storage.pseudonyms import pseudonyms_of
from screener.storage.sealing import Sealer
from tests.builders import NOW
from tests.unit.call_records import PERSON, START, a_leg, a_wait
from tests.unit.storage.logs import OpenLog, a_log, at

PLAN = NumberPlan("US")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        yield opened


def some(calls: int = 3) -> list[PastLeg]:
    return [a_leg(f"{START + second}.7", float(START + second)) for second in range(calls)]


def bring_in(
    log: OpenLog,
    legs: Iterable[PastLeg],
    waits: Iterable[WaitStep] = (),
    *,
    pauses: list[float] | None = None,
    timer: Callable[[], float] = lambda: 0.0,
) -> tuple[Written, list[str]]:
    """Bring them in as the command does; return what it came to and which ones were fresh."""
    with closing(CallStaging(100_000)) as staging, closing(connect(log.path)) as connection:
        for leg in legs:
            staging.add_leg(leg)
        for wait in waits:
            staging.add_wait(wait)
        staging.flush()
        maker = RowMaker(keys_of(log))
        kept: list[float] = [] if pauses is None else pauses
        writer = CallImport(connection, maker, PLAN, NOW, pause=kept.append, timer=timer)
        for _ in writer.run(staging):
            pass
        return writer.written, [call.key for call in staging.fresh_oldest_first()]


def keys_of(log: OpenLog) -> Keys:
    return load_or_make_keys(log.keys)


def everything(log: OpenLog) -> list[tuple[object, ...]]:
    return [
        row
        for table in ("calls", "outcomes", "facets")
        for row in log.ask(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - our own tables
    ]


def test_calls_stand_below_the_agents_own_with_the_newest_next_to_them(log: OpenLog) -> None:
    log.decisions(at(NOW, "own-1"))
    log.decisions(at(NOW, "own-2"))
    written, fresh = bring_in(log, some())
    assert written == Written(new=3, answered=3)
    assert fresh == [leg.key for leg in some()]
    rows = log.ask("SELECT seq, at FROM calls ORDER BY seq")
    assert rows[:3] == [(-2, START), (-1, START + 1.0), (0, START + 2.0)]
    assert log.ids()[3:] == ["own-1", "own-2"]
    log.decisions(at(NOW, "own-3"))
    assert log.ask("SELECT max(seq) FROM calls") == [(3,)]


def test_a_row_says_that_it_was_brought_in_and_holds_no_number(log: OpenLog) -> None:
    bring_in(log, some(1))
    (found,) = page(connect(log.path), Filter()).calls
    assert (found["verdict"], found["would"], found["reasons"]) == ("admit", "admit", ["imported"])
    assert (found["mode"], found["config"], found["imported_at"]) == ("imported", None, NOW)
    assert (found["did"], found["trunk"]) == ("6515392200", "trunk-a")
    assert found["uniqueid"] == f"{START}.7"
    assert found["caller_class"] == "valid"
    assert str(found["caller"]).endswith("42")
    assert PERSON[2:].encode() not in log.bytes()


def test_the_number_is_found_and_opened_as_any_other(log: OpenLog) -> None:
    bring_in(log, some(1))
    keys = keys_of(log)
    names = pseudonyms_of(PLAN.read(PERSON), keys)
    with closing(connect(log.path)) as connection:
        assert len(page(connection, Filter(number=names.number)).calls) == 1
        assert len(page(connection, Filter(prefix=names.prefix)).calls) == 1
    ((call_id, sealed, key_id),) = log.ask("SELECT id, sealed, key_id FROM calls")
    assert isinstance(sealed, bytes)
    assert Sealer(keys).unseal(sealed, str(call_id), str(key_id)) == PERSON


def test_searches_find_imported_calls_after_the_agents_own(log: OpenLog) -> None:
    log.decisions(at(NOW, "own"))
    bring_in(log, some(1_500))
    with closing(connect(log.path)) as connection:
        newest = page(connection, Filter(verdict="admit"), limit=2).calls
        assert [call["seq"] for call in newest] == [1, 0]
        for wanted in (
            Filter(reason="imported", trunk="trunk-a", did="6515392200"),
            Filter(outcome="answered", would="admit"),
            Filter(since=START, until=START + 86_400.0),
        ):
            assert len(page(connection, wanted, limit=5_000).calls) == 1_500, wanted


def test_the_same_calls_twice_are_there_once(log: OpenLog) -> None:
    bring_in(log, some())
    before = everything(log)
    assert bring_in(log, some()) == (Written(there=3), [])
    assert everything(log) == before


def test_later_calls_go_below_those_brought_in_first(log: OpenLog) -> None:
    bring_in(log, some(2))
    written, _ = bring_in(log, some(3))
    assert written == Written(new=1, answered=1, there=2)
    assert log.ask("SELECT seq, at FROM calls ORDER BY seq")[0] == (-2, START + 2.0)


def test_a_queue_s_log_that_comes_later_mends_the_outcome_and_the_cdr_does_not_undo_it(
    log: OpenLog,
) -> None:
    key = some(1)[0].key
    bring_in(log, some(1))
    served = [a_wait(key, number=PERSON), a_wait(key, served=True, talk_s=42.0, ended_at=5e9)]
    assert bring_in(log, [], served) == (Written(there=1, mended=1), [])
    assert log.ask("SELECT at, event, talk_s FROM outcomes") == [(5e9, "answered", 42.0)]
    assert bring_in(log, [], served)[0] == Written(there=1)
    assert bring_in(log, some(1))[0] == Written(there=1)


def test_a_call_that_is_found_out_to_have_been_served_is_fresh_to_the_agent(log: OpenLog) -> None:
    leg = some(1)[0]._replace(event=Event.ABANDONED, talk_s=0.0)
    assert bring_in(log, [leg])[0] == Written(new=1, abandoned=1)
    served = [a_wait(leg.key, number=PERSON), a_wait(leg.key, served=True, talk_s=42.0)]
    assert bring_in(log, [], served) == (Written(there=1, mended=1), [leg.key])
    assert len(log.ask("SELECT * FROM outcomes")) == 1


def test_who_withheld_the_number_is_not_named(log: OpenLog) -> None:
    bring_in(log, [some(1)[0]._replace(withheld=True)])
    ((kind, number, sealed, counter),) = log.ask(
        "SELECT caller_class, number_key, sealed, counter_key FROM calls"
    )
    assert (kind, number, sealed) == ("withheld", None, None)
    assert counter is not None


def test_steps_leave_as_much_time_to_others_as_they_took(log: OpenLog) -> None:
    pauses: list[float] = []
    seconds = count(0.0, 0.005)
    bring_in(log, some(200), pauses=pauses, timer=lambda: next(seconds))
    assert pauses == [pytest.approx(0.005)] * 4


def test_steps_become_smaller_where_they_take_long_and_larger_again(log: OpenLog) -> None:
    pauses: list[float] = []
    slow = iter([0.0, 1.0] * 5 + [0.0] * 1_000)
    bring_in(log, some(200), pauses=pauses, timer=lambda: next(slow))
    # 64, 32, 16, 8, 4 calls in the slow steps, then 4, 8, 12, 16, 20, and what is left
    assert [pause > 0.0 for pause in pauses] == [True] * 5 + [False] * 6


def test_the_agent_writes_between_the_steps(log: OpenLog) -> None:
    def write(_taken: float) -> None:
        log.decisions(at(NOW, f"own-{len(log.ids())}"))

    with closing(CallStaging(1_000)) as staging, closing(connect(log.path)) as connection:
        for leg in some(200):
            staging.add_leg(leg)
        staging.flush()
        writer = CallImport(
            connection, RowMaker(keys_of(log)), PLAN, NOW, pause=write, timer=lambda: 0.0
        )
        assert list(writer.run(staging)) == [64, 128, 192, 200]
    assert log.ask("SELECT count(*), max(seq) FROM calls WHERE seq > 0") == [(4, 4)]
    assert log.decisions.queued == 0


def test_a_step_that_fails_is_not_there_at_all(log: OpenLog) -> None:
    before = everything(log)
    log.ask_to("CREATE TRIGGER no BEFORE INSERT ON outcomes BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError):
        bring_in(log, some())
    assert everything(log) == before


def test_an_import_that_was_cut_short_is_completed_in_the_same_order(log: OpenLog) -> None:
    with closing(CallStaging(1_000)) as staging, closing(connect(log.path)) as connection:
        for leg in some(100):
            staging.add_leg(leg)
        staging.flush()
        steps = CallImport(
            connection, RowMaker(keys_of(log)), PLAN, NOW, pause=lambda _: None, timer=lambda: 0.0
        ).run(staging)
        next(steps)
    assert bring_in(log, some(100))[0] == Written(new=36, answered=36, there=64)
    rows = [row[0] for row in log.ask("SELECT at FROM calls ORDER BY seq")]
    assert rows == [START + second for second in range(100)]


def test_our_own_calls_of_a_time_are_told_by_their_unique_ids(log: OpenLog) -> None:
    for hour in range(5):
        log.decisions(at(NOW + 3_600.0 * hour, f"own-{hour}", uniqueid=f"{hour}.1"))
    bring_in(log, [a_leg("9.9", NOW)])
    with closing(connect(log.path)) as connection:
        first, last = NOW + 3_600.0, NOW + 10_800.0
        assert list(own_uniqueids(connection, first, last)) == ["1.1", "2.1", "3.1"]
        assert list(own_uniqueids(connection, 0.0, 1.0)) == []


def test_what_is_brought_in_is_found_by_id_and_number_at_once(log: OpenLog) -> None:
    log.decisions(at(NOW, "own", PERSON))
    bring_in(log, some(5))
    with closing(connect(log.path)) as connection:
        number = pseudonyms_of(PLAN.read(PERSON, ""), keys_of(log)).number
        assert number is not None
        assert list(calls_with(connection, NUMBER, number)) == [1, 0, -1, -2, -3, -4]
        assert list(hinted_calls(connection, NUMBER, number, top=0)) == [0, -1, -2, -3, -4]


def test_a_log_of_version_1_finds_what_it_held_of_an_import(log: OpenLog) -> None:
    """As one is that no agent has opened since: nothing has its hints."""
    bring_in(log, some(5))
    log.ask_to("DELETE FROM hints")
    log.ask_to("UPDATE hinted SET up_to = -5")
    written, fresh = bring_in(log, some(6))
    assert (written.new, written.there, fresh) == (1, 5, [f"{START + 5}.7"])
    assert log.ask("SELECT up_to FROM hinted") == [(0,)]


def test_so_does_one_whose_highest_imported_calls_were_forgotten(log: OpenLog) -> None:
    bring_in(log, some(5))
    log.ask_to("DELETE FROM calls WHERE seq > -3")
    log.ask_to("DELETE FROM hints")
    log.ask_to("UPDATE hinted SET up_to = -5")
    written, _ = bring_in(log, some(5))
    assert (written.new, written.there) == (3, 2)
    assert log.ask("SELECT up_to FROM hinted") == [(-3,)]
