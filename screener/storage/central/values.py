"""Values of an edge's log as PostgreSQL takes them; SQLite keeps whatever it is given.

So a damaged value becomes none, and one bad row never holds up those behind it.
"""

import math
from collections.abc import Callable, Sequence

from screener.storage.log_rows import COLUMNS

_INT64 = 1 << 63

WHOLE = frozenset(
    {
        *("sip_code", "priority", "queue_waiting"),
        *("operators_logged_in", "operators_ready", "channels_in_use"),
    }
)
REAL = frozenset(
    {
        *("at", "score", "would_score", "pressure_value", "pressure_queue", "pressure_channels"),
        *("pressure_arrivals", "challenge_from", "drop_from", "latency_ms", "imported_at"),
    }
)
BYTES = frozenset({"number_key", "prefix_key", "sealed", "counter_key"})
NEEDED: dict[str, object] = {"id": "", "at": 0.0, "verdict": "", "would": "", "reasons": ""}
"""What stands for a value that a call cannot do without."""


def text(value: object) -> str | None:
    """Return a text that PostgreSQL takes: all but NUL, and no half of a surrogate."""
    if value is None:
        return None
    told = value if isinstance(value, str) else _other(value)
    return told.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def real(value: object) -> float | None:
    """Return a number that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def whole(value: object) -> int | None:
    """Return a count of at most 64 bits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -_INT64 <= value < _INT64 else None


def raw(value: object) -> bytes | None:
    """Return bytes that are some."""
    return value if isinstance(value, bytes) else None


def _other(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _kind(name: str) -> Callable[[object], object]:
    if name in WHOLE:
        return whole
    if name in REAL:
        return real
    return raw if name in BYTES else text


_KINDS = tuple((_kind(name), NEEDED.get(name)) for name in COLUMNS)


def plain_row(values: Sequence[object]) -> tuple[object, ...]:
    """Return the values of `COLUMNS` of a call."""
    return tuple(
        needed if (read := kind(value)) is None else read
        for (kind, needed), value in zip(_KINDS, values, strict=True)
    )
