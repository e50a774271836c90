"""The FastAGI server: listens, keeps count of its sessions, and drains them at the end.

What is said in a session is `fastagi_session`'s. When no descriptor is left, both asyncio and
uvloop accept badly (a burst of log lines, a closed listener), so `start` makes sure there are
enough before it listens.
"""

import asyncio
import errno
import logging
import resource
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from screener.adapters.agi_captchas import MOST_CAPTCHAS, AgiCaptchas
from screener.adapters.fastagi_options import FastAgiOptions, Gate
from screener.adapters.fastagi_session import FastAgiSession
from screener.errors import ScreenerError

if TYPE_CHECKING:
    from screener.ports import Asking, Screening

BACKLOG = 1_024
"""Connections the kernel holds for us; asyncio may accept as many in one go."""

SPARE_DESCRIPTORS = 128
"""Descriptors for all else the agent has open."""

SWEEP_S = 0.1
"""How often the deadlines of the open sessions are looked at, seconds: none ends early, and late
by this much at most. One look at 500 sessions takes 10 us."""

_LOG = logging.getLogger("screener.fastagi")


class _Listener(Protocol):
    """What we need of asyncio's server; of uvloop's too, whose sockets are no tuple."""

    @property
    def sockets(self) -> Sequence[socket.socket]: ...

    def close(self) -> None: ...


class FastAgiServer:
    """Serves one Screening to every Asterisk that is allowed to ask.

    Captchas are asked where there is an `asking`; else they are left to the dialplan.
    """

    def __init__(
        self, screening: "Screening", options: FastAgiOptions, asking: "Asking | None" = None
    ) -> None:
        self.screening = screening
        self.captchas = AgiCaptchas(asking)
        self.gate = Gate(options)
        self.sessions: set[FastAgiSession] = set()
        self._options = options
        self._server: _Listener | None = None
        self._idle = asyncio.Event()
        self._sweeping = False

    @property
    def options(self) -> FastAgiOptions:
        """The options in force; set them to replace all but `host` and `port` while running."""
        return self._options

    @options.setter
    def options(self, options: FastAgiOptions) -> None:
        require_descriptors(_descriptors(options))
        self._options = options
        self.gate.replace(options)

    @property
    def port(self) -> int:
        """The port listened on; 0 before the start."""
        sockets = self._server.sockets if self._server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def start(self) -> None:
        """Listen.

        Raises:
            ScreenerError: The address cannot be had, or too few descriptors are allowed.
        """
        host, port = self._options.host, self._options.port
        require_descriptors(_descriptors(self._options))
        self.loop = asyncio.get_running_loop()
        try:
            self._server = await self.loop.create_server(
                lambda: FastAgiSession(self), host, port, backlog=BACKLOG
            )
        except OSError as error:
            raise ScreenerError(_cannot_listen(host, port, error)) from None
        _LOG.info("listening for AGI on %s port %d", host, self.port)

    async def drain(self, seconds: float) -> None:
        """Stop listening, let the open sessions end for at most `seconds`, then cut the rest.

        Captchas are ended at once: their calls go on.
        """
        if self._server is None:
            return
        self._server.close()
        await self.captchas.stop()
        if self.sessions:
            self._idle.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._idle.wait()
            except TimeoutError:
                _LOG.warning("%d AGI sessions were cut off at the end", len(self.sessions))
                for session in tuple(self.sessions):
                    session.abort()
                await self._idle.wait()
        self._server = None

    def session_began(self, session: FastAgiSession) -> None:
        """Take note of a session; called by it."""
        self.sessions.add(session)
        if not self._sweeping:
            self._sweep()

    def session_ended(self, session: FastAgiSession) -> None:
        """Forget a session; called by it."""
        self.sessions.discard(session)
        if not self.sessions:
            self._idle.set()

    def _sweep(self) -> None:
        """End the waits whose time is over, again and again while there are sessions."""
        self._sweeping = bool(self.sessions)
        if self._sweeping:
            self.loop.call_later(SWEEP_S, self._sweep)
        now = time.perf_counter()
        for session in [one for one in self.sessions if one.deadline <= now]:
            session.late()


def _descriptors(options: FastAgiOptions) -> int:
    return options.max_sessions + MOST_CAPTCHAS + BACKLOG + SPARE_DESCRIPTORS


def require_descriptors(needed: int) -> None:
    """Raise this process's soft limit of open files to `needed` where it is lower.

    Raises:
        ScreenerError: The hard limit is lower than that.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ScreenerError(
            f"the FastAGI server needs {needed} open files and the system allows {hard}: raise "
            f"the limit (LimitNOFILE= in a systemd unit, ulimit -n) or allow fewer sessions"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    where = f"cannot listen for AGI on {host} port {port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where}: another program holds it; stop that program or choose another port"
    if error.errno == errno.EACCES:
        return f"{where}: not permitted; choose a port from 1024 up"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{where}: this machine has no such address; choose one it has"
    return f"{where}: {error.strerror or error}"
