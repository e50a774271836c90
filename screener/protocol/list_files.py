"""Lists of numbers as other programs write them: bytes in, rows out; and our own way out.

Read are CSV (FreePBX's blacklist too), one number a line, and what Asterisk's command `database
show blacklist` prints. What a number's text means, and reading files, is left to
`adapters.list_files`. No message repeats a number.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from screener.errors import RemoteProtocolError

LINE_LIMIT = 4_096
"""Bytes of a line; a spreadsheet's note beside a number has room."""

REMARK_LIMIT = 200

NUMBER_COLUMNS = frozenset(
    {
        *("number", "phone", "phone number", "phone no", "phonenumber", "telephone", "tel"),
        *("callerid", "caller id", "caller", "caller number", "cid", "cid num", "src", "ani"),
        *("company phone number", "entry"),
    }
)
"""Names of the column that holds the numbers, `_` and `-` as spaces, in small letters."""

REMARK_COLUMNS = ("reason", "description", "comment", "note", "notes", "remark", "name", "label")
"""Names of the column that says why; the first of these that there is counts."""

FAMILIES = frozenset({"blacklist", "blocklist", "whitelist", "allowlist"})
"""Families of Asterisk's database that hold numbers."""

SETTINGS = {
    "dest": "is FreePBX's setting of where refused calls go and no number",
    "blocked": "is FreePBX's setting to refuse withheld numbers and no number",
}
"""Keys that FreePBX keeps among the numbers."""

