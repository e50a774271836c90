import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from screener.core.shared import Counter, Question, SharedStanding, StandingChange
from screener.errors import SharedStoreError
from screener.storage import shared_sqlite
from screener.storage.shared_sqlite import SharedSqlite

QUESTION = Question("call", "", "", (Counter("key", ((10, 60.0),)),))


async def opened(path: Path, wall: float = 1_000.0) -> SharedSqlite:
    store = SharedSqlite(path, lambda: wall)
    await store.ping()
    return store


async def test_nothing_is_asked_before_it_is_opened(tmp_path: Path) -> None:
    store = SharedSqlite(tmp_path / "shared.sqlite", lambda: 1_000.0)
    with pytest.raises(SharedStoreError, match="not opened"):
        await store.consult(QUESTION)
    await store.ping()
    await store.consult(QUESTION)
    await store.close()


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = await opened(tmp_path / "new/shared.sqlite")
    assert (tmp_path / "new/shared.sqlite").stat().st_mode & 0o077 == 0
    await store.close()


async def test_all_take_the_time_of_whoever_came_first(tmp_path: Path) -> None:
    first = await opened(tmp_path / "s", wall=1_000_000.0)
    second = await opened(tmp_path / "s", wall=5.0)
    before = (await first.consult(QUESTION)).now
    between = (await second.consult(QUESTION)).now
    assert 1_000_000.0 <= before < between < (await first.consult(QUESTION)).now < 1_000_100.0
    await first.close()
    await second.close()


async def test_after_a_boot_the_time_is_agreed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("one\n")
    monkeypatch.setattr(shared_sqlite, "_BOOT_ID", boot)
    first = await opened(tmp_path / "s", wall=1_000.0)
    await first.close()
    boot.write_text("two\n")
    second = await opened(tmp_path / "s", wall=9_000.0)
    assert (await second.consult(QUESTION)).now >= 9_000.0
    await second.close()


async def test_it_outlives_its_agents(tmp_path: Path) -> None:
    first = await opened(tmp_path / "s")
    change = StandingChange("caller", 0, SharedStanding(0, (1.0,)), "event", 3_600.0)
    await first.change(change)
    await first.close()
    second = await opened(tmp_path / "s")
    known = await second.standing("caller")
    assert known is not None
    assert known.fields == (1.0,)
    await second.close()


async def test_who_holds_it_locked_makes_the_loop_wait_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sqlite, "BUSY_S", 0.05)
    store = await opened(tmp_path / "s")
    other = sqlite3.connect(tmp_path / "s", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asking = asyncio.ensure_future(store.consult(QUESTION))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5
    with pytest.raises(SharedStoreError, match="locked"):
        await asking
    other.execute("ROLLBACK")
    other.close()
    await store.consult(QUESTION)
    await store.close()


async def test_steps_that_wait_are_bounded_though_nobody_waits_for_them_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sqlite, "MOST_WAITING", 3)
    store = await opened(tmp_path / "s")
    go_on = threading.Event()
    held = asyncio.ensure_future(store._in_thread(go_on.wait))
    asking = [asyncio.ensure_future(store.consult(QUESTION)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(SharedStoreError, match="3 steps"):
        await store.consult(QUESTION)
    for one in asking:
        one.cancel()
    await asyncio.wait(asking)
    go_on.set()
    await held
    for _ in range(10):
        told = await store.consult(QUESTION)
    assert told.tats[0][0] == pytest.approx(1_000.0 + 9 * 6.0, abs=5.0)  # who went spent nothing
    await store.close()


async def test_a_file_that_was_put_in_its_place_is_taken_at_the_next_ping(tmp_path: Path) -> None:
    store = await opened(tmp_path / "s")
    await store.consult(QUESTION)
    for name in ("s", "s-wal", "s-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    await store.ping()
    assert (await store.consult(QUESTION)).tats == ((0.0,),)
    other = await opened(tmp_path / "s")
    assert (await other.consult(QUESTION)).tats != ((0.0,),)
    await store.close()
    await other.close()


@pytest.mark.parametrize(
    "content", [b"no database" * 1_000, b"SQLite format 3\x00" + b"\xff" * 5_000]
)
async def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s").write_bytes(content)
    store = SharedSqlite(tmp_path / "s", lambda: 1_000.0)
    with pytest.raises(SharedStoreError, match=str(tmp_path / "s")):
        await store.ping()
    await store.close()


async def test_a_folder_that_cannot_be_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = SharedSqlite(tmp_path / "file/s", lambda: 1_000.0)
    with pytest.raises(SharedStoreError, match="file"):
        await store.ping()
    await store.close()


async def test_the_file_stays_bounded_under_a_flood_of_new_keys(tmp_path: Path) -> None:
    store = SharedSqlite(tmp_path / "s", lambda: 1_000.0, most_bytes=1 << 18)
    await store.ping()
    for start in range(0, 12_000, 120):
        counters = tuple(
            Counter(f"{number:060d}", ((1, 9e5),)) for number in range(start, start + 120)
        )
        await store.consult(Question("call", "", "", counters))
    await store.close()
    assert (tmp_path / "s").stat().st_size < 2 << 20
