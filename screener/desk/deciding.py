"""Deciding of the callers of recorded calls, one or many, in one sitting at the desk.

What a deed does is `reviews`'s. Of many, each caller is decided of once, and one that cannot be
decided of does not keep the others from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from screener.core.lists import Exact, ListAction
from screener.desk.review_target import read_target
from screener.desk.reviewer import Desk, NotTakenInError, desk, until_of
from screener.desk.reviews import call_not_spam, decide, take_back
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, DENY, NOT_SPAM

UNDO = "undo"
DEEDS = (ALLOW, DENY, NOT_SPAM, UNDO)
USUAL_SPANS = {ALLOW: "30d", DENY: "1d", NOT_SPAM: "30d"}
"""How long a deed stands where nobody said."""
MOST = 100
"""Calls that are decided of at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done of which calls: `deed` of `DEEDS`, for how long (empty: usual), why."""

    deed: str
    call_ids: Sequence[str]
    span: str = ""
    reason: str = ""


@dataclass(slots=True)
class Done:
    """What came of it: the sentences, of how many callers it was done, and why not of others."""

    said: list[str] = field(default_factory=list)
    callers: int = 0
    refused: list[str] = field(default_factory=list)


def decide_all(config: Path | None, who: str, wanted: Wanted) -> Done:
    """Do it, and tell the running agent; raises ScreenerError where the desk cannot be opened."""
    done = Done()
    with desk(config, who, done.said.append) as at:
        seen: set[str] = set()
        for call_id in list(wanted.call_ids)[:MOST]:
            try:
                identity = _identity(call_id, at)
                if identity not in seen:
                    seen.add(identity)
                    _DO[wanted.deed](call_id, wanted, at)
                    done.callers += 1
            except NotTakenInError as error:
                done.callers += 1
                done.said.append(str(error))
            except ScreenerError as error:
                told = str(error).removeprefix("TARGET: ").removeprefix("ID: ")
                done.refused.append(told.removeprefix("--for, "))
    return done


def _identity(call_id: str, at: Desk) -> str:
    entry = read_target(call_id, at).entry
    return entry.identity if isinstance(entry, Exact) else entry.text


def _decide(action: ListAction) -> Callable[[str, Wanted, Desk], None]:
    def do(call_id: str, wanted: Wanted, at: Desk) -> None:
        until = until_of(wanted.span or USUAL_SPANS[wanted.deed], at.now)
        decide(call_id, action, at.act(wanted.deed, until=until, reason=wanted.reason), at)

    return do


def _not_spam(call_id: str, wanted: Wanted, at: Desk) -> None:
    until = until_of(wanted.span or USUAL_SPANS[NOT_SPAM], at.now)
    call_not_spam(call_id, at.act(NOT_SPAM, until=until, reason=wanted.reason), at)


def _undo(call_id: str, wanted: Wanted, at: Desk) -> None:
    take_back(call_id, at.act(UNDO, reason=wanted.reason), at)


_DO = {
    ALLOW: _decide(ListAction.ALLOW),
    DENY: _decide(ListAction.DENY),
    NOT_SPAM: _not_spam,
    UNDO: _undo,
}
