"""A file in the storage folder that nobody but its owner may read, made where there is none."""

import os
from pathlib import Path

from screener.errors import MissingPartError


def make_private(path: Path) -> None:
    """Make the file with mode 0600, and its folder with 0700; one that is there stays as it is.

    Raises MissingPartError where either cannot be made or written, also where a link stands there.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise MissingPartError(f"{path} cannot be written: {error.strerror}") from error
