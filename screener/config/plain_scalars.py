"""Words without quotes in YAML: what they are here, and which are refused for being a trap.

YAML 1.1 quietly turns some words into something else: a telephone number into an integer,
`22:00` into 1320, `NO` into false. Here a word is a plain decimal number, `true`, `false`,
`null`, or a text that no reader of YAML takes for anything else. `yaml_tree` does the rest.
"""

import re

import yaml

from screener.errors import ScreenerError

MAX_DIGITS = 15

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# What another reader (YAML 1.1, YAML 1.2, JSON) or a person may take for a number.
_NUMBER_LIKE = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0[xob][0-9a-f_]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)",
    re.IGNORECASE,
)
_BOOLEAN_LIKE = re.compile(r"true|false|yes|no|on|off|y|n", re.IGNORECASE)
_RESOLVER = yaml.SafeLoader("")
_TEXT_TAG = yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG

_BOOLEAN_ADVICE = "write true or false; put it in quotes if it is a text"
_NUMBER_ADVICE = (
    "write a number in plain decimal, such as 15 or 0.5; put it in quotes if it is a text"
)
_LONG_ADVICE = f"a number of more than {MAX_DIGITS} digits; put it in quotes if it is a text"
_NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_OTHER_ADVICE = "YAML reads this as something else than a text; put it in quotes"


class TrapError(ScreenerError):
    """A word that YAML would change; the message says what to write."""


def read_plain(word: str) -> str | int | float | bool | None:
    """Return what a word without quotes stands for; raises TrapError where that is a trap.

    The message does not repeat the word: it may be a caller's number.
    """
    if word in ("", "null"):
        return None
    if word in ("true", "false"):
        return word == "true"
    if _NUMBER_LIKE.fullmatch(word):
        return _read_number(word)
    if _BOOLEAN_LIKE.fullmatch(word):
        raise TrapError(_BOOLEAN_ADVICE)
    tag = _RESOLVER.resolve(yaml.ScalarNode, word, (True, False))  # type: ignore[no-untyped-call] # the stubs leave it bare
    if tag in _NUMBER_TAGS:
        raise TrapError(_NUMBER_ADVICE)
    if tag != _TEXT_TAG:
        raise TrapError(_OTHER_ADVICE)
    return word


def _read_number(word: str) -> int | float:
    if sum(map(str.isdigit, word)) > MAX_DIGITS:
        raise TrapError(_LONG_ADVICE)
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        return float(word)
    raise TrapError(_NUMBER_ADVICE)
