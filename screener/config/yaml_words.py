"""Single values as YAML writes them, so that the strict reader (`yaml_tree`) reads them back.

Where they are put in a text is `yaml_edit`'s.
"""

import json
import re
from decimal import Decimal
from math import isfinite

from screener.config.plain_scalars import TrapError, read_plain

Scalar = str | int | float | bool | None

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._/+-]*[A-Za-z0-9._/+-])?|[0-9]+(?:\.[0-9]+)?[smhd]")
"""Words that are the same in a block and between the brackets of a flow collection."""

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def word(value: Scalar, quote: str = "") -> str:
    """Return the value as one word of YAML.

    `quote` is the mark that stood around the value before, empty for none: a text keeps it. Raises
    ValueError for a number that plain decimal cannot say.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if not quote and _is_plain(value):
        return value
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return _UNSAFE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


def _number(value: float) -> str:
    if not isfinite(value):
        raise ValueError("no finite number")
    text = format(Decimal(repr(int(value) if value == int(value) else value)), "f")
    try:
        if read_plain(text) == value:
            return text
    except TrapError as error:
        raise ValueError(str(error)) from None
    raise ValueError("no plain decimal number")


def _is_plain(text: str) -> bool:
    try:
        return _PLAIN.fullmatch(text) is not None and read_plain(text) == text
    except TrapError:
        return False
