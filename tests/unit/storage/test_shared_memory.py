import pytest

from screener.core.shared import Counter, Question
from screener.errors import SharedStoreError
from screener.storage.shared_memory import SharedMemory


def asked(number: int) -> Question:
    return Question("call", "", "", (Counter(f"key{number}", ((10, 60.0),)),))


async def test_it_stays_bounded_and_lets_go_of_what_was_put_first() -> None:
    store = SharedMemory(lambda: 1_000.0, most=100)
    for number in range(1_000):
        await store.consult(asked(number))
    assert len(store) == 100
    assert (await store.consult(asked(999))).tats[0] != (0.0,)
    assert (await store.consult(asked(0))).tats[0] == (0.0,)


async def test_nothing_is_held_for_good() -> None:
    store = SharedMemory(lambda: 1_000.0)
    assert store.end() == 0.0
    await store.consult(asked(1))
    await store.post("edge", "kind", b"", ttl=30.0)
    assert 1_000.0 < store.end() <= 1_030.0


async def test_tests_can_take_it_away_and_give_it_back() -> None:
    store = SharedMemory(lambda: 1_000.0)
    await store.consult(asked(1))
    store.answers = False
    with pytest.raises(SharedStoreError):
        await store.consult(asked(1))
    store.answers = True
    assert (await store.consult(asked(1))).tats[0] == (1_006.0,)
