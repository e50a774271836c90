"""Entries that wait for the database: in order in bounded memory, and each in a spill file.

Used by the event loop's thread alone. When they are tried again is left to `decision_log`.
"""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from screener.storage.log_rows import OWN, Row
from screener.storage.log_writer import Entry, Event
from screener.storage.spill import Place, Spill
from screener.storage.spill_lines import encode

_LEAST_PER_FILE = 1_000
_FILES = 16
"""Spill files that a full queue fills; each costs a descriptor, and goes with its last line."""
_ID, _NUMBER_KEY = OWN.index("id"), OWN.index("number_key")


@dataclass(slots=True)
class _Held:
    entry: Entry
    place: Place | None


class Waiting:
    """A queue of at most `capacity` entries; `base` is what its spill files are named after."""

    def __init__(self, base: Path, capacity: int) -> None:
        self._capacity = capacity
        self._spill = Spill(base, max(_LEAST_PER_FILE, capacity // _FILES))
        self._queue: deque[_Held] = deque()

    def __len__(self) -> int:
        """Return how many entries wait."""
        return len(self._queue)

    @property
    def not_durable(self) -> int:
        """How many of them are in memory only, because the disk took them nowhere."""
        return len(self._queue) - self._spill.held

    def put(self, entry: Entry) -> bool:
        """Add an entry; return False where the oldest had to go for it."""
        is_full = len(self._queue) >= self._capacity
        if is_full:
            self.done(1)
        self._queue.append(_Held(entry, self._spill.keep(encode(entry))))
        return not is_full

    def first(self, most: int) -> list[Entry]:
        """Return the oldest entries; they stay until they are `done`."""
        return [held.entry for held in islice(self._queue, most)]

    def done(self, count: int) -> None:
        """Take out the oldest entries, which are written or given up."""
        done = [self._queue.popleft().place for _ in range(count)]
        self._spill.drop([place for place in done if place is not None])

    def secure(self, most: int) -> None:
        """Try again to bring entries that are in memory only to the disk, the oldest first."""
        self._spill.look()
        if not self.not_durable:
            return
        for held in self._queue:
            if held.place is not None and not held.place.lost:
                continue
            place = self._spill.keep(encode(held.entry))
            if place is None:
                return
            if held.place is not None:
                self._spill.drop([held.place])
            held.place = place
            most -= 1
            if not most:
                return

    def forget(self, number_key: bytes) -> int:
        """Take out a caller's calls, by pseudonym, with their outcomes; return how many calls."""
        calls = [
            held.entry.own[_ID]
            for held in self._queue
            if isinstance(held.entry, Row) and held.entry.own[_NUMBER_KEY] == number_key
        ]
        ids, kept = set(calls), deque[_Held]()
        for held in self._queue:
            entry = held.entry
            if (entry.call_id if isinstance(entry, Event) else entry.own[_ID]) not in ids:
                kept.append(held)
            elif held.place is not None:
                self._spill.drop([held.place])
        self._queue = kept
        return len(calls)

    def close(self) -> None:
        """Let go of the files; what still waits is taken in by the next start."""
        self._spill.close()
