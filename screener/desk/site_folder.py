"""Whose the storage folder is: a command that writes there must not lock the agent out of it.

Files that another user makes are closed to the agent, mode 0600; so only the folder's owner may
make any. Making the folder is left to whoever writes into it first.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.errors import ScreenerError


def refuse_wrong_user(folder: Path, config: Path | None, *, root_may: bool = False) -> None:
    """Raise ScreenerError where what this user makes in the folder is closed to the agent.

    Where there is no folder yet, the owner of the configuration file is taken for the agent's
    user. `root_may` is for commands that write there `as_owner`.
    """
    me = os.geteuid()
    try:
        owner = folder.stat().st_uid
    except OSError:
        _refuse_root(folder, config, me)
        return
    if owner != me and not (root_may and me == 0):
        raise ScreenerError(f"{folder} belongs to user {owner}: run this as the user of the agent")


def _refuse_root(folder: Path, config: Path | None, me: int) -> None:
    if me != 0 or config is None or not config.exists():
        return
    owner = config.stat().st_uid
    if owner != 0:
        raise ScreenerError(
            f"there is no folder {folder} yet, and one of root's would keep out the agent of user "
            f"{owner}, to whom {config} belongs: run this as that user, or first "
            f"`install -d -m 700 -o {owner} {folder}`"
        )


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Make files inside as the folder's owner, where root runs this and the folder is another's.

    The whole process changes its effective user: not for use beside other threads, nor for much;
    a module that is first imported inside may be out of that user's reach.
    """
    try:
        status = folder.stat()
    except OSError:
        status = None
    me, group = os.geteuid(), os.getegid()
    if status is None or me != 0 or status.st_uid == 0:
        yield
        return
    try:
        os.setegid(status.st_gid)
        os.seteuid(status.st_uid)
        yield
    finally:
        os.seteuid(me)
        os.setegid(group)
