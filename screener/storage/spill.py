"""Spill files: what waits for the database lies here, in the kernel's hands, safe from kill -9.

Lines go into files of this process alone, beside the log, and are overwritten one by one as they
leave; a file without lines is emptied or removed. A file as a whole is not overwritten when it
goes: what it held was sealed. What a dead agent left is read by `leftovers`.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from os import pwrite
from pathlib import Path

from screener.storage.log_file import identity_of

SUFFIX = ".waiting"


def spill_base(log: Path) -> Path:
    """Return what the names of a log's spill files begin with; `-` and a random word follow."""
    return log.with_name(log.name + SUFFIX)


@dataclass(slots=True, eq=False)
class _File:
    path: Path
    descriptor: int
    identity: tuple[int, int] | None
    size: int = 0
    lines: int = 0
    left: int = 0
    """Lines that still wait."""
    lost: bool = False
    """Whether it was moved or removed by others: no later start would find it."""


@dataclass(slots=True, eq=False)
class Place:
    """Where a line stands."""

    file: _File
    offset: int
    length: int

    @property
    def lost(self) -> bool:
        """Whether others took the file away."""
        return self.file.lost


class Spill:
    """The spill files of one running agent, each of at most `per_file` lines.

    Each is locked (flock) while this process lives, which is how others know that it does. None
    of the methods raises: what the disk refuses is not kept.
    """

    def __init__(self, base: Path, per_file: int) -> None:
        self._base = base
        self._per_file = per_file
        self._files: list[_File] = []
        self.held = 0
        """Lines that still wait, in files that a later start will find."""

    def keep(self, line: bytes) -> Place | None:
        """Write a line, in one write; None where it could not be written whole."""
        try:
            file = self._writable()
            if pwrite(file.descriptor, line, file.size) != len(line):
                return None  # the next line is written over what there is of it
        except OSError:
            return None
        place = Place(file, file.size, len(line))
        file.size += len(line)
        file.lines += 1
        file.left += 1
        self.held += 1
        return place

    def drop(self, places: Iterable[Place]) -> None:
        """Let go of lines that are written elsewhere, or given up, the oldest first.

        A file that holds others still gets blanks in their place: were they only noted as done,
        the next start after a kill could bring an erased call back.
        """
        for file, run in groupby(places, attrgetter("file")):
            lines = list(run)
            file.left -= len(lines)
            if not file.lost:
                self.held -= len(lines)
            if file.left:
                _blank(file, lines)
            elif file is self._files[-1] and not file.lost:
                _empty(file)
            else:
                self._remove(file)

    def look(self) -> None:
        """See whether files were moved or removed, and count their lines as no longer held."""
        for file in self._files:
            if not file.lost and identity_of(file.path) != file.identity:
                file.lost = True
                self.held -= file.left

    def close(self) -> None:
        """Remove what is empty; lines that still wait stay for the next start."""
        for file in list(self._files):
            if file.left and not file.lost:
                os.close(file.descriptor)
                self._files.remove(file)
            else:
                self._remove(file)

    def _writable(self) -> _File:
        if self._files:
            newest = self._files[-1]
            if not newest.left:  # not for each line: a look is most of what keeping one takes
                self.look()
            if not newest.lost and newest.lines < self._per_file:
                return newest
            if not newest.left:
                self._remove(newest)
        self._files.append(self._begin())
        return self._files[-1]

    def _begin(self) -> _File:
        self._base.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._base.with_name(f"{self._base.name}-{secrets.token_hex(4)}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        status = os.fstat(descriptor)
        return _File(path, descriptor, (status.st_dev, status.st_ino))

    def _remove(self, file: _File) -> None:
        self._files.remove(file)
        with suppress(OSError):
            if not file.lost:
                file.path.unlink()
        os.close(file.descriptor)


def _blank(file: _File, lines: Iterable[Place]) -> None:
    for line in lines:
        with suppress(OSError):
            pwrite(file.descriptor, b" " * (line.length - 1), line.offset)


def _empty(file: _File) -> None:
    try:
        os.ftruncate(file.descriptor, 0)
    except OSError:
        with suppress(OSError):
            pwrite(file.descriptor, b" " * (file.size - 1), 0)
    file.size = file.lines = 0
