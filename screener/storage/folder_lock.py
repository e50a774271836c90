"""One agent a storage folder: two would write over each other's snapshots and purge twice.

The lock is the kernel's, so that it ends with the process however that ends.
"""

import fcntl
import os
from pathlib import Path

from screener.errors import ScreenerError

LOCK_FILE = "agent.lock"


class FolderLock:
    """Holds a folder until released."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the folder; raises ScreenerError where another agent has it.

        A folder that cannot be made or written to is nobody's: an agent serves without one.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / LOCK_FILE
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ScreenerError(
                f"another agent keeps its log and memory in {self._folder}: stop it, or give this "
                "one a storage.folder of its own"
            ) from None
        except OSError:  # a file system without locks
            os.close(descriptor)
            return
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the folder go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
