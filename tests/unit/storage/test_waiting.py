import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.keys import Keys
from screener.storage.log_rows import OWN, Row, RowMaker
from screener.storage.log_writer import Entry, Event
from screener.storage.pseudonyms import pseudonym
from screener.storage.spill_lines import decode, encode
from screener.storage.waiting import Waiting
from tests.unit.storage.logs import decided

KEYS = Keys("k1", bytes(32), bytes(32))
MAKER = RowMaker(KEYS)
ABANDONED = Outcome(Word.ABANDONED)


def a_row(call_id: str, number: str = "+16515550142") -> Row:
    return MAKER.of_decision(decided(call_id, number))


@contextmanager
def a_queue(folder: Path, capacity: int = 100) -> Iterator[Waiting]:
    waiting = Waiting(folder / "decisions.db.waiting", capacity)
    yield waiting
    waiting.close()


def on_disk(folder: Path) -> list[str]:
    """Return the ids of the entries that a start after a kill would find."""
    found = []
    for file in folder.glob("decisions.db.waiting-*"):
        entries = [decode(line) for line in file.read_bytes().split(b"\n")]
        found += [
            one.call_id if isinstance(one, Event) else str(one.own[OWN.index("id")])
            for one in entries
            if one
        ]
    return sorted(found)


def packed(folder: Path) -> bytes:
    """Return the bytes of every call that stands in a file, none of them escaped."""
    lines = b"".join(one.read_bytes() for one in folder.iterdir())
    return lines.replace(b"\x1bn", b"\n").replace(b"\x1be", b"\x1b")


def test_what_waits_is_in_order_in_memory_and_on_the_disk(tmp_path: Path) -> None:
    with a_queue(tmp_path) as waiting:
        entries: list[Entry] = [a_row("a"), Event("a", 1.0, ABANDONED), a_row("b")]
        assert [waiting.put(entry) for entry in entries] == [True] * 3
        assert (waiting.first(2), len(waiting)) == (entries[:2], 3)
        assert on_disk(tmp_path) == ["a", "a", "b"]
        waiting.done(2)
        assert (waiting.first(9), on_disk(tmp_path)) == (entries[2:], ["b"])
        assert waiting.not_durable == 0


def test_a_full_queue_loses_the_oldest_in_memory_and_on_the_disk(tmp_path: Path) -> None:
    with a_queue(tmp_path, capacity=2) as waiting:
        assert [waiting.put(a_row(call_id)) for call_id in "abc"] == [True, True, False]
        assert on_disk(tmp_path) == ["b", "c"]


def test_what_the_disk_did_not_take_is_counted_and_taken_later(tmp_path: Path) -> None:
    with a_queue(tmp_path) as waiting:
        waiting.put(a_row("a"))
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(encode(a_row("a"))) + 100, unlimited[1]))
        try:
            waiting.put(a_row("b"))
            waiting.put(a_row("c"))
            waiting.secure(9)
            assert (waiting.not_durable, on_disk(tmp_path)) == (2, ["a"])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        waiting.secure(1)
        assert (waiting.not_durable, on_disk(tmp_path)) == (1, ["a", "b"])
        waiting.secure(9)
        assert (waiting.not_durable, on_disk(tmp_path)) == (0, ["a", "b", "c"])
        waiting.done(3)
        assert on_disk(tmp_path) == []


def test_files_that_were_taken_away_are_written_anew(tmp_path: Path) -> None:
    with a_queue(tmp_path) as waiting:
        for call_id in "abc":
            waiting.put(a_row(call_id))
        next(tmp_path.iterdir()).unlink()
        waiting.secure(9)
        assert (waiting.not_durable, on_disk(tmp_path)) == (0, ["a", "b", "c"])
        waiting.done(3)
        assert (len(waiting), waiting.not_durable, on_disk(tmp_path)) == (0, 0, [])


def test_a_caller_is_forgotten_with_all_that_became_of_the_calls(tmp_path: Path) -> None:
    with a_queue(tmp_path) as waiting:
        waiting.put(a_row("a1", "+16515550177"))
        waiting.put(a_row("b1"))
        waiting.put(a_row("a2", "+16515550177"))
        waiting.put(Event("a1", 1.0, ABANDONED))
        waiting.put(Event("b1", 1.0, ABANDONED))
        key = pseudonym("number", "+16515550177", KEYS)
        assert key in packed(tmp_path)
        assert waiting.forget(key) == 2
        assert (len(waiting), on_disk(tmp_path)) == (2, ["b1", "b1"])
        assert key not in packed(tmp_path)
        assert waiting.forget(key) == 0


def test_a_written_line_leaves_no_bytes_although_others_wait(tmp_path: Path) -> None:
    with a_queue(tmp_path) as waiting:
        waiting.put(a_row("first"))
        waiting.put(a_row("second"))
        waiting.done(1)
        assert b"second" in packed(tmp_path)
        assert b"first" not in packed(tmp_path)
