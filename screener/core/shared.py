"""What several edges know together: what a call asks of it, what it is told, what they tell it.

Only pseudonyms go there: whoever makes a `Question` has replaced numbers and prefixes by keyed
digests. Keeping it is left to the stores behind `ports.SharedStore`; when to ask, and going on
alone, to `service.sharing`.
"""

from typing import NamedTuple

from screener.core import gcra
from screener.core.records import record
from screener.core.settings import Window


class Counter(NamedTuple):
    """One entry of the limits: its pseudonymous key, and each window as (calls, seconds)."""

    key: str
    windows: tuple[tuple[int, float], ...]


class Question(NamedTuple):
    """What one call asks: `caller` is the pseudonym of its identity, empty where it has none.

    The counters are spent by the asking itself, in the same step (`gcra.spend`); a call that is
    then refused gives back what it spent (`Refund`). `line` is the pseudonym of the key under
    which its open challenges are counted.
    """

    call_id: str
    caller: str
    line: str
    counters: tuple[Counter, ...]


@record
class SharedStanding:
    """A caller's standing as all edges know it, and the version that a change must name.

    `fields` are those of `reputation.Standing` in their order, without `trunk`; `cleared_at` is
    when the caller last was cleared, by a pass or by a person (seconds since 1970, 0 = never):
    a failure of before then, told late, must not block again. The store gives out the versions,
    that of `StandingChange.after` is not looked at; a version of 0 says that nothing is there.
    """

    version: int
    fields: tuple[float, ...] = ()
    trunk: str = ""
    cleared_at: float = 0.0


class Told(NamedTuple):
    """The answer: for each counter the theoretical arrival times *before* this call, in order.

    A counter nobody knows has zeros. `spent` are those after it. `open_challenges` counts the
    line's at all edges, this call's not among them. `now` is the store's clock, seconds since
    1970: TATs are in its time.
    """

    now: float
    tats: tuple[tuple[float, ...], ...]
    spent: tuple[tuple[float, ...], ...]
    standing: SharedStanding | None
    open_challenges: int


class Refund(NamedTuple):
    """Give back what a call spent that is refused after all, made by `refund_of`.

    For each counter the seconds that go back into each of its windows: one call's, and none where
    the window was full, since there nothing was spent.
    """

    call_id: str
    counters: tuple[Counter, ...]
    seconds: tuple[tuple[float, ...], ...]


def refund_of(question: Question, told: Told) -> Refund:
    """Return what undoes the spending of a question that was answered so."""
    seconds = tuple(
        tuple(
            0.0 if gcra.is_full(Window(calls, per), tat, told.now) else per / calls
            for (calls, per), tat in zip(counter.windows, tats, strict=True)
        )
        for counter, tats in zip(question.counters, told.tats, strict=True)
    )
    return Refund(question.call_id, question.counters, seconds)


class Spent(NamedTuple):
    """What was counted without the store: after it each TAT is at least this (merge by maximum).

    In the store's time (`Told.now` tells how far the edge's own is from it). No TAT gets beyond
    a full window from now, whatever an edge's clock says.
    """

    counter: Counter
    tats: tuple[float, ...]


class Note(NamedTuple):
    """What any edge must know of a decided call to take its outcome; kept for `ttl` seconds.

    `challenged` opens a challenge on the line, until its `ChallengeEnded` or the ttl's end.
    """

    call_id: str
    edge: str
    caller: str
    line: str
    trunk: str
    crowd: str
    challenged: bool
    ttl: float


class ChallengeEnded(NamedTuple):
    """The challenge of that call is over: its place on the line is free."""

    call_id: str
    line: str


class StandingChange(NamedTuple):
    """A caller's standing after one outcome, if it is still at `before` (a version, 0 = none).

    `event_id` names the outcome: told twice it counts once, as long as it is among the latest
    `EVENTS_KEPT` of that caller. Kept for `ttl` seconds.
    """

    caller: str
    before: int
    after: SharedStanding
    event_id: str
    ttl: float


EVENTS_KEPT = 16
"""Outcomes of one caller that the store remembers by their id."""

Deed = Refund | Spent | Note | ChallengeEnded
"""What needs no answer."""


class Posted(NamedTuple):
    """One entry of the feed: `at` orders entries, as text, and is where a reader goes on from."""

    at: str
    edge: str
    kind: str
    body: bytes
