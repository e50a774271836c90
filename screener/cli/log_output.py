"""Calls of the log as rows and lines; numbers masked. Finding them is `storage.log_query`'s."""

import json
from collections.abc import Sequence

from screener.cli.arguments import Form
from screener.cli.printing import printed
from screener.desk.call_rows import CENTRAL_COLUMNS, COLUMNS, row
from screener.desk.cells import csv_text
from screener.storage.log_query import Found

_WIDTHS = {
    "at": 20,
    "id": 16,
    "edge": 12,
    "verdict": 9,
    "would": 9,
    "treatment": 8,
    "score": 6,
    "would_score": 11,
    "pressure": 6,
}
_NOT_FOLLOWED = "outcome"
"""What becomes of a call is known later than the call."""


def calls_text(
    calls: list[Found], form: Form, *, is_full: bool = False, central: bool = False
) -> str:
    """Return the calls as a whole table, JSON array or CSV; a full table tells of the next page."""
    title = f"{len(calls)} calls, newest first"
    if is_full:
        title += f"; the page after this: --before {calls[-1]['seq']}"
    columns = CENTRAL_COLUMNS if central else COLUMNS
    return printed(form, columns, (row(call, columns) for call in calls), calls, title)


def heading(form: Form, *, central: bool = False) -> str:
    """Return what stands above the lines of followed calls."""
    columns = _followed(central=central)
    match form:
        case Form.CSV:
            return csv_text([columns])
        case Form.JSON:
            return ""
        case Form.TABLE:
            return _line(columns, columns)


def line(call: Found, form: Form, *, central: bool = False) -> str:
    """Return one followed call as a line with its end."""
    columns = _followed(central=central)
    match form:
        case Form.CSV:
            return csv_text([row(call, columns)])
        case Form.JSON:
            return json.dumps(call) + "\n"
        case Form.TABLE:
            return _line(columns, row(call, columns))


def _followed(*, central: bool) -> Sequence[str]:
    columns = CENTRAL_COLUMNS if central else COLUMNS
    return [name for name in columns if name != _NOT_FOLLOWED]


def _line(columns: Sequence[str], cells: Sequence[str]) -> str:
    told = zip(columns, cells, strict=True)
    padded = [(cell or "-").ljust(_WIDTHS.get(name, 0)) for name, cell in told]
    return "  ".join(padded).rstrip() + "\n"
