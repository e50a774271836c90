r"""Writes the one AGI command we need: many channel variables in one `EXEC MSet`.

Names and values come from an alphabet in which nothing has a meaning to AGI, to MSet or to the
dialplan, so nothing is escaped and nothing can be injected. Caller data never goes in.
"""

import re
from collections.abc import Mapping

from screener.errors import LocalProtocolError

COMMAND_LIMIT = 1_000
"""Bytes of a command; Asterisk answers a line over 8 KB twice."""

_FRAME = 'EXEC MSet "%s"\n'
_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_VALUE = re.compile(r"[A-Za-z0-9_.:-]*\Z")


def assignments(variables: Mapping[str, str]) -> str:
    """Return the argument of MSet, `A=x,B=y`.

    Raises:
        LocalProtocolError: No variable, a name or value outside the alphabet, or the command
            around it would be over `COMMAND_LIMIT`.
    """
    if not variables:
        raise LocalProtocolError("a command must set at least one variable")
    for name, value in variables.items():
        if not _NAME.match(name):
            raise LocalProtocolError(f"{name!r} is no name of a variable we set")
        if not _VALUE.match(value):
            raise LocalProtocolError(f"the value of {name} holds a character we do not send")
    text = ",".join(f"{name}={value}" for name, value in variables.items())
    if len(_FRAME % text) > COMMAND_LIMIT:
        raise LocalProtocolError(f"a command may hold at most {COMMAND_LIMIT} bytes")
    return text


def set_variables(variables: Mapping[str, str]) -> bytes:
    """Return the command that sets the variables, with its line end.

    Raises:
        LocalProtocolError: As `assignments`.
    """
    return (_FRAME % assignments(variables)).encode("ascii")
