"""Tells systemd, or whoever else started this process as a service, how it does.

What is said, and when, is `protocol.sd_notify`'s. Nothing here blocks or raises: a manager that is
gone, or too busy to listen, is no fault of a call. Where nobody asked to be told nothing is.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from screener.protocol.sd_notify import BEAT, Notices, asked

_AGAIN_S = 5.0
"""How often what could not be told is tried again where no beats are wanted."""


class ServiceManager:
    """The manager of this process; `status` says in a few words what it does, without a caller.

    `beat_s` is how often `step` must be called at least, seconds.
    """

    def __init__(
        self, status: Callable[[], str], environment: Mapping[str, str] = os.environ
    ) -> None:
        wanted = asked(environment, os.getpid())
        self.beat_s = _AGAIN_S if wanted is None else wanted.beat_s or _AGAIN_S
        self._address = "" if wanted is None else wanted.address
        self._beats = wanted is not None and wanted.beat_s > 0.0
        self._status = status
        self._notices = Notices()
        self._untold = b""

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Tell that the work is begun, and at the end that it ends.

        Within an event loop, beats come from this loop alone: one that hangs sends none.
        """
        self._tell(self._notices.ready(self._status()))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a process without one calls `step` itself
            pass
        else:
            self._beat_from(loop)
        try:
            yield
        finally:
            self._tell(self._notices.ending("ending"))

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Tell that a configuration is taken over, and that this is done, whatever came of it."""
        self._tell(self._notices.reloading(time.monotonic_ns() // 1000))
        try:
            yield
        finally:
            self._tell(self._notices.reloaded(self._status()))

    def step(self) -> None:
        """Say that the work goes on, and once more what could not be told."""
        if self._untold:
            self._tell(self._untold)
        if self._beats:
            self._sent(BEAT)

    def _beat_from(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._address:
            self.step()
            loop.call_later(self.beat_s, self._beat_from, loop)

    def _tell(self, notice: bytes) -> None:
        """Tell it now, or with the next step: the newest word counts."""
        if notice:
            self._untold = b"" if self._sent(notice) else notice

    def _sent(self, notice: bytes) -> bool:
        if not self._address:
            return True
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
                ours.settimeout(0.0)
                ours.sendto(notice, self._address)
        except OSError:
            return False
        return True
