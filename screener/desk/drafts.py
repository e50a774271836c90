"""A configuration file as it goes through a browser and back, and what two people made of one.

A browser's form has no byte order mark and one kind of line end: both are given back here, so that
lines nobody touched stay byte for byte. Keeping drafts is `storage.web_drafts`'s.
"""

import difflib
import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from screener.config.files import MAX_CONFIG_BYTES
from screener.config.load import Config, parse_config
from screener.config.yaml_edit import BOM
from screener.errors import ConfigError, Place

MOST_LINES = 20_000
"""Lines of a file up to which edits of two people are put together."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_LINE_END = re.compile(r"\r\n|\r|\n")

Hunk = tuple[int, int, tuple[str, ...]]
"""Lines of a text, from one to before another, and what stands there instead."""


def fingerprint(content: bytes) -> str:
    """Return what tells one file's bytes from another's: their SHA-256."""
    return hashlib.sha256(content).hexdigest()


def as_typed(content: bytes) -> str | None:
    """Return the text as a form shows it, None where the bytes are no text in UTF-8."""
    try:
        return _LINE_END.sub("\n", content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def as_bytes(typed: str, base: bytes) -> bytes:
    """Return what a form sent back as the file that it began from would write it."""
    text = base.decode("utf-8", "replace")
    bom = BOM if text.startswith(BOM) else ""
    before, after = _lines(text.removeprefix(BOM)), _LINE_END.sub("\n", typed).split("\n")
    ends = [_end(line) for line in before if _end(line)]
    usual = max(dict.fromkeys(ends), key=ends.count, default="\n")
    if len(set(ends)) <= 1:
        return (bom + usual.join(after)).encode()
    bare = [_LINE_END.sub("", line) for line in before] + [""] * bool(_end(before[-1]))
    kept = [*map(_end, before), ""]
    chosen = [usual] * len(after)
    match = difflib.SequenceMatcher(None, bare, after, autojunk=False)
    for begin, at, size in match.get_matching_blocks():
        chosen[at : at + size] = [end or usual for end in kept[begin : begin + size]]
    chosen[-1] = ""
    return (bom + "".join(map("".join, zip(after, chosen, strict=True)))).encode()


def read_draft(
    content: bytes, file: str, folder: Path
) -> tuple[Config | None, list[tuple[Place, str]]]:
    """Return what the bytes mean as the configuration `file` in its `folder`, or its problems."""
    if len(content) > MAX_CONFIG_BYTES:
        told = f"has {len(content)} bytes; allowed: at most {MAX_CONFIG_BYTES}"
        return None, [(Place(file), told)]
    try:
        return parse_config(content.decode("utf-8-sig", "replace"), file, folder), []
    except ConfigError as error:
        return None, list(error.problems)


def merged(base: bytes, mine: bytes, theirs: bytes) -> bytes | None:
    """Return their file with my edits, None where both touched the same lines or ones that meet."""
    lines = _lines(_text(base))
    if len(lines) > MOST_LINES:
        return None
    hunks = sorted({*_hunks(lines, _lines(_text(mine))), *_hunks(lines, _lines(_text(theirs)))})
    if any(after[0] <= before[1] for before, after in pairwise(hunks)):
        return None
    told: list[str] = []
    at = 0
    for begin, end, new in hunks:
        told += [*lines[at:begin], *new]
        at = end
    return "".join([*told, *lines[at:]]).encode()


def line_diff(before: bytes, after: bytes, context: int = 3) -> list[tuple[str, str]]:
    """Return the lines of a unified diff, each after its mark: `+`, `-`, `@` or a space."""
    old, new = (_LINE_END.sub("\n", _text(one)).split("\n") for one in (before, after))
    found = list(difflib.unified_diff(old, new, lineterm="", n=context))[2:]
    if not found and before != after:
        return [("@", "only line ends or a byte order mark differ")]
    return [(line[:1], line if line.startswith("@") else line[1:]) for line in found]


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[Hunk]:
    match = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for what, begin, end, low, high in match.get_opcodes():
        if what != "equal":
            yield begin, end, tuple(after[low:high])


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _lines(text: str) -> list[str]:
    return _LINE.findall(text)


def _end(line: str) -> str:
    found = _LINE_END.search(line)
    return found[0] if found else ""
