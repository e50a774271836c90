"""Files that admins uploaded and have not yet decided of: in memory only, few, and not for long.

A list to import is shown before it is taken, and its numbers are to stand nowhere meanwhile.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from screener.core.lists import ListAction
from screener.errors import ScreenerError

LASTS_S = 900.0
MOST = 4
"""Files held at once, of at most a request's size each."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and what is to be done with it, as the form said; `who` sent it."""

    who: str
    content: bytes
    name: str
    action: ListAction
    list_name: str
    span: str
    reason: str
    replace: bool


class Uploads:
    """What is held; `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[str, tuple[float, Upload]] = {}

    def keep(self, upload: Upload) -> str:
        """Hold a file, in the place of one that the same person sent; return its secret name.

        Raises ScreenerError where others' fill the room.
        """
        self._forget()
        self._held = {key: one for key, one in self._held.items() if one[1].who != upload.who}
        if len(self._held) >= MOST:
            raise ScreenerError("other admins are importing lists just now: try again in a while")
        key = secrets.token_urlsafe(16)
        self._held[key] = self._clock() + LASTS_S, upload
        return key

    def take(self, key: str, who: str) -> Upload:
        """Return a file that this person sent, and hold it no more; raises ScreenerError."""
        self._forget()
        found = self._held.get(key)
        if found is None or found[1].who != who:
            raise ScreenerError("that file is not held any more: choose it again")
        del self._held[key]
        return found[1]

    def _forget(self) -> None:
        now = self._clock()
        self._held = {key: one for key, one in self._held.items() if one[0] > now}
