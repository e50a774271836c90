"""What a service tells the service manager that started it: ready, reloading, ending, alive.

The datagrams of sd_notify(3) and when each may be said; systemd reads them, and so does anything
that speaks like it. Sending them is `adapters.service_manager`'s.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

BEAT = b"WATCHDOG=1"
"""It still does its work. To be said by what would stop with it, or it says nothing."""

_LONGEST_STATUS = 200
_LONGEST_BEAT_US = 86_400 * 10**6


class Asked(NamedTuple):
    """What the manager wants to be told: `address` for `connect`, seconds between beats (0: none).

    Half of the time after which it takes a silent service to be hung, as sd_watchdog_enabled(3)
    has it.
    """

    address: str
    beat_s: float


def asked(environment: Mapping[str, str], pid: int) -> Asked | None:
    """Return what the manager of this process wants to be told, None where nobody does.

    Unix sockets alone: a path, or an abstract name behind an `@`. Beats are wanted of the process
    that `WATCHDOG_PID` names, where it names one: a child of a service has the same environment.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@") or len(address) == 1:
        return None
    address = "\0" + address[1:] if address[0] == "@" else address
    told = environment.get("WATCHDOG_USEC", "")
    whose = environment.get("WATCHDOG_PID", "") or str(pid)
    is_ours = whose == str(pid) and told.isascii() and told.isdecimal()
    every_us = int(told) if is_ours and len(told) <= len(str(_LONGEST_BEAT_US)) else 0
    return Asked(address, min(every_us, _LONGEST_BEAT_US) / 2e6)


class _Phase(Enum):
    STARTING = auto()
    SERVING = auto()
    ENDING = auto()


class Notices:
    """Says what to tell of one service's life; empty where there is nothing to be told now.

    `status` is a short line for whoever looks at the service; control characters are left out.
    """

    def __init__(self) -> None:
        self._phase = _Phase.STARTING

    def ready(self, status: str) -> bytes:
        """Return that it serves."""
        self._phase = _Phase.SERVING
        return b"READY=1\n" + _status(status)

    def reloading(self, now_us: int) -> bytes:
        """Return that it takes over a configuration; `reloaded` must follow.

        `now_us` is CLOCK_MONOTONIC in microseconds, by which the manager knows old news.
        """
        is_told = self._phase is _Phase.SERVING
        return b"RELOADING=1\nMONOTONIC_USEC=%d" % now_us if is_told else b""

    def reloaded(self, status: str) -> bytes:
        """Return that it serves again; nothing where it did not yet, or does no more."""
        return self.ready(status) if self._phase is _Phase.SERVING else b""

    def ending(self, status: str) -> bytes:
        """Return that it is on its way down."""
        self._phase = _Phase.ENDING
        return b"STOPPING=1\n" + _status(status)


def _status(text: str) -> bytes:
    shown = "".join(letter for letter in text if letter.isprintable())
    return b"STATUS=" + shown[:_LONGEST_STATUS].encode(errors="replace")
