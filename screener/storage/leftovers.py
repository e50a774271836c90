"""What a killed agent left waiting: taken into the log at the next start, or blanked by erase.

A spill file that is locked belongs to an agent that lives, and is let be: its entries are that
agent's to write, and its `DecisionLog.forget` takes a caller out of them.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from screener.storage.log_file import words_for
from screener.storage.log_rows import OWN, Row
from screener.storage.log_writer import Entry, Event, LogWriter
from screener.storage.spill_lines import decode

log = logging.getLogger("screener.log")

BATCH = 100
LONGEST_LINE = 1 << 20
"""Bytes; a row has some thousand."""
_NUMBER_KEY = OWN.index("number_key")


@dataclass(slots=True)
class Taken:
    """What was found: calls written, lines not readable (torn), entries that no log would take."""

    calls: int = 0
    unreadable: int = 0
    refused: int = 0


def take_in(base: Path, writer: LogWriter) -> Taken:
    """Write into the log what dead agents left, but for what is there already; remove the files.

    A file that cannot be read is told of and left. Raises sqlite3.Error where the log takes
    nothing now: all is as before, or will be found to be there.
    """
    taken = Taken()
    for path in _oldest_first(base):
        try:
            with _claimed(path) as file:
                if file is not None:
                    _take_file(file, writer, taken)
                    path.unlink()
        except OSError as error:
            log.warning("LOG-TROUBLE %s left by another run: %s", path, words_for(error))
    return taken


def blank_out(base: Path, number_key: bytes) -> int:
    """Overwrite the calls of a caller, by pseudonym, in what dead agents left; return how many.

    Raises OSError where a file can be neither read nor written.
    """
    gone = 0
    for path in _oldest_first(base):
        with _claimed(path) as file:
            if file is None:
                continue
            for offset, line in _lines(file):
                entry = decode(line)
                if isinstance(entry, Row) and entry.own[_NUMBER_KEY] == number_key:
                    os.pwrite(file.fileno(), b" " * len(line.rstrip(b"\n")), offset)
                    gone += 1
    return gone


def _take_file(file: BinaryIO, writer: LogWriter, taken: Taken) -> None:
    # Outcomes last: a call that was put off again can stand behind what became of it.
    events: list[Entry] = []
    batch: list[Entry] = []
    for _, line in _lines(file):
        entry = decode(line)
        if entry is None:
            taken.unreadable += bool(line.strip(b" \n"))
        elif isinstance(entry, Event):
            events.append(entry)
        else:
            batch.append(entry)
        if len(batch) == BATCH:
            _write(batch, writer, taken)
            batch = []
    _write(batch, writer, taken)
    for start in range(0, len(events), BATCH):
        _write(events[start : start + BATCH], writer, taken)


def _write(batch: list[Entry], writer: LogWriter, taken: Taken) -> None:
    if batch:
        done = writer.write(batch, unless_there=True)
        taken.calls += done.calls
        taken.refused += done.refused


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line and where it begins; one that is too long comes in pieces, none readable."""
    offset = 0
    while line := file.readline(LONGEST_LINE):
        yield offset, line
        offset += len(line)


def _oldest_first(base: Path) -> list[Path]:
    def age(path: Path) -> int:
        with suppress(OSError):
            return path.stat().st_mtime_ns
        return 0

    return sorted(base.parent.glob(f"{base.name}-*"), key=age)


@contextmanager
def _claimed(path: Path) -> Iterator[BinaryIO | None]:
    """Open and lock a file; None where a living agent holds it, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file
