"""Log files read line by line in bounded memory: plain or gzip, growing or rotated.

Whoever reads is told of every line that is too long, and of a last line that is still being
written. What lines mean is left to the codecs.
"""

import gzip
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Self

from screener.errors import MissingPartError, ScreenerError

LINE_LIMIT = 65_536
"""Bytes of a line, its end included. Asterisk itself writes CDRs of at most 1,024."""

NUMBER_LIMIT = 256
"""Characters of a caller's number that are kept; one that is longer than 128 is junk anyway."""

_GZIP = b"\x1f\x8b"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd"}
_LONGEST_MAGIC = 6
_TELL_EVERY = 20_000


class CallFile:
    """One open log; use it as a context. `told` hears now and then how many bytes are read.

    After `lines`, `unfinished` says that the last line had no end, and `too_long` names the lines,
    from 1, that were left out for their length (the first `MOST_NAMED`).
    """

    MOST_NAMED = 20

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises MissingPartError where there is none, ScreenerError where it cannot be opened.
        """
        self.path = path
        self.told: Callable[[int], object] = _tell_nobody
        self.unfinished = False
        self.too_long: list[int] = []
        self._raw = _opened(path)
        self.size = os.fstat(self._raw.fileno()).st_size

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self._raw.close()

    def lines(self) -> Iterator[str]:
        """Yield each whole line with its end; what is no UTF-8 becomes U+FFFD.

        A line that is too long is yielded as an empty one, so that lines can be counted. Raises
        ScreenerError where the file cannot be read on.
        """
        self._raw.seek(0)
        try:
            yield from self._lines(self._stream())
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ScreenerError(f"{self.path} is a damaged gzip file, or not whole") from None
        except OSError as error:
            raise ScreenerError(f"{self.path} cannot be read: {error.strerror}") from error

    def _stream(self) -> gzip.GzipFile | BufferedReader:
        magic = self._raw.peek(_LONGEST_MAGIC)
        for begin, name in _OTHERS.items():
            if magic.startswith(begin):
                raise ScreenerError(f"{self.path} is packed with {name}: unpack it first")
        if not magic.startswith(_GZIP):
            return self._raw
        return gzip.GzipFile(fileobj=self._raw, mode="rb")

    def _lines(self, stream: gzip.GzipFile | BufferedReader) -> Iterator[str]:
        read, number = stream.readline, 0
        while line := read(LINE_LIMIT):
            number += 1
            if not number % _TELL_EVERY:
                self.told(min(self._raw.tell(), self.size))
            if line.endswith(b"\n"):
                yield line.decode("utf-8", "replace")
                continue
            long = len(line) == LINE_LIMIT
            while line and not line.endswith(b"\n"):
                line = read(LINE_LIMIT)
            if not line:
                self.unfinished = True
            if long:
                if len(self.too_long) < self.MOST_NAMED:
                    self.too_long.append(number)
                yield "\n"


def _tell_nobody(_read: int) -> None:
    """Hear how far it is, and do nothing."""


def _opened(path: Path) -> BufferedReader:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise MissingPartError(f"there is no file {path}") from None
    except OSError as error:
        raise ScreenerError(f"{path} cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ScreenerError(f"{path} is no regular file")
    return BufferedReader(FileIO(descriptor), 1 << 20)
