"""Asterisk's billing records as comma-separated text (Master.csv): lines in, records out.

Knows the columns of cdr_csv (Asterisk's `cdr.conf`: 16, with `loguniqueid`, `loguserfield` and
`newcdrcolumns` up to 21), those of the sample `cdr_custom.conf`, and any order under a header.
What a record means is left to `adapters.cdr_calls`, reading the file to `adapters.call_files`.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from screener.errors import RemoteProtocolError

MOST_COLUMNS = 64
DISPOSITIONS = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN"})

CSV_COLUMNS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
"""The columns of cdr_csv that are always there."""

CUSTOM_COLUMNS = (*CSV_COLUMNS[4:5], *CSV_COLUMNS[1:4], *CSV_COLUMNS[5:], "accountcode", "uniqueid")
"""The order of the sample cdr_custom.conf."""

UNIQUEID = re.compile(r"(?:[!-+\--{}~]{1,128}-)?[0-9]{9,11}\.[0-9]{1,10}")
"""Asterisk's name of a channel: perhaps the system's name, the second it began, a count."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_USED = (
    *("src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("start", "duration", "billsec", "disposition"),
)
_HEADER_WORDS = {"src", "dst", "channel", "disposition"}
_ALIASES = {"calldate": "start"}
_NOT_QUOTED = "the quotes do not match, or a field is too long; commas separate the fields"
_NEW_COLUMNS = 3  # peeraccount, linkedid, sequence: behind all others


class CdrRow(NamedTuple):
    """What is used of one record; `start` is a wall clock's time, duration and talk are seconds."""

    src: str
    dst: str
    dcontext: str
    clid: str
    channel: str
    dstchannel: str
    lastapp: str
    start: str
    duration: float
    billsec: float
    disposition: str
    uniqueid: str
    linkedid: str


class Layout(NamedTuple):
    """Where a file's columns stand; `extras` finds the unique and the linked id."""

    least: int
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    extras: Callable[[Sequence[str]], tuple[str, str]]


class CdrDecoder:
    """Reads the records of one file; after `records`, `cut` says that the last one is not whole."""

    def __init__(self) -> None:
        self.cut = False
        self._layout: Layout | None = None

    def records(self, lines: Iterable[str]) -> Iterator[tuple[int, CdrRow | str]]:
        """Yield each record with the number of its first line, from 1, or why it is none.

        A text never holds what stood in the file. Quotes may span lines.
        """
        reader = csv.reader(lines, strict=True)
        while True:
            place = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error):
                    self.cut = True
                    return
                yield place, _NOT_QUOTED
                continue
            try:
                row = self._record(fields, place)
            except RemoteProtocolError as error:
                yield place, str(error)
            else:
                if row is not None:
                    yield place, row

    def _record(self, fields: list[str], place: int) -> CdrRow | None:
        if not fields:
            return None
        layout = self._layout
        if layout is None:
            layout = self._layout = _header(fields) if place == 1 else None
            if layout is not None:
                return None
            layout = self._layout = _recognised(fields)
        if not layout.least <= len(fields) <= MOST_COLUMNS:
            raise RemoteProtocolError(
                f"{len(fields)} columns; expected are {layout.least} to {MOST_COLUMNS}, "
                "separated by commas"
            )
        *words, start, duration, billsec, disposition = layout.pick(fields)
        if not _TIME.fullmatch(start):
            raise RemoteProtocolError(
                "the start of the call must be YYYY-MM-DD hh:mm:ss: are these the columns of a CDR?"
            )
        if not _SECONDS.fullmatch(duration) or not _SECONDS.fullmatch(billsec):
            raise RemoteProtocolError("duration and billsec must be seconds")
        if disposition not in DISPOSITIONS:
            raise RemoteProtocolError(
                f"the disposition must be one of {', '.join(sorted(DISPOSITIONS))}"
            )
        times = float(duration), float(billsec)
        return CdrRow._make((*words, start, *times, disposition, *layout.extras(fields)))


def _header(fields: Sequence[str]) -> Layout | None:
    names = [
        _ALIASES.get(name, name) for name in (field.strip("\ufeff \t").lower() for field in fields)
    ]
    if not _HEADER_WORDS.issubset(names):
        return None
    if missing := [name for name in _USED if name not in names]:
        raise RemoteProtocolError(f"the header lacks the columns {', '.join(missing)}")
    return _named(names)


def _recognised(fields: Sequence[str]) -> Layout:
    for columns in (CSV_COLUMNS, CUSTOM_COLUMNS):
        start, end = columns.index("start"), columns.index("end")
        if len(fields) >= len(CSV_COLUMNS) and all(
            _TIME.fullmatch(fields[place]) for place in (start, end)
        ):
            return _of_csv() if columns is CSV_COLUMNS else _named(columns)
    raise RemoteProtocolError(
        f"{len(fields)} columns that are not those of a CDR: expected are the {len(CSV_COLUMNS)} "
        "to 21 of cdr_csv, those of the sample cdr_custom.conf, or a first line that names them"
    )


def _named(names: Sequence[str]) -> Layout:
    places = {name: place for place, name in enumerate(names)}
    used = [places[name] for name in _USED]

    def extras(fields: Sequence[str]) -> tuple[str, str]:
        return _id_at(fields, places.get("uniqueid")), _id_at(fields, places.get("linkedid"))

    return Layout(max(used) + 1, itemgetter(*used), extras)


def _of_csv() -> Layout:
    always = len(CSV_COLUMNS)

    def extras(fields: Sequence[str]) -> tuple[str, str]:
        # Which of the optional columns are there is told by their number and their shape alone.
        more = len(fields) - always
        linkedid = _id_at(fields, len(fields) - 2) if more >= _NEW_COLUMNS else ""
        return (_id_at(fields, always) if more != _NEW_COLUMNS else ""), linkedid

    return _named(CSV_COLUMNS)._replace(extras=extras)


def _id_at(fields: Sequence[str], place: int | None) -> str:
    if place is None or place >= len(fields):
        return ""
    return fields[place] if UNIQUEID.fullmatch(fields[place]) else ""
