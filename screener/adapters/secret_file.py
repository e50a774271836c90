"""Reading a password from a file of its own, refused where others could read it.

Read anew whenever it is needed, so that a changed password needs no restart.
"""

import os
import stat
from pathlib import Path

from screener.errors import ScreenerError

LARGEST = 1_024
"""Bytes of the file that are read."""


def read_secret(path: Path) -> str:
    """Return the first line of the file.

    Raises ScreenerError, without what the file holds, where it cannot be read, is not this
    user's alone or holds no line of printable text.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ScreenerError(f"{path}: {error.strerror}") from error
    try:
        _refuse_exposed(path, os.fstat(descriptor))
        content = os.read(descriptor, LARGEST)
    finally:
        os.close(descriptor)
    secret = content.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if not secret or not secret.isprintable():
        raise ScreenerError(f"{path} does not begin with a line of printable text")
    return secret


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ScreenerError(f"{path} is no regular file")
    if status.st_uid not in {os.geteuid(), 0}:
        raise ScreenerError(f"{path} belongs to user {status.st_uid}: chown {os.geteuid()} it")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise ScreenerError(f"{path} has mode {mode:04o}: others could read it; chmod 600 it")
