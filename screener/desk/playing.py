"""What a candidate would have changed in the recorded calls: for `replay` and for `apply`.

Opens the log so that nothing can be changed by it, lets both configurations learn what came
before the window, plays a day of calls unseen and then those of the window. Shows no number;
how the findings are printed is `what_if_text`'s.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from screener.config.load import Config
from screener.core.recorded import RecordedCall
from screener.desk.log_reading import Tell, keys_for, reading
from screener.desk.moments import span, utc
from screener.errors import ScreenerError
from screener.service.replay import Replay
from screener.service.what_if import WhatIf
from screener.storage.keys import Keys
from screener.storage.new_memory import new_memory
from screener.storage.recorded import ReadTally, hours_held, read_events, read_outcomes

WARM_UP_S = 86_400.0
"""How long before the window calls are played and not compared: limits count up to a day."""

TELL_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Window:
    """Which calls are compared: later than `since`, before `until`, seconds since 1970.

    `seed_free` lets both sides begin with nothing known, not even from before the window.
    """

    since: float
    until: float
    seed_free: bool = False

    @property
    def seconds(self) -> int:
        """Return how many seconds of calls are played, those before the window included."""
        return int(self.until - self.since + WARM_UP_S)


@dataclass(frozen=True, slots=True)
class Follow:
    """Who follows a what-if: `done` is given the seconds played so far, `tell` a sentence."""

    done: Callable[[int], object] = lambda _: None
    tell: Tell = lambda _: None


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it; of `unopened` rows the number could not be opened with these keys."""

    what_if: WhatIf
    unopened: int


def window_of(since: str, until: str, *, seed_free: bool = False) -> Window:
    """Return the window between two texts as `moments.span` reads them; raises as it does."""
    now = time.time()  # noqa: TID251 - the command's own now
    begin, end = span(since, until, now)
    return Window(begin or 0.0, now if end is None else end, seed_free)


UNFOLLOWED = Follow()


def play(
    current: Config,
    candidate: Config,
    log: Config,
    window: Window,
    follow: Follow = UNFOLLOWED,
) -> Played:
    """Compare the first two over the calls in the third one's log; `follow` hears how far it is.

    Raises MissingPartError without a log, and ScreenerError where it holds no call of the window
    or cannot be read.
    """
    with reading(log) as connection:
        held = hours_held(connection)
        if held is None:
            raise ScreenerError("the decision log is empty: there is nothing to replay")
        keys = keys_for(connection, log, follow.tell)
        played = _Player(connection, keys, current, candidate).run(window, follow.done)
    if not played.what_if.calls:
        first, last = map(utc, held)
        raise ScreenerError(
            f"no call in the window from {utc(window.since)} to {utc(window.until)}: the log's "
            f"calls came between {first} and {last}; name others with --since and --until"
        )
    return played


class _Player:
    def __init__(
        self, connection: sqlite3.Connection, keys: Keys, current: Config, candidate: Config
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._replay = Replay(current.settings, candidate.settings, new_memory)
        self._found = WhatIf(current.settings, candidate.settings)

    def run(self, window: Window, done: Callable[[int], object]) -> Played:
        begin = window.since if window.seed_free else window.since - WARM_UP_S
        tally, replay = ReadTally(), self._replay
        source = self._connection, self._keys, replay.plan
        if not window.seed_free:
            for told in read_outcomes(*source, until=begin):
                replay.learn(told)
        events = read_events(*source, after=begin, until=window.until, tally=tally)
        for count, event in enumerate(events):
            if isinstance(event, RecordedCall):
                compared = replay.play(event)
                if event.call.arrived_at > window.since:
                    self._found.add(compared)
                if count % TELL_EVERY == 0:
                    done(int(event.call.arrived_at - begin))
            elif event.called_at <= begin and not window.seed_free:
                replay.learn(event)
        return Played(self._found, tally.unopened)
