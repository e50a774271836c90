"""The fields of a message of the decision stream, read with their types and bounds.

A reader raises RemoteProtocolError that names the field and what is allowed, never the value.
Where a message can do without a field, `remarks` says what was left out instead. Which message
has which fields is left to `decision_stream`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from screener.errors import RemoteProtocolError

LATEST_MOMENT = 1e11
"""Seconds since 1970 of the last moment that is taken for one (the year 5138)."""

MOST_COUNTED = 10_000_000
"""No site has more of anything that is counted in a message."""

P = ParamSpec("P")
R = TypeVar("R")


class Fields:
    """The fields of one JSON object; `remarks` gathers what had to be left out."""

    __slots__ = ("remarks", "told")

    def __init__(self, told: Mapping[str, object], remarks: list[str] | None = None) -> None:
        self.told = told
        self.remarks: list[str] = [] if remarks is None else remarks

    def inner(self, name: str) -> "Fields":
        """Return the fields of an object within; none where it is left out or no object."""
        value = self.told.get(name)
        if isinstance(value, dict):
            return Fields(value, self.remarks)
        if value is not None:
            self.remarks.append(f"`{name}` must be an object; it is left out")
        return Fields({}, self.remarks)

    def lenient(self, read: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R | None:
        """Return what a reader reads; None, with a remark, where it refuses."""
        try:
            return read(*arguments, **named)
        except RemoteProtocolError as error:
            self.remarks.append(f"{error}; it is left out")
            return None

    def moment(self, name: str) -> float:
        """Return a time in seconds since 1970, which cannot be left out."""
        value = self.number(name, 0.0, LATEST_MOMENT)
        if value is None:
            raise RemoteProtocolError(f"`{name}` is missing: seconds since 1970")
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """Return a number within the bounds, or None where it is left out."""
        value = self.told.get(name)
        if value is None:
            return None
        if type(value) not in {int, float} or not low <= value <= high:  # type: ignore[operator]  # told by its type
            raise RemoteProtocolError(f"`{name}` must be a number, {low:g} to {high:g}")
        return float(value)  # type: ignore[arg-type]  # told by its type

    def whole(self, name: str, low: int = 0, high: int = MOST_COUNTED) -> int | None:
        """Return a whole number within the bounds, or None where it is left out."""
        value = self.told.get(name)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            raise RemoteProtocolError(f"`{name}` must be a whole number, {low} to {high}")
        return value

    def text(self, name: str) -> str:
        """Return a text, the empty one where it is left out."""
        value = self.told.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RemoteProtocolError(f"`{name}` must be a text or null")
        return value

    def id(self, name: str, limit: int) -> str:
        """Return a text of 1 to `limit` characters."""
        value = self.text(name)
        if not 1 <= len(value) <= limit:
            raise RemoteProtocolError(f"`{name}` must be a text of 1 to {limit} characters")
        return value

    def word(self, name: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words."""
        value = self.told.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise RemoteProtocolError(f"`{name}` must be one of {', '.join(allowed)}")
        return value

    def option(self, name: str, allowed: Sequence[str]) -> str:
        """Return one of the words, or the empty one for none; for another, with a remark."""
        value = self.text(name)
        if value and value not in allowed:
            self.remarks.append(f"`{name}` is none of {', '.join(allowed)}; it is left out")
            return ""
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list; what is none is left out, with a remark."""
        items = self._items(name)
        kept = tuple(item for item in items if isinstance(item, str))
        if len(kept) < len(items):
            first = next(place for place, item in enumerate(items, 1) if not isinstance(item, str))
            self.remark_on_items(name, len(items) - len(kept), first, "it must be a text")
        return kept

    def each_object(self, name: str, read: Callable[["Fields"], R]) -> tuple[R, ...]:
        """Return what a reader makes of each object of a list; what it refuses is left out."""
        kept: list[R] = []
        refused, first, why = 0, 0, ""
        for place, item in enumerate(self._items(name), 1):
            try:
                if not isinstance(item, dict):
                    raise RemoteProtocolError("it must be an object")  # noqa: TRY301 - one refusal among the reader's
                kept.append(read(Fields(item, self.remarks)))
            except RemoteProtocolError as error:
                refused += 1
                first, why = (first, why) if first else (place, str(error))
        if refused:
            self.remark_on_items(name, refused, first, why)
        return tuple(kept)

    def remark_on_items(self, name: str, count: int, first: int, why: str) -> None:
        """Note that so many items of a list were left out, and why the first one, from 1, was."""
        self.remarks.append(
            f"`{name}`: {count} left out that cannot be read, the first at place {first}: {why}"
        )

    def _items(self, name: str) -> list[object]:
        value = self.told.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise RemoteProtocolError(f"`{name}` must be a list")
        return value
