"""Who asks, for the audit: the account that runs the command, and who stands behind it."""

import os
import pwd
import time
from contextlib import suppress

from screener.core.call import inert
from screener.storage.subjects import Asker

LONGEST = 200
"""Characters of a name or a reason that the audit keeps."""


def asker(reason: str) -> Asker:
    """Return who asks now, and why."""
    return Asker(who(), inert(reason.strip(), LONGEST), time.time())  # noqa: TID251 - the command's own now


def who() -> str:
    """Return the account's name, with the one that sudo and the terminal's login tell of.

    The account is the kernel's word; the others can be made up by whoever has the account.
    """
    told = [_account()]
    by_sudo = os.environ.get("SUDO_USER", "").strip()
    if by_sudo and by_sudo not in told:
        told.append(f"sudo by {by_sudo}")
    with suppress(OSError):
        login = os.getlogin()
        if login not in (told[0], by_sudo):
            told.append(f"login {login}")
    return inert(told[0] + (f" ({', '.join(told[1:])})" if told[1:] else ""), LONGEST)


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
