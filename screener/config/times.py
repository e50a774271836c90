"""Spans and moments of time, as a configuration writes them and as seconds."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from screener.config.values import Kind

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([smhd])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)

_YEAR_9999 = 253_370_764_800.0  # beyond it a zone could push the year over what dates hold


@dataclass(frozen=True, slots=True)
class Duration(Kind):
    """A span of time in seconds, written `90s`, `10m`, `24h`, `7d` or as bare seconds."""

    low: float
    high: float

    @property
    def range(self) -> str:
        """Return the bounds in natural units."""
        return f"{format_duration(self.low)} to {format_duration(self.high)}"

    @property
    def allowed(self) -> str:
        """Return what is allowed."""
        return f"a duration, {self.range} (such as 90s, 10m, 24h, 7d; a bare number is seconds)"

    def read(self, value: object) -> float:
        """Return the seconds; raises ValueError."""
        seconds = parse_duration(value)
        if not self.low <= seconds <= self.high:
            raise ValueError
        return seconds

    def write(self, value: object) -> object:
        """Return the span in the largest unit that divides it."""
        return format_duration(value) if isinstance(value, int | float) else value


@dataclass(frozen=True, slots=True)
class Moment(Kind):
    """A moment with its zone, read as seconds since 1970; empty means never."""

    range = '"YYYY-MM-DDThh:mm:ssZ"'
    allowed = 'a moment in quotes, such as "2026-12-31T00:00:00Z" or "2026-12-31T00:00:00-05:00"'

    def read(self, value: object) -> float | None:
        """Return the seconds since 1970, or None; raises ValueError."""
        if value is None:
            return None
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError
        try:
            moment = datetime.fromisoformat(value).timestamp()
        except ValueError:
            raise ValueError("is no moment of the calendar") from None
        if not 0.0 <= moment < _YEAR_9999:
            raise ValueError
        return moment

    def write(self, value: object) -> object:
        """Return the moment in UTC."""
        if not isinstance(value, int | float):
            return value
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_duration(value: object) -> float:
    """Return the seconds of `90s`, `10m`, `24h`, `7d` or a bare number; raises ValueError."""
    if type(value) in (int, float):
        return float(value)  # type: ignore[arg-type] # its type is known from the line above
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    return float(found[1]) * _UNITS[found[2]]


def format_duration(seconds: float) -> str:
    """Return the span in the largest unit that divides it: 600 -> `10m`."""
    for unit, size in reversed(_UNITS.items()):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"
