import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.memory import CallNote
from screener.core.outcome import Event, Outcome
from screener.storage.crowd_state import KeptCrowds
from screener.storage.keys import load_keys
from screener.storage.state_file import read_state
from screener.storage.state_keeper import EVERY_CALLS, EVERY_S
from tests.unit.agents import until
from tests.unit.storage.states import Life, folder_of

NUMBER = "+16515550142"
SERVED = Outcome(Event.ANSWERED, 60.0)


@pytest.fixture(name="life")
def _life(tmp_path: Path) -> Iterator[Life]:
    log = folder_of(tmp_path)
    yield Life(log)
    log.upkeep.close()


def inode(life: Life) -> int:
    return life.sources.state.stat().st_ino


def test_nothing_is_due_where_nothing_changed(life: Life) -> None:
    life.log.timer.now += 10 * EVERY_S
    assert not life.keeper.is_due


def test_one_call_is_due_after_the_interval_and_many_are_due_at_once(life: Life) -> None:
    decision = life.call(NUMBER, "call-1")
    assert not life.keeper.is_due
    life.log.timer.now += EVERY_S
    assert life.keeper.is_due
    assert life.save()
    assert not life.keeper.is_due
    for _ in range(EVERY_CALLS):
        assert not life.keeper.is_due
        life.keeper(decision)
    assert life.keeper.is_due


def test_an_outcome_or_a_touch_is_a_change_too(life: Life) -> None:
    life.log.timer.now += EVERY_S
    life.keeper.told("call-1", SERVED)
    assert life.keeper.is_due
    life.save()
    life.log.timer.now += EVERY_S
    assert not life.keeper.is_due
    life.keeper.touch()
    assert life.keeper.is_due


def test_each_table_is_written_with_the_moment_of_its_copy(life: Life) -> None:
    life.call(NUMBER, "call-1")
    life.report("call-1", SERVED)
    life.save()
    now = life.log.clock.now
    read = read_state(life.sources.state, load_keys(life.log.keys))
    assert (read.counters_at, read.callers_at, read.calls_at) == (now, now, now)
    assert read.counters == life.memory.counters.entries(protected=False)
    assert read.callers == life.memory.callers.entries(protected=False)
    assert read.calls == {"call-1": CallNote(NUMBER, "trunk-a", "jnew\x1fnone\x1ftrunk-a")}
    crowds = life.memory.crowds
    assert read.crowds == KeptCrowds(
        crowds.few, dict(crowds.prefixes.entries(protected=False)), crowds.all, crowds.customers
    )
    assert set(read.crowds.prefixes) == {"p+1651555"}
    assert len(read.counters) > 0


def test_a_write_that_fails_is_told_once_and_tried_again(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    life.call(NUMBER, "call-1")
    life.sources.state.mkdir()
    assert not life.save()
    assert not life.save()
    assert caplog.text.count("STATE-TROUBLE") == 1
    assert NUMBER not in caplog.text
    life.sources.state.rmdir()
    life.log.timer.now += EVERY_S
    assert life.keeper.is_due
    assert life.save()


def test_with_exposed_keys_nothing_is_written(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    life.log.keys.chmod(0o644)
    life.keeper.touch()
    assert not life.save()
    assert "others could read the keys" in caplog.text
    assert not life.sources.state.exists()


async def test_closing_writes_what_changed_and_ends_the_run(life: Life) -> None:
    run = asyncio.get_running_loop().create_task(life.keeper.run())
    life.keeper.touch()
    await life.keeper.close()
    await asyncio.wait_for(run, 5.0)
    before = inode(life)
    await life.keeper.close()
    assert inode(life) == before


async def test_running_takes_the_snapshots_that_are_due(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.state_keeper.STEP_S", 0.001)
    life.keeper.touch()
    life.log.timer.now += EVERY_S
    run = asyncio.get_running_loop().create_task(life.keeper.run())
    await asyncio.to_thread(until, life.sources.state.exists, "a snapshot")
    await life.keeper.close()
    await run


async def test_calls_are_decided_while_a_snapshot_is_written(life: Life) -> None:
    for place in range(900):
        life.memory.counters.put(f"key-{place}", (life.log.clock.now,))
    saving = asyncio.get_running_loop().create_task(life.keeper.save())
    decided = 0
    while not saving.done():
        await asyncio.sleep(0)
        life.call(NUMBER, f"call-{decided}")
        decided += 1
    assert await saving
    assert decided > 0
    assert life.keeper.is_due is False
    life.log.timer.now += EVERY_S
    assert life.keeper.is_due


async def test_a_run_that_is_cancelled_at_work_does_not_spoil_the_last_snapshot(
    life: Life,
) -> None:
    for place in range(5_000):
        life.memory.counters.put(f"key-{place}", (life.log.clock.now,))
    first = asyncio.get_running_loop().create_task(life.keeper.save())
    await asyncio.sleep(0.005)
    first.cancel()
    life.memory.counters.put("last", (life.log.clock.now,))
    life.keeper.touch()
    await life.keeper.close()
    read = read_state(life.sources.state, load_keys(life.log.keys))
    assert "last" in read.counters


async def test_two_that_save_at_once_take_turns(life: Life) -> None:
    life.call(NUMBER, "call-1")
    assert all(await asyncio.gather(life.keeper.save(), life.keeper.save()))
    read_state(life.sources.state, load_keys(life.log.keys))


def test_what_is_written_is_told_to_those_who_debug(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="screener.state")
    life.call(NUMBER, "call-1")
    life.save()
    assert "STATE-SAVED bytes=" in caplog.text
    assert NUMBER[2:] not in caplog.text
