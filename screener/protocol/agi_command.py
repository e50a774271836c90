r"""Writes the AGI commands we need: channel variables in one `EXEC MSet`, and a captcha's few.

Names, values and sounds come from alphabets in which nothing has a meaning to AGI, to MSet or to
the dialplan, so nothing is escaped and nothing can be injected. Caller data never goes in. What
comes back is read by `agi_reply`.
"""

import re
from collections.abc import Mapping
from typing import NoReturn

from screener.errors import LocalProtocolError

COMMAND_LIMIT = 1_000
"""Bytes of a command; Asterisk answers a line over 8 KB twice."""

_ROOM = COMMAND_LIMIT - len('EXEC MSet ""\n')
_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_VALUE = re.compile(r"[A-Za-z0-9_.:-]*\Z")
_IN_VALUES = bytes(c if _VALUE.match(chr(c)) else ord("x") for c in range(256))
"""A table of `bytes.translate` that leaves a sound value as it is, and no other."""

_SOUND = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,8}\Z")
_SOUND_LIMIT = 200
_KEYS = "0123456789*#"

BEGIN_ASKING = b'EXEC Exec "MSet(SCREENER_STAGE=asked,TIMEOUT(absolute)=${SCREENER_LIMIT})"\n'
"""Takes a captcha over: sets the stage, and the dialplan's watchdog to what the dialplan allows.

`Exec` is there for what it does first: it puts the variable's value in.
"""

ANSWER = b"ANSWER\n"
RING = b"EXEC Ringing\n"
MUSIC_ON = b"SET MUSIC ON\n"
MUSIC_OFF = b"SET MUSIC OFF\n"

LONGEST_WAIT_MS = 60_000
"""For one key; a captcha waits in shorter steps."""

_MOST_HEADS = 64
_heads: dict[str, str] = {}
"""Names that were looked at before, each with the comma and the equals sign around it."""


def assignments(variables: Mapping[str, str]) -> str:
    """Return the argument of MSet, `A=x,B=y`.

    Raises:
        LocalProtocolError: No variable, a name or value outside the alphabet, or the command
            around it would be over `COMMAND_LIMIT`.
    """
    told = variables if isinstance(variables, dict) else dict(variables)
    heads = _heads
    parts: list[str] = []
    values: list[str] = []
    for name, value in told.items():
        parts.append(heads.get(name) or _head_of(name, variables))
        parts.append(value)
        values.append(value)
    if not parts or not _are_sound("".join(values)):
        _refuse(variables)
    text = "".join(parts)[1:]
    if len(text) > _ROOM:
        raise LocalProtocolError(f"a command may hold at most {COMMAND_LIMIT} bytes")
    return text


def _are_sound(values: str) -> bool:
    try:
        raw = values.encode()
    except UnicodeEncodeError:  # half a pair of surrogates
        return False
    return raw.translate(_IN_VALUES) == raw


def _head_of(name: str, variables: Mapping[str, str]) -> str:
    """Return what stands before a variable's value, and remember it: they are few, and ours."""
    if not _NAME.match(name):
        _refuse(variables)
    head = f",{name}="
    if len(_heads) < _MOST_HEADS:
        _heads[name] = head
    return head


def _refuse(variables: Mapping[str, str]) -> NoReturn:
    """Say what is wrong with variables of which something is."""
    for name, value in variables.items():
        if not _NAME.match(name):
            raise LocalProtocolError(f"{name!r} is no name of a variable we set")
        if not _VALUE.match(value):
            raise LocalProtocolError(f"the value of {name} holds a character we do not send")
    raise LocalProtocolError("a command must set at least one variable")


def set_variables(variables: Mapping[str, str]) -> bytes:
    """Return the command that sets the variables, with its line end.

    Raises:
        LocalProtocolError: As `assignments`.
    """
    return f'EXEC MSet "{assignments(variables)}"\n'.encode("ascii")


def play_sound(name: str, *, heed_keys: bool) -> bytes:
    """Return the command that plays a sound, in the channel's language, to its end.

    Where keys are heeded the first one ends it and is the reply's result; else they are dropped.

    Raises:
        LocalProtocolError: The name is none of a sound below Asterisk's own folder of sounds.
    """
    if len(name) > _SOUND_LIMIT or not _SOUND.match(name):
        raise LocalProtocolError("the name of a sound holds what we do not send")
    return f'STREAM FILE {name} "{_KEYS if heed_keys else ""}"\n'.encode("ascii")


def wait_for_key(milliseconds: int) -> bytes:
    """Return the command that waits for one key, 1 to `LONGEST_WAIT_MS` milliseconds.

    Raises:
        LocalProtocolError: The time is outside these bounds: Asterisk would wait for ever at -1.
    """
    if not 1 <= milliseconds <= LONGEST_WAIT_MS:
        raise LocalProtocolError(f"a wait of {milliseconds} ms is none that we send")
    return b"WAIT FOR DIGIT %d\n" % milliseconds
