"""What all reviewing shares: who asks, the open reviews, and telling the running agent.

What is decided is written into the reviews' own file, and only then is the agent asked to read it,
so that it stands whether an agent runs or not. Deciding is `reviews`'s.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from screener.adapters.control_client import ask
from screener.config.load import Config, load_config
from screener.config.times import format_duration, parse_duration
from screener.core.call import inert
from screener.core.number import NumberPlan
from screener.core.review import REVIEWED
from screener.desk.moments import utc
from screener.desk.sharing import tell_edges
from screener.desk.site_folder import refuse_wrong_user
from screener.desk.site_keys import site_keys
from screener.errors import ScreenerError, UsageError
from screener.storage.keys import Keys
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_reading import ReviewReader
from screener.storage.review_store import NO_REASON, Act, ReviewStore

FOREVER = "forever"
LONGEST_S = 3_650 * 86_400.0
TEXT_LIMIT = 200
REFRESH_S = 10.0
IMPORT_REFRESH_S = 120.0

IN_FORCE = "in force in the running agent"
"""How the sentence begins that says so."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


class NotTakenInError(ScreenerError):
    """What was done is kept, but the agent that runs has not taken it in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What reviewing works with: the configuration, the plan, the open reviews, who and now.

    `say` takes each sentence of what is done, as it is done; `made` has the numbers of the reviews
    that were made here.
    """

    config: Config
    plan: NumberPlan
    keys: Keys
    store: ReviewStore
    reader: ReviewReader
    who: str
    now: float
    say: Callable[[str], object]
    made: list[int] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Return the storage folder."""
        return Path(self.config.storage.folder)

    def act(
        self, what: str, *, until: float | None = None, reason: str = "", name: str = REVIEWED
    ) -> Act:
        """Return what the person at this desk does now."""
        told = inert(reason.strip(), TEXT_LIMIT) or NO_REASON
        return Act(self.who, what, self.now, until, told, name)


@contextmanager
def desk(config: Path | None, who: str, say: Callable[[str], object]) -> Iterator[Desk]:
    """Open everything a review needs, for `who` as the audit tells it; raises ScreenerError."""
    settled = load_config(config)
    refuse_wrong_user(Path(settled.storage.folder), config)
    plan = NumberPlan(settled.settings.region)
    keys = site_keys(settled)
    store = ReviewStore(Path(settled.storage.folder) / REVIEW_FILE, keys)
    try:
        reader = ReviewReader(store.connection, keys, plan)
        now = time.time()  # noqa: TID251 - the moment of what is decided
        yield Desk(settled, plan, keys, store, reader, who, now, say)
    finally:
        store.close()


def until_of(span: str, now: float) -> float | None:
    """Return when a span that begins now ends, None for `forever`; raises UsageError."""
    if span == FOREVER:
        return None
    try:
        seconds = parse_duration(span)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_S:
        raise UsageError(
            "--for, how long: allowed is 90s, 10m, 1h, 1d, 30d and the like, up to "
            f"{format_duration(LONGEST_S)}, or {FOREVER}"
        )
    return now + seconds


def moment(until: float | None) -> str:
    """Return when something ends, for a sentence."""
    return "for ever" if until is None else f"until {utc(until)}"


def list_name(name: str, config: Config) -> str:
    """Return the name of a list of reviews; raises ScreenerError where it is none or taken."""
    if not _NAME.fullmatch(name):
        raise ScreenerError(
            "a list's name is of a-z, 0-9 and -, from a letter on, 1 to 31 characters long"
        )
    if any(spec.name == name for spec in config.settings.lists):
        raise ScreenerError(f"{name} is a list of the configuration: choose another name")
    return name


def tell_agent(at: Desk, patience_s: float | None = None) -> None:
    """Have the running agent take in what was done, within `patience_s`, and say so.

    Raises NotTakenInError where one runs and did not: what was done stands all the same.
    """
    path = at.config.control.socket
    if _nobody_there(path):
        at.say("no agent runs: it takes effect at its next start")
        if of_edges := tell_edges(at.config, at.plan):
            at.say(of_edges)
        return
    try:
        told = ask(path, {"op": "refresh"}, patience_s or REFRESH_S)
    except ScreenerError as error:
        raise NotTakenInError(
            f"it is kept, but the agent has not taken it in: {error}; it takes effect when the "
            "agent answers again and is told of another review, or at its next start"
        ) from error
    at.say(f"{IN_FORCE} ({told.get('took_ms')} ms)")
    if told.get("unread"):
        at.say(f"{told['unread']} reviews could not be opened: they were made with other keys")


def _nobody_there(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return True
        except OSError:
            return False  # one that hangs, or is another's: `ask` tells which
    return False
