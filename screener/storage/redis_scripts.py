"""The steps that run inside Redis or Valkey, as Lua beside this module (`lua/`).

Each is one atomic step, and one trip where the server knows it already: it is called by the digest
of its text. Sending it is left to `shared_redis`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("lua")


@dataclass(frozen=True, slots=True)
class Script:
    """One script: its text, and the digest by which a server that had it once knows it."""

    text: bytes
    digest: bytes


def read_script(name: str) -> Script:
    """Read a script of the package; lines of comment are not sent."""
    lines = (_FOLDER / f"{name}.lua").read_bytes().splitlines(keepends=True)
    text = b"".join(line for line in lines if not line.startswith(b"--"))
    return Script(text, hashlib.sha1(text, usedforsecurity=False).hexdigest().encode())


CONSULT = read_script("consult")
TELL = read_script("tell")
CHANGE = read_script("change")
FORGET_NOTES = read_script("forget_notes")
POST = read_script("post")
SINCE = read_script("since")
KEEP = read_script("keep")
KEPT = read_script("kept")
