"""What a person asks of the log, as an address says it: texts to a `Filter`, with what is wrong.

A number never stands in an address: `number` is its pseudonym, which `calls_list` makes of what
was typed into a form.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from screener.core.call import inert
from screener.core.outcome import Event
from screener.core.settings import Action
from screener.desk.moments import moment
from screener.desk.web_log import reads_central
from screener.errors import UsageError
from screener.storage.call_marks import NOT_SPAM_EVENT
from screener.storage.log_query import Filter
from screener.storage.pseudonyms import PSEUDONYM_BYTES
from screener.web.page import Visit

VERDICTS = tuple(action.value for action in Action)
OUTCOMES = (*(event.value for event in Event), NOT_SPAM_EVENT)
NAMES = (
    *("since", "until", "verdict", "would", "reason"),
    *("caller", "did", "trunk", "outcome", "number"),
)
"""The fields of a filter, in the order of an address."""
CENTRAL_NAMES = (*NAMES, "edge")
"""The same of the central log."""

LONGEST = 100
_MASK_DIGITS = 6
"""A masked caller shows at most its country code and two digits, or a short code."""
_PSEUDONYM = re.compile(f"[0-9a-f]{{{2 * PSEUDONYM_BYTES}}}")

Read = Callable[[str, float], object]


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was typed (`values`), as it was understood, and `problems` by field."""

    values: Mapping[str, str]
    wanted: Filter
    problems: Mapping[str, str]

    @property
    def query(self) -> str:
        """Return the filter as the query of an address."""
        return urlencode(self.values)

    def with_number(self, number: bytes | None) -> str:
        """Return the query with the pseudonym of a number, or without any."""
        rest = {name: text for name, text in self.values.items() if name != "number"}
        return urlencode(rest | ({"number": number.hex()} if number else {}))


def asked_of(visit: Visit, told: Mapping[str, str]) -> Asked:
    """Return what a visitor asks of the log that is shown."""
    names = CENTRAL_NAMES if reads_central(visit.site.config) else NAMES
    return read_filter(told, visit.site.wall(), names)


def read_filter(told: Mapping[str, str], now: float, names: Iterable[str] = NAMES) -> Asked:
    """Return what is asked by the fields of an address; others than `names` are not looked at."""
    typed = {name: text for name in names if (text := told.get(name, "").strip())}
    values = {name: inert(text, LONGEST) for name, text in typed.items()}
    read: dict[str, object] = {}
    problems: dict[str, str] = {}
    for name, text in typed.items():
        try:
            read[name] = _READERS[name](text, now)
        except ValueError as error:
            problems[name] = str(error)
        except UsageError as error:
            problems[name] = f"not understood: {str(error).partition(': ')[2]}"
    since, until = read.get("since"), read.get("until")
    if isinstance(since, float) and isinstance(until, float) and since >= until:
        problems["until"] = "this is not after the beginning"
    if "caller" in problems:  # what may be a whole number is not shown again
        values["caller"] = ""
    known = cast("dict[str, str]", {} if problems else read)
    return Asked(values, Filter(**known), problems)  # type: ignore[arg-type]  # each as its reader gives it


def _moment(text: str, now: float) -> object:
    return moment(text, "", now)


def _one_of(words: tuple[str, ...]) -> Read:
    def read(text: str, _now: float) -> str:
        if text not in words:
            raise ValueError(f"allowed is {', '.join(words)}")
        return text

    return read


def _text(text: str, _now: float) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"allowed are up to {LONGEST} printable characters")
    return text


def _caller(text: str, now: float) -> str:
    if sum(one.isdigit() for one in text) > _MASK_DIGITS:
        raise ValueError("this may be a whole number: type it into the field below, or *42 here")
    return _text(text, now)


def _number(text: str, _now: float) -> bytes:
    if not _PSEUDONYM.fullmatch(text):
        raise ValueError("this address names no caller: type the number into the field below")
    return bytes.fromhex(text)


_READERS: Mapping[str, Read] = {
    "since": _moment,
    "until": _moment,
    "verdict": _one_of(VERDICTS),
    "would": _one_of(VERDICTS),
    "reason": _text,
    "caller": _caller,
    "did": _text,
    "trunk": _text,
    "outcome": _one_of(OUTCOMES),
    "number": _number,
    "edge": _text,
}


def chips(asked: Asked) -> Iterator[tuple[str, str, str]]:
    """Yield each field that filters: its name, its text, and the query without it."""
    for name, text in asked.values.items():
        rest = {other: told for other, told in asked.values.items() if other != name}
        yield name, "one caller" if name == "number" else text, urlencode(rest)
