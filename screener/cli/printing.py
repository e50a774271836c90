"""Rows as a table, JSON or CSV: nothing printed here steers a terminal or runs in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from screener.cli.arguments import Form
from screener.core.call import inert

WIDTH = 200
"""Columns of a table, so that it reads the same on a terminal and in a file."""

_LONGEST = 32_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown(value: object) -> str:
    """Return a value as text in which nothing is unprintable; nothing at all for None."""
    return "" if value is None else inert(str(value), _LONGEST)


def spreadsheet_safe(text: str) -> str:
    """Return the text as a spreadsheet shows it and does not run it (OWASP ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as CSV (RFC 4180), safe to open in a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerows([spreadsheet_safe(shown(cell)) for cell in row] for row in rows)
    return text.getvalue()


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """Return the rows as a table without a frame."""
    table = Table(*columns, title=title or None, box=None)
    for row in rows:
        table.add_row(*(shown(cell) for cell in row))
    text = io.StringIO()
    Console(file=text, markup=False, emoji=False, highlight=False, width=WIDTH).print(table)
    return text.getvalue()


def printed(
    form: Form, columns: Sequence[str], rows: Iterable[Sequence[object]], told: object, title: str
) -> str:
    """Return the rows as a table or CSV, or `told`, which holds more, as JSON."""
    match form:
        case Form.JSON:
            return json.dumps(told, indent=2) + "\n"
        case Form.CSV:
            return csv_text([columns, *rows])
        case Form.TABLE:
            return table_text(columns, rows, title)
