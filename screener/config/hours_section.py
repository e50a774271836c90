"""The section of the configuration about opening hours: days and times on the site's own clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from screener.config.sections import Finding, Items, Section
from screener.config.values import Kind, Truth, one_of
from screener.core.hours import zone_of
from screener.core.settings import Hours, Opening, Treatment

_HOURS = Hours()

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(_DAYS)
_TIME = "([01][0-9]|2[0-4]):([0-5][0-9])"
_OPENING = re.compile(f"({_DAY})(?:-({_DAY}))? {_TIME}-{_TIME}")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE = re.compile("[A-Za-z][A-Za-z0-9_+/-]{0,63}")
_DAY_MINUTES = 1_440


@dataclass(frozen=True, slots=True)
class Zone(Kind):
    """The name of a time zone that this machine knows."""

    range = "an IANA name such as America/Chicago"
    allowed = "an IANA name such as America/Chicago, of a zone that this machine knows (tzdata)"

    def read(self, value: object) -> str:
        """Return the name; raises ValueError."""
        if not isinstance(value, str) or not _ZONE.fullmatch(value):
            raise ValueError
        try:
            zone_of(value)
        except ValueError:
            raise ValueError from None
        return value


@dataclass(frozen=True, slots=True)
class OpeningTime(Kind):
    """Days of the week, and from when until when on each of them."""

    range = "such as mon-fri 08:00-16:30 or sat 09:00-24:00"
    allowed = (
        "one or two of mon, tue, wed, thu, fri, sat, sun, and times within one day, "
        "such as mon-fri 08:00-16:30 or sat 09:00-24:00"
    )

    def read(self, value: object) -> Opening:
        """Return the opening; raises ValueError."""
        told = _OPENING.fullmatch(value) if isinstance(value, str) else None
        if told is None:
            raise ValueError
        since, until = (int(told[at]) * 60 + int(told[at + 1]) for at in (3, 5))
        if until > _DAY_MINUTES:
            raise ValueError
        if since >= until:
            raise ValueError(f'is "{value}", which ends before it begins')
        first = _DAYS.index(told[1])
        last = _DAYS.index(told[2]) if told[2] else first
        return Opening(first, last, since * 60.0, until * 60.0)

    def write(self, value: object) -> object:
        """Return the opening as the file has it."""
        if not isinstance(value, Opening):
            return value
        days = _DAYS[value.first]
        if value.last != value.first:
            days += f"-{_DAYS[value.last]}"
        return f"{days} {_clock(value.since)}-{_clock(value.until)}"


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """A day of the calendar."""

    range = '"YYYY-MM-DD"'
    allowed = 'a day in quotes, such as "2026-12-25"'

    def read(self, value: object) -> str:
        """Return the day; raises ValueError."""
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ValueError(f'is "{value}", which is no day of the calendar') from None
        return value


class HoursSection(Section):
    """`hours`: when the site is open, and what is learned of its usual load."""

    timezone: Annotated[str, Zone()] = _HOURS.timezone
    openings: Annotated[list[Annotated[Opening, OpeningTime()]], Items(0, 100)] = Field(
        default_factory=lambda: list(_HOURS.openings)
    )
    closed_on: Annotated[list[Annotated[str, Day()]], Items(0, 400)] = Field(
        default_factory=lambda: list(_HOURS.closed_on)
    )
    when_closed: Annotated[Treatment, one_of(Treatment)] = _HOURS.when_closed
    learn_arrivals: Annotated[bool, Truth()] = _HOURS.learn_arrivals

    def check(self) -> Iterator[Finding]:
        """Each opening and each day stands once."""
        for name, items in (("openings", self.openings), ("closed_on", self.closed_on)):
            for number, item in enumerate(items):
                if item in items[:number]:
                    written = OpeningTime().write(item)
                    yield Finding((name, number), f'is "{written}" again; each stands once')


def _clock(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
