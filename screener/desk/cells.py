"""Values as text that neither steers a terminal nor runs in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from screener.core.call import inert

_LONGEST = 32_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


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
