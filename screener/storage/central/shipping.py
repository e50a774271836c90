"""Shipping until told to end: round after round, ever more slowly while the central log is away.

Runs in a thread of its own, so that a server that does not answer keeps nobody from ending the
process: what was not committed is shipped again. A round that hangs is cut by `watch`.
"""

import logging
import os
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from random import SystemRandom
from threading import Event, Thread

from screener.errors import ScreenerError
from screener.storage.central.error import CentralError
from screener.storage.central.shipper import Shipper
from screener.storage.log_file import words_for

log = logging.getLogger("screener.ship")

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
PATIENCE_S = 60.0
"""How long one round may take before its connection is cut; a batch takes a tenth of a second."""
LAST_ROUND_S = 5.0

_RANDOM = SystemRandom()


def wait_before(tries: int, chance: float) -> float:
    """Return the seconds before the next try after so many that failed; `chance` is 0 to 1.

    Half of it is chance, so that many edges do not come back to a server at the same moment.
    """
    longest = min(FIRST_WAIT_S * 2.0 ** min(tries - 1, 16), LONGEST_WAIT_S)
    return longest * (0.5 + 0.5 * chance)


class Shipping:
    """Makes rounds with a shipper until closed; `pause` (s) lies between two that found nothing."""

    def __init__(
        self,
        shipper: Shipper,
        pause: float,
        *,
        timer: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self.failed = 0
        self._shipper = shipper
        self._pause = pause
        self._timer = timer
        self._chance = chance
        self._told = ""
        self._began: float | None = None
        self._ending = Event()
        self._thread = Thread(target=self._run, name="ship", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a round under way is given a few seconds, then left as a kill would leave it."""
        self._ending.set()
        self._thread.join(LAST_ROUND_S)
        if not self._thread.is_alive():
            self._shipper.close()

    def step(self) -> float:
        """Make one round and return how many seconds to wait for the next; never raises."""
        self._began = self._timer()
        try:
            more = self._shipper.round()
        except CentralError as error:
            return self._failed(str(error))
        except (sqlite3.Error, OSError, ScreenerError) as error:
            return self._failed(f"the edge's own log cannot be read: {words_for(error)}")
        except Exception as error:  # noqa: BLE001 - a fault of ours in one round must not end all
            return self._failed(f"a fault of ours: {type(error).__name__}")
        finally:
            self._began = None
        self.failed, self._told = 0, ""
        return 0.0 if more else self._pause

    def watch(self) -> None:
        """Cut the connection of a round that hangs; to be called now and then by another thread."""
        began = self._began
        if began is None or self._timer() - began < PATIENCE_S:
            return
        # A duplicate, so that the descriptor stays psycopg's to close; without one it is -1.
        with suppress(OSError), socket.socket(fileno=os.dup(self._shipper.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)

    @property
    def goes_on(self) -> bool:
        """Whether rounds are made: a cut ends none that hangs elsewhere than on its server."""
        began = self._began
        hangs = began is not None and self._timer() - began >= 2.0 * PATIENCE_S
        return self._thread.is_alive() and not hangs

    def _run(self) -> None:
        while not self._ending.is_set():
            self._ending.wait(self.step())

    def _failed(self, why: str) -> float:
        self.failed += 1
        if why != self._told:
            log.warning("SHIP-DOWN %s; tried again", why)
        self._told = why
        return wait_before(self.failed, self._chance())
