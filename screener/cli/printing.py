"""Rows as a table, JSON or CSV: nothing printed here steers a terminal or runs in a spreadsheet."""

import io
import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from screener.cli.arguments import Form
from screener.desk.cells import csv_text, shown

WIDTH = 200
"""Columns of a table, so that it reads the same on a terminal and in a file."""


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
