"""Snapshots of an agent's memory while it runs: at intervals, after many calls, and at its end.

All tables are told as of one moment, a part at a time and by the event loop; sealing and writing
happen in a thread that asks for the parts and rests between its short pieces of work. What a kill
can cost is then in the decision log, and put back from there by `state_restore`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock

from screener.core.decision import Decision
from screener.core.memory import Memory
from screener.core.outcome import Outcome
from screener.storage.keys import load_or_make_keys
from screener.storage.log_file import words_for
from screener.storage.state_file import Snapshot, write_state
from screener.storage.state_pieces import Pieces, begun

log = logging.getLogger("screener.state")

EVERY_S = 60.0
EVERY_CALLS = 5_000
"""Decided calls after which the next snapshot does not wait: a start replays some more a second."""
STEP_S = 1.0
REST_S = 0.004
"""Seconds of rest after a chunk of about 1 ms: calls find the interpreter free."""


class StateKeeper:
    """Keeps one file up to date with one memory; a `DecisionSink`, and `told` an `OutcomeSink`.

    `run` belongs in a task; `save` and `close` are called in the same event loop.
    """

    def __init__(
        self,
        path: Path,
        keys: Path,
        memory: Memory,
        clock: Callable[[], float],
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._keys = keys
        self._memory = memory
        self._clock = clock
        self._timer = timer
        self._calls = 0
        self._changed = False
        self._saved_at = timer()
        self._saving = asyncio.Lock()
        self._writing = Lock()
        self._ending = asyncio.Event()
        self._hurry = Event()
        self._troubled = ""

    def __call__(self, _decision: Decision) -> None:
        """Note that a call was decided."""
        self._calls += 1
        self._changed = True

    def told(self, _call_id: str, _outcome: Outcome) -> None:
        """Note that an outcome was learned."""
        self._changed = True

    def touch(self) -> None:
        """Note that the memory was changed by something that is neither."""
        self._changed = True

    @property
    def is_due(self) -> bool:
        """Whether a snapshot should be taken now."""
        if not self._changed:
            return False
        return self._calls >= EVERY_CALLS or self._timer() - self._saved_at >= EVERY_S

    async def run(self) -> None:
        """Take the snapshots that are due, until closed."""
        while not self._ending.is_set():
            try:
                async with asyncio.timeout(STEP_S):
                    await self._ending.wait()
            except TimeoutError:
                if self.is_due:
                    await self.save()

    async def close(self) -> None:
        """End `run` and take a last snapshot, if anything changed; one under way hurries up."""
        self._ending.set()
        self._hurry.set()
        async with self._saving:
            pass
        if self._changed:
            await self.save()

    async def save(self) -> bool:
        """Take a snapshot now, after the one that may be under way; return whether it is written.

        Call it after what must not be undone by a kill: a pardon, a caller forgotten. Never
        raises; what could not be written is told in the log and tried again.
        """
        async with self._saving:
            self._calls, self._changed = 0, False
            self._saved_at = self._timer()
            try:
                size = await asyncio.to_thread(self._write, *begun(self._memory, self._clock()))
            except Exception as error:  # noqa: BLE001 - whatever it is, calls go on and so must this
                self._changed = True
                self._tell(words_for(error))
                return False
            self._troubled = ""
            log.debug("STATE-SAVED bytes=%d seconds=%.2f", size, self._timer() - self._saved_at)
            return True

    def _write(self, snapshot: Snapshot, pieces: Pieces) -> int:
        with pieces, self._writing:  # a task that was cancelled leaves its thread at work
            keys = load_or_make_keys(self._keys)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return write_state(self._path, keys, snapshot, self._rest, pieces)

    def _rest(self) -> None:
        self._hurry.wait(REST_S)

    def _tell(self, why: str) -> None:
        if why != self._troubled:
            log.warning("STATE-TROUBLE %s is not up to date: %s", self._path, why)
        self._troubled = why
