"""How telephone numbers are written: text -> digits, context and extension, or nothing.

The grammar is that of RFC 3966 `tel:` URIs and of numbers as people and trunks write them:
`+16515392200`, `(651) 539-2200`, `tel:6515392200;phone-context=+1`. It refuses and never
repairs: text that is none of these is no number, whatever digits it holds. Which number the
digits mean is left to `number_region`.
"""

import re

from screener.core.records import record

TEXT_LIMIT = 128
"""Characters of the longest text that is read as a number (Asterisk cuts at 79 bytes)."""

IGNORED_PARAMETERS = frozenset(
    {
        "cic",
        "cic-context",
        "cpc",
        "npdi",
        "oli",
        "rn",
        "rn-context",
        "tgrp",
        "trunk-context",
        "verstat",
    }
)
"""Parameters about the route or the line, not about who calls (RFC 4694, RFC 4904, Q.763)."""

# One group of digits may stand in brackets; every group after the first has two digits or more.
_SHAPE = re.compile(
    r"(?P<plus>\+?)"
    r"(?P<digits>(?:(?:[0-9]{1,4}[ .-]?)?\([0-9]{2,5}\)[ .-]?)?[0-9]+(?:[ .-][0-9]{2,})*)"
)
_SEPARATORS = str.maketrans("", "", " .()-")
_PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?:=(?P<value>[A-Za-z0-9\[\]/:&+$_.!~*'()%-]+))?")
_EXTENSION = re.compile(r"[0-9.()-]{0,30}[0-9][0-9.()-]{0,30}")
_SUBADDRESS = re.compile(r"[A-Za-z0-9._~-]{1,40}")


@record
class Writing:
    """The parts of a written number.

    `plus` says that `digits` begin with a country code; `context` is the digits of an
    international phone-context, empty where none was given; `extension` is `;ext=` and
    `;isub=`, in that order and without separators, which name another caller on the same line.
    """

    plus: bool
    digits: str
    context: str = ""
    extension: str = ""


def parse_writing(text: str) -> Writing | None:
    """Take a written number apart; return None where the text is anything else."""
    digits = text.removeprefix("+")
    if digits.isdigit() and digits.isascii():  # as most trunks write
        return Writing(len(digits) < len(text), digits)
    body = text[4:] if text[:4].lower() == "tel:" else text
    number, *rest = body.split(";")
    shape = _SHAPE.fullmatch(number)
    if shape is not None and not rest:
        return Writing(bool(shape["plus"]), shape["digits"].translate(_SEPARATORS))
    parameters = _parse_parameters(rest)
    if shape is None or parameters is None:
        return None
    plus = bool(shape["plus"])
    context = _parse_context(parameters.get("phone-context"), plus=plus)
    extension = _parse_extension(parameters)
    if context is None or extension is None:
        return None
    return Writing(plus, shape["digits"].translate(_SEPARATORS), context, extension)


def _parse_parameters(parts: list[str]) -> dict[str, str] | None:
    """Return the parameters that matter; None for an unknown, repeated or misshapen one."""
    found: dict[str, str] = {}
    for part in parts:
        shape = _PARAMETER.fullmatch(part)
        name = shape["name"].lower() if shape else ""
        known = name in IGNORED_PARAMETERS or name in {"ext", "isub", "phone-context"}
        if shape is None or not known or name in found:
            return None
        found[name] = shape["value"] or ""
    return found


def _parse_context(value: str | None, *, plus: bool) -> str | None:
    """Return the digits of the context, empty without one; None where it cannot stand here.

    A context that is a domain name belongs to a private plan that only its owner can read, and
    RFC 3966 section 5.1.5 gives a context to local numbers only.
    """
    if value is None:
        return ""
    shape = _SHAPE.fullmatch(value)
    if plus or shape is None or not shape["plus"]:
        return None
    return shape["digits"].translate(_SEPARATORS)


def _parse_extension(parameters: dict[str, str]) -> str | None:
    extension = ""
    if (ext := parameters.get("ext")) is not None:
        if not _EXTENSION.fullmatch(ext):
            return None
        extension += ";ext=" + ext.translate(_SEPARATORS)
    if (isub := parameters.get("isub")) is not None:
        if not _SUBADDRESS.fullmatch(isub):
            return None
        extension += ";isub=" + isub
    return extension