_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_ASTDB = re.compile(r"/([^/\s]+)/(.*?)\s*: ?(.*)")
_RESULTS = re.compile(r"[0-9]+ results found\.")
_DATE = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}.*|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}.*"
)
_SEMICOLON = re.compile(r";(?!ext=|isub=|phone-context=)", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ONE = "1"


class ListForm(StrEnum):
    """How a list is written; `auto` is told by its content."""

    AUTO = "auto"
    CSV = "csv"
    ASTDB = "astdb"
    FREEPBX = "freepbx"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One number, or whatever stands in its place, with what is said of it.

    `line` counts from 1. A number that is the last thing in a file, without a line end, is not
    `ended`: it may be half. `action` is what a column of that name says, in small letters.
    """

    line: int
    number: str
    remark: str = ""
    ended: bool = True
    action: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that holds no number by right, and what it is."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that cannot be read, and why."""

    line: int
    why: str


Item = ListRow | Skipped | BadRow


class ListDecoder:
    """Takes a file apart as its bytes come.

    `feed` and `feed_eof` raise RemoteProtocolError, with the line, where the file as a whole is
    none that can be read: no text, too long a line, no column of numbers.
    """

    def __init__(self, form: ListForm = ListForm.AUTO) -> None:
        self._form = form
        self._unread = b""
        self._line = 0
        self._delimiter = ""
        self._number = 0
        self._remark: int | None = 1
        self._action: int | None = None

    def feed(self, data: bytes) -> list[Item]:
        """Take the next bytes; return what their whole lines hold."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        found = [item for line in lines for item in self._read(line, ended=True)]
        if len(self._unread) > LINE_LIMIT:
            self._refuse_long(self._line + 1)
        return found

    def feed_eof(self) -> list[Item]:
        """Take the end of the file; return what a last line without an end holds."""
        line, self._unread = self._unread, b""
        return list(self._read(line, ended=False)) if line else []

    def _read(self, raw: bytes, *, ended: bool) -> Iterator[Item]:
        self._line += 1
        text = self._text(raw).strip()
        if not text or text.startswith("#"):
            return
        if self._form is ListForm.AUTO:
            self._form = ListForm.ASTDB if text.startswith("/") else ListForm.CSV
        if self._form is ListForm.ASTDB:
            yield from self._read_astdb(text)
        else:
            yield from self._read_csv(text, ended=ended)

    def _text(self, raw: bytes) -> str:
        if len(raw) > LINE_LIMIT:
            self._refuse_long(self._line)
        if self._line == 1:
            if raw.startswith(_BOMS_16):
                raise RemoteProtocolError("line 1: this is UTF-16; save it as UTF-8 or plain CSV")
            raw = raw.removeprefix(_BOM)
        if b"\0" in raw:
            raise RemoteProtocolError(f"line {self._line}: holds a zero byte: this is no text file")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _refuse_long(self, line: int) -> None:
        raise RemoteProtocolError(
            f"line {line}: is longer than {LINE_LIMIT} bytes: this is no list of numbers"
        )

    def _read_astdb(self, text: str) -> Iterator[Item]:
        found = _ASTDB.fullmatch(text)
        if found is None:
            if not _RESULTS.fullmatch(text):
                yield BadRow(self._line, "is no line of `database show`: /blacklist/NUMBER : TEXT")
            return
        yield astdb_item(found[1], found[2], found[3], line=self._line)

    def _read_csv(self, text: str, *, ended: bool) -> Iterator[Item]:
        begun = bool(self._delimiter)
        if not begun:
            self._delimiter = _delimiter(text)
        try:
            cells = next(csv.reader([text], delimiter=self._delimiter, strict=True))
        except csv.Error:
            yield BadRow(self._line, "has a quote that is not closed in the same line, or is cut")
            return
        cells = [_plain(cell) for cell in cells]
        if not begun and self._take_header(cells):
            return
        if self._number >= len(cells):
            yield BadRow(
                self._line, f"has {len(cells)} columns; the numbers stand in {self._number + 1}"
            )
            return
        remark, action = _cell(cells, self._remark), _cell(cells, self._action).lower()
        whole = ended or self._number < len(cells) - 1
        yield ListRow(self._line, cells[self._number], remark[:REMARK_LIMIT], whole, action)

    def _take_header(self, cells: list[str]) -> bool:
        """Find the columns; return whether this line names them."""
        names = [re.sub(r"[_\s-]+", " ", cell.lower()).strip() for cell in cells]
        columns = [place for place, name in enumerate(names) if name in NUMBER_COLUMNS]
        if columns:
            self._number = columns[0]
            beside = [names.index(name) for name in REMARK_COLUMNS if name in names]
            self._remark = beside[0] if beside else None
            self._action = names.index("action") if "action" in names else None
            return True
        named = "name the columns in the first line, such as number,description"
        unlike = not cells[0].startswith("_") and not any(map(str.isdigit, cells[0]))
        if self._form is ListForm.FREEPBX or unlike:
            raise RemoteProtocolError(f"line {self._line}: there is no column of numbers; {named}")
        if len(cells) > 1 and _DATE.fullmatch(cells[0]):
            raise RemoteProtocolError(f"line {self._line}: the first column holds dates; {named}")
        return False


def astdb_item(family: str, key: str, value: str, *, line: int) -> Item:
    """Return what an entry of Asterisk's database is; FreePBX writes a description, or 1 for none.

    `line` is its place, from 1.
    """
    if family not in FAMILIES:
        return Skipped(line, f"is of a family that is none of {', '.join(sorted(FAMILIES))}")
    if key in SETTINGS:
        return Skipped(line, SETTINGS[key])
    remark = "" if value.strip() == _ONE else value.strip()
    return ListRow(line, key, remark[:REMARK_LIMIT])


def encode_csv(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a CSV that a spreadsheet shows as it is and does not run.

    What would begin a formula gets an apostrophe before it, which `ListDecoder` takes away again:
    the + of a number survives both.
    """
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([_safe(cell) for cell in row])
        yield line.getvalue()


def encode_astdb(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield numbers and remarks as `database show blacklist` prints them."""
    for number, remark in rows:
        yield f"/blacklist/{number:<25}: {remark or _ONE}\n"


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _delimiter(text: str) -> str:
    counts = {",": text.count(","), "\t": text.count("\t"), ";": len(_SEMICOLON.findall(text))}
    return max(counts, key=lambda one: counts[one])


def _plain(cell: str) -> str:
    text = cell.strip()
    if formula := _FORMULA_TEXT.fullmatch(text):
        return formula[1].strip()
    return text.removeprefix("'")


def _safe(text: str) -> str:
    # A text that begins with an apostrophe gets another one, so that every text comes back.
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text
