"""Bounding what waits for a server that no longer answers: its connection is cut.

A question that takes long is given up by the server itself (`driver.READ_TIMEOUT_MS`); one that
hangs, or a network that swallows everything, never says so.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer

from screener.storage.central.driver import Connection
from screener.storage.central.error import CentralAwayError, CentralError


@contextmanager
def patient(connection: Connection, patience_s: float) -> Iterator[None]:
    """Cut the connection where what is done inside takes longer, and say so: CentralAwayError."""
    # A duplicate, so that the descriptor stays psycopg's to close.
    ours, was_cut = socket.socket(fileno=os.dup(connection.fileno())), Event()

    def cut() -> None:
        was_cut.set()
        with suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)

    timer = Timer(patience_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except CentralError:
        if not was_cut.is_set():
            raise
        raise CentralAwayError(f"the central log did not answer within {patience_s:g} s") from None
    finally:
        timer.cancel()
        ours.close()
