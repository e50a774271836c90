"""The folder of the control socket, where it stands among everybody's temporary files.

Listening in it is left to `control`, choosing it to `config.control_socket`.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from screener.errors import ScreenerError


def own_folder(folder: Path) -> None:
    """Make sure of the control socket's folder where it stands among everybody's temporary files.

    It is made with mode 0700; raises ScreenerError where somebody else could have made it. Any
    other folder is the admin's and left as it is.
    """
    with suppress(OSError):  # what cannot be made or seen, listening there will tell of
        if not folder.parent.stat().st_mode & stat.S_ISVTX:
            return
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or others_write:
            raise ScreenerError(
                f"{folder} is not a folder of this user alone: remove it, or name another "
                "control socket"
            )
