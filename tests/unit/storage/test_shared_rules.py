import pytest

from screener.core.shared import Counter, Note, Question
from screener.errors import SharedStoreError
from screener.storage.shared_memory import SharedMemory, _Dictionary
from screener.storage.shared_rules import SharedRules

# What a store does is in tests/contract/test_shared_stores.py; here is what cells may do to it.


def rules() -> tuple[SharedRules, _Dictionary]:
    cells = _Dictionary(1_000)
    return SharedRules(cells), cells


def test_places_of_a_feed_go_on_though_the_clock_steps_back() -> None:
    steps, _ = rules()
    first = steps.post("edge", "kind", b"1", 600.0, 1_000.0)
    second = steps.post("edge", "kind", b"2", 600.0, 900.0)
    assert first < second
    assert [entry.body for entry in steps.since("kind", first, 10, 900.0)] == [b"2"]


def test_places_go_on_where_all_entries_are_gone() -> None:
    steps, cells = rules()
    first = steps.post("edge", "kind", b"1", 600.0, 1_000.0)
    cells.held.clear()
    assert steps.post("edge", "kind", b"2", 600.0, 1_000.1) > first


def test_cells_that_hold_something_else_are_an_error_of_the_store() -> None:
    steps, cells = rules()
    for key in ("s:caller", "n:call", "l:line"):
        cells.put(key, b"\xff", 2_000.0)
    for asking in (
        lambda: steps.standing("caller", 1_000.0),
        lambda: steps.claim("call", 1_000.0),
        lambda: steps.consult(Question("call", "", "line", ()), 1_000.0),
    ):
        with pytest.raises(SharedStoreError):
            asking()


def test_a_counter_that_holds_something_else_begins_anew() -> None:
    steps, cells = rules()
    cells.put("c:key", b"odd", 2_000.0)
    question = Question("call", "", "", (Counter("key", ((5, 10.0),)),))
    assert steps.consult(question, 1_000.0).tats == ((0.0,),)


def test_forgetting_looks_through_all_notes() -> None:
    steps, cells = rules()
    for number in range(900):
        whose = "mine" if number % 3 else "other"
        note = Note(f"call{number}é", "edge", whose, "", "", "", challenged=False, ttl=60.0)
        steps.tell([note], 1_000.0)
    steps.forget("mine", "", [], 1_000.0)
    assert len(cells.held) == 300


async def test_the_store_in_memory_is_these_rules() -> None:
    assert (await SharedMemory(lambda: 5.0).consult(Question("c", "", "", ()))).now == 5.0
