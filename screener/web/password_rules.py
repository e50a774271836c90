"""Which passwords are refused: the short, the user's own name, and what is tried first.

No rules of composition (NIST SP 800-63B, 3.1.1.2): they make passwords that people write down.
"""

import re
import unicodedata
from itertools import pairwise

LEAST, MOST = 12, 128
"""Characters. NIST SP 800-63B asks for 15 where nothing else is asked, 8 beside a second proof;
12 with the throttle of `throttle` lies between."""

_LEAST_KINDS = 5
_LEAST_BESIDE_NAME = 8
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop")
_COMMON = frozenset({
    *("password", "passwort", "passw", "letmein", "welcome", "admin", "administrator"),
    *("screener", "asterisk", "changeme", "secret", "login", "iloveyou", "trustno"),
})  # fmt: skip


def fault_of(password: str, name: str) -> str:
    """Say why a password is not taken for the user of that name; empty where it is."""
    text = same_text(password).casefold()
    beside_name = text.replace(name.casefold(), "")
    faults = {
        f"a password has at least {LEAST} characters: a few words make a good one": (
            len(password) < LEAST
        ),
        f"a password has at most {MOST} characters": len(password) > MOST,
        "this password is little more than the name": (
            beside_name != text and len(beside_name) < _LEAST_BESIDE_NAME
        ),
        "this password repeats itself": len(set(text)) < _LEAST_KINDS or _repeats(text),
        "this password follows the alphabet, the digits or the keyboard": (
            len(_without_runs(text)) < _LEAST_KINDS
        ),
        "this password is one of the first that are tried": (
            re.sub(r"[^a-z]", "", text) in _COMMON
        ),
    }
    return next((told for told, found in faults.items() if found), "")


def same_text(password: str) -> str:
    """Return a password as it is hashed: two keyboards can send a letter in two ways (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def _repeats(text: str) -> bool:
    return any(
        text == (text[:length] * len(text))[: len(text)] for length in range(1, len(text) // 2 + 1)
    )


def _without_runs(text: str) -> str:
    """Return the text with each run along the alphabet, digits or keyboard down to one letter."""
    kept = text[:1]
    for before, letter in pairwise(text):
        if not _next_to(before, letter):
            kept += letter
    return kept


def _next_to(one: str, other: str) -> bool:
    if one == other or (
        one.isdigit() and other.isdigit() and (ord(other) - ord(one)) % 10 in (1, 9)
    ):
        return True
    pair = one + other
    return any(pair in row or pair in row[::-1] for row in _ROWS)
