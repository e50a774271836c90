"""Calls of earlier days as other logs tell of them: one leg of a call, and the call as a whole.

A billing record tells of legs, a queue's log of waiting and talking; `settled` says what became
of the call by both. Reading those logs is left to adapters, gathering what belongs to one call
to storage.
"""

from typing import NamedTuple

from screener.core.outcome import LONGEST_TALK_S, Event, Outcome

WITHHELD_NAMES = frozenset(
    {"anonymous", "blocked", "no caller id", "private", "restricted", "withheld"}
)
"""Caller names with which a telephone asks not to be shown, although a number may stand beside."""


class PastLeg(NamedTuple):
    """One leg of an inbound call; times are seconds since 1970.

    `key` is the same for all legs of a call. `event` is what became of this leg: answered (by an
    operator), abandoned, or None where nobody was asked for.
    """

    key: str
    at: float
    number: str
    withheld: bool
    did: str
    trunk: str
    uniqueid: str
    linkedid: str
    event: Event | None
    talk_s: float
    ended_at: float


class Waiting(NamedTuple):
    """What a queue's log tells of a call: whether an operator took it, served it, or it went.

    `talk_s` is 0 unless served; `ended_at` is 0 while it is not over.
    """

    connected: bool
    served: bool
    gone: bool
    talk_s: float
    ended_at: float


class WaitStep(NamedTuple):
    """One line of a queue's log about the call `key`, at a moment in seconds since 1970.

    `number` is None where the line does not tell the caller; `did` is empty where it does not
    tell what was dialled.
    """

    key: str
    at: float
    waiting: Waiting
    number: str | None
    did: str


class Ending(NamedTuple):
    """What became of a call, and when (seconds since 1970); `certain` where the queue said it."""

    outcome: Outcome | None
    at: float
    certain: bool


class PastCall(NamedTuple):
    """An inbound call of earlier days."""

    key: str
    at: float
    number: str
    withheld: bool
    did: str
    trunk: str
    uniqueid: str
    linkedid: str
    ending: Ending


def settled(event: Event | None, talk_s: float, ended_at: float, waiting: Waiting | None) -> Ending:
    """Return what became of a call, by its legs and by the queue's log, which knows more.

    The legs count an answering machine's time, or a wait with music, as talk; the queue does not.
    """
    if waiting is not None and waiting.served:
        served = Outcome(Event.ANSWERED, min(waiting.talk_s, LONGEST_TALK_S))
        return Ending(served, waiting.ended_at, certain=True)
    if waiting is not None and waiting.gone and not waiting.connected:
        return Ending(Outcome(Event.ABANDONED), waiting.ended_at, certain=True)
    if event is Event.ANSWERED:
        return Ending(Outcome(event, min(talk_s, LONGEST_TALK_S)), ended_at, certain=False)
    return Ending(None if event is None else Outcome(event), ended_at, certain=False)
