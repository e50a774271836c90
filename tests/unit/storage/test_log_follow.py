import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.storage import log_follow
from screener.storage.log_file import set_aside
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter
from tests.unit.storage.logs import OpenLog, a_log, decided, refused


@pytest.fixture
def log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as opened:
        for place in range(5):
            opened.decisions(decided(f"old{place}"))
        yield opened


def ids(follower: Follower) -> list[object]:
    return [call["id"] for call in follower.look()]


def test_only_new_calls_come_each_once_in_the_order_of_writing(log: OpenLog) -> None:
    follower = Follower(log.path, Filter())
    assert ids(follower) == []
    log.decisions(decided("a"))
    log.decisions(decided("b"))
    assert ids(follower) == ["a", "b"]
    assert ids(follower) == []
    log.decisions(decided("c"))
    assert ids(follower) == ["c"]
    follower.close()


def test_the_filter_holds_for_new_calls_too(log: OpenLog) -> None:
    follower = Follower(log.path, Filter(verdict="drop", trunk="trunk-b"))
    log.decisions(refused(decided("a", trunk="trunk-b")))
    log.decisions(decided("b", trunk="trunk-b"))
    log.decisions(refused(decided("c", trunk="trunk-a")))
    log.decisions(refused(decided("d", trunk="trunk-b")))
    assert ids(follower) == ["a", "d"]
    follower.close()


def test_a_purged_log_and_places_given_out_again_lose_and_repeat_nothing(log: OpenLog) -> None:
    follower = Follower(log.path, Filter())
    log.decisions(decided("a"))
    assert ids(follower) == ["a"]
    log.ask_to("DELETE FROM calls WHERE id IN ('a', 'old4')")
    log.decisions(decided("b"))
    log.decisions(decided("c"))
    log.decisions(decided("d"))
    assert ids(follower) == ["b", "c", "d"]
    log.ask_to("DELETE FROM calls")
    assert ids(follower) == []
    log.decisions(decided("e"))
    assert ids(follower) == ["e"]
    follower.close()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(
    deeds=st.lists(st.tuples(st.sampled_from("wwwdl"), st.integers(1, 4)), max_size=15),
    overlap=st.integers(4, 9),
)
def test_whatever_is_written_and_erased_in_between_no_call_comes_twice(
    log: OpenLog, deeds: list[tuple[str, int]], overlap: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_follow, "OVERLAP", overlap)
        follower = Follower(log.path, Filter())
        told: list[object] = []
        for deed, many in deeds:
            if deed == "w":
                for _ in range(many):
                    log.decisions(decided(os.urandom(8).hex()))
            elif deed == "d":
                newest = "DELETE FROM calls WHERE seq > (SELECT max(seq) FROM calls) - ?"
                log.ask_to(newest, many)
            told += ids(follower)
        while more := ids(follower):
            told += more
        follower.close()
    assert len(told) == len(set(told)) == sum(many for deed, many in deeds if deed == "w")


def test_a_log_set_aside_is_followed_into_the_new_one(log: OpenLog) -> None:
    follower = Follower(log.path, Filter())
    set_aside(log.path)
    assert ids(follower) == []
    assert follower.trouble == "SQLITE_CANTOPEN"
    log.decisions(decided("first"))
    log.settle(3)
    assert ids(follower) == ["first"]
    assert follower.trouble == ""
    follower.close()


def test_a_long_rush_is_taken_up_in_several_looks(
    log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follow, "OVERLAP", 3)
    monkeypatch.setattr(log_follow, "AT_ONCE", 10)
    follower = Follower(log.path, Filter())
    names = [f"n{place}" for place in range(40)]
    for name in names:
        log.decisions(decided(name))
    found: list[object] = []
    while part := ids(follower):
        assert len(part) <= 13
        found += part
    assert found == names
    follower.close()


def test_calls_brought_in_from_elsewhere_are_no_new_calls(log: OpenLog) -> None:
    follower = Follower(log.path, Filter())
    log.ask_to(
        "INSERT INTO calls (seq, id, at, verdict, would, reasons) VALUES (-1, 'i', 1, 'admit', "
        "'admit', 'imported')"
    )
    assert ids(follower) == []
    follower.close()


def test_a_damaged_file_is_trouble_and_no_end(log: OpenLog) -> None:
    follower = Follower(log.path, Filter())
    log.ask_to("ALTER TABLE calls RENAME TO gone")
    assert ids(follower) == []
    assert follower.trouble == "SQLITE_ERROR"
    log.ask_to("ALTER TABLE gone RENAME TO calls")
    log.decisions(decided("a"))
    log.settle(3)
    assert ids(follower) == ["a"]
    follower.close()
