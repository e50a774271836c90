"""Where besides the log a number is kept, and having it forgotten there.

A running agent forgets by itself when asked; what an agent left behind is changed here. What
cannot be reached is named, so that nobody believes it gone.
"""

import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from screener.adapters.control_client import SilentAgentError, ask
from screener.config.load import Config
from screener.desk.sharing import erased_mark
from screener.errors import MissingPartError, ScreenerError
from screener.storage.central.pending import note
from screener.storage.keys import Keys
from screener.storage.leftovers import blank_out
from screener.storage.log_file import words_for
from screener.storage.pseudonyms import pseudonym
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_store import ReviewStore
from screener.storage.site_files import LOG_FILE, STATE_FILE
from screener.storage.spill import spill_base
from screener.storage.state_file import forget_in_state

FORGET_S = 60.0
"""How long the agent may take to forget and to write its memory anew, seconds."""

_UNKNOWN = "unknown request"


class Elsewhere:
    """All places but the log that one site keeps numbers in; `told` is what was done there.

    `is_whole` is False once a place was found that still holds the number.
    """

    def __init__(
        self,
        config: Config,
        keys: Keys,
        clock: Callable[[], float] = time.time,  # noqa: TID251 - the command's own now
    ) -> None:
        self.told: list[str] = []
        self.is_whole = True
        self._folder = Path(config.storage.folder)
        self._socket = config.control.socket
        self._keys = keys
        self._config = config
        self._dsn = config.ship.dsn
        self._clock = clock

    def forget(self, identity: str) -> None:
        """Have the number forgotten wherever that can be done; never raises ScreenerError."""
        try:
            reply = ask(self._socket, {"op": "forget", "identity": identity}, FORGET_S)
            self.told.append(
                f"the running agent has forgotten it; {reply.get('queued', 0)} calls of it were "
                "waiting to be written"
            )
        except SilentAgentError as error:
            self._remains(
                f"the running agent may still remember it: {error}; when it answers again or has "
                "ended, repeat this command"
            )
        except MissingPartError:
            self.told.append("no agent answers, so none remembers it")
            self._forget_what_was_left(identity)
        except ScreenerError as error:
            self._remains(
                "the running agent cannot forget a number: it remembers this one until its tables "
                "let go of it or it is started anew"
                if str(error).startswith(_UNKNOWN)
                else f"the running agent did not forget it: {error}"
            )
        self._forget_reviews(identity)
        if self._dsn:
            self._forget_centrally(identity)

    def may_hold(self) -> list[str]:
        """Return what nothing was done about and may still hold the number."""
        aside = sorted(one.name for one in self._folder.glob(f"{LOG_FILE}.corrupt-*"))
        aside = [name for name in aside if not name.endswith(("-wal", "-shm"))]
        left = ["lists in the configuration", "backups", "what Asterisk itself writes down"]
        return [*aside, *left]

    def _remains(self, where: str) -> None:
        self.is_whole = False
        self.told.append(where)

    def _forget_what_was_left(self, identity: str) -> None:
        number = pseudonym("number", identity, self._keys)
        try:
            waiting = blank_out(spill_base(self._folder / LOG_FILE), number)
            kept = forget_in_state(self._folder / STATE_FILE, self._keys, identity)
        except (ScreenerError, OSError) as error:
            self._remains(f"what an agent left behind may hold it: {words_for(error)}")
        else:
            if waiting or kept:
                self.told.append(
                    f"of what an agent left behind, {waiting} waiting calls and {kept} entries of "
                    "its memory are erased"
                )

    def _forget_reviews(self, identity: str) -> None:
        path = self._folder / REVIEW_FILE
        if not path.is_file():
            return
        try:
            mark = erased_mark(self._config, identity)
            store = ReviewStore(path, self._keys)
            try:
                gone = store.forget(identity, mark, self._clock())
            finally:
                store.close()
        except ScreenerError as error:
            self._remains(f"{path.name} may hold it: {error}")
        else:
            if gone:
                self.told.append(f"{gone} reviews of it (allow, deny, not-spam) are erased")

    def _forget_centrally(self, identity: str) -> None:
        """Erase in the central log now, or leave it to `screener ship`: noted, then tried."""
        try:
            noted = note(self._folder, self._keys, identity, self._clock())
        except OSError as error:
            self._remains(f"the central log holds it: {words_for(error)}")
            return
        try:
            # Only now: what speaks to PostgreSQL may be missing.
            erased = import_module("screener.storage.central.erased")
            gone = erased.erase_at(self._dsn, identity, self._keys, noted.at)
        except ScreenerError as error:
            self._remains(
                f"the central log still holds it ({error}): `screener ship` erases it there as "
                "soon as it can"
            )
        else:
            noted.done()
            self.told.append(f"{gone} calls of it are erased from the central log of all edges")
