"""Reading files of the configuration: bounded, regular, UTF-8, and refused at their place."""

import stat
from pathlib import Path

from screener.errors import ConfigError, Place

MAX_CONFIG_BYTES = 4 * 1024 * 1024
MAX_LIST_BYTES = 16 * 1024 * 1024


def read_text(path: Path, most_bytes: int) -> str:
    """Return the text of a regular file of at most `most_bytes`; raises ConfigError.

    The size is asked before anything is read, and a pipe or device is not opened: it could
    hold the agent up for ever.
    """
    place = Place(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ConfigError([(place, "is a folder; allowed: a file")])
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError([(place, "is no regular file")])
        if status.st_size > most_bytes:
            told = f"has {status.st_size} bytes; allowed: at most {most_bytes}"
            raise ConfigError([(place, told)])
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError([(place, f"cannot be read: {reason}")]) from error
    if len(content) > most_bytes:
        raise ConfigError([(place, f"grew while it was read; allowed: at most {most_bytes} bytes")])
    return _decoded(content, str(path))


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        told = "is not UTF-8 here; allowed: a text in UTF-8"
        raise ConfigError([(Place(file, line, column), told)]) from error
