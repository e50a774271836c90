from dataclasses import replace

from screener.core.call import Load
from screener.core.crowd import Crowd
from screener.core.engine import Engine
from screener.core.memory import CallNote
from screener.core.reputation import Standing
from screener.core.settings import Settings, TableSizes
from screener.storage.new_memory import new_memory
from tests.builders import NOW, a_call

SIZES = TableSizes(counters=2, callers=3, known=4, calls=5, busied=6, prefixes=7)


def test_every_table_holds_as_much_as_is_set_and_only_known_callers_are_safe() -> None:
    memory = new_memory(replace(Settings(), tables=SIZES))
    for key in map(str, range(20)):
        memory.counters.put(key, ())
        memory.callers.put(key, Standing(NOW))
        memory.calls.put(key, CallNote(key, ""))
        memory.busied.put(key, (NOW,))
        memory.crowds.prefixes.put(key, Crowd())
        memory.counters.protect(key)
        memory.callers.protect(key)
        memory.calls.protect(key)
        memory.busied.protect(key)
        memory.crowds.prefixes.protect(key)
    for key in map(str, range(20, 40)):
        memory.callers.put(key, Standing(NOW))
    assert (len(memory.counters), len(memory.calls), len(memory.busied)) == (2, 5, 6)
    assert (len(memory.crowds.prefixes), len(memory.callers)) == (7, 3 + 4)
    stayed = [place for place in range(40) if memory.callers.get(str(place))]
    assert stayed == [16, 17, 18, 19, 37, 38, 39]
    assert memory.calls.get("14") is None
    assert memory.calls.get("15") is not None


def test_it_begins_empty_and_two_have_nothing_in_common() -> None:
    settings = Settings()
    first, second = new_memory(settings), new_memory(settings)
    assert (len(first.callers), len(first.crowds.few), first.crowds.customers) == (0, 0, 0)
    for place in range(5):
        Engine(settings, first).decide(a_call(f"+1651555{place:04}", call_id=f"c{place}"), Load())
    assert len(first.counters) > 0
    assert len(first.crowds.few) > 0
    assert (len(second.counters), len(second.calls), len(second.crowds.few)) == (0, 0, 0)
    assert second.crowds.all == new_memory(settings).crowds.all != first.crowds.all
