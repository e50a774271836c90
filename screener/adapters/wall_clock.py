"""A wall clock's times as seconds since 1970, in a named zone or the machine's own.

Twice a year a wall clock shows an hour twice, or leaves one out: both are counted, and a hint
(a moment known otherwise) settles which of the two it was.
"""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from screener.errors import UsageError

_MINUTE = len("YYYY-MM-DD hh:mm")
_CACHED = 4_096
_LEAP = 60


class _Minute(NamedTuple):
    first: float
    second: float
    exists: bool


class WallClock:
    """Reads times of one zone; None is the machine's.

    `twice` counts times that came twice and that no hint settled (the first is taken), `never`
    those that the zone left out (taken as if the clock had not been put forward yet).
    """

    def __init__(self, zone: ZoneInfo | None) -> None:
        self.twice = 0
        self.never = 0
        self._zone = zone
        self._minute = lru_cache(maxsize=_CACHED)(self._read_minute)

    def read(self, text: str, hint: float | None = None) -> float:
        """Return the moment of `YYYY-MM-DD hh:mm:ss`; raises ValueError where there is none."""
        seconds = int(text[_MINUTE + 1 :])
        if seconds > _LEAP:
            raise ValueError
        minute = self._minute(text[:_MINUTE])
        if not minute.exists:
            self.never += 1
        elif minute.first != minute.second:
            if hint is None:
                self.twice += 1
            elif abs(minute.second + seconds - hint) < abs(minute.first + seconds - hint):
                return minute.second + seconds
        return minute.first + seconds

    def _read_minute(self, text: str) -> _Minute:
        told = datetime.fromisoformat(text).replace(tzinfo=self._zone)
        try:
            first, second = told.timestamp(), told.replace(fold=1).timestamp()
            back = datetime.fromtimestamp(first, tz=self._zone)
        except OverflowError:
            raise ValueError from None
        exists = back.replace(tzinfo=None, fold=0) == told.replace(tzinfo=None)
        return _Minute(first, second, exists)


def read_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name or UTC, None for the empty name: the machine's.

    Raises UsageError where there is no such zone.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise UsageError(
            f"--timezone {name!r}: no such zone; allowed is UTC or a name such as Europe/Berlin"
        ) from None
