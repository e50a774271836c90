"""What people decided of callers while the agent runs: allow, deny, and the pause of everything.

A review speaks for one entry (a number, prefix, range or pattern) until it ends. Of several for
the same entry the newest speaks; of several entries that hold a caller an allow beats a deny.
A trunk that is denied speaks only of callers of whom nothing else does (`engine`).
The lists of the configuration are `lists`; keeping reviews is left to the stores.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from screener.core.lists import (
    Entry,
    EntryIndex,
    Exact,
    ListAction,
    ListHit,
    Trunk,
    parse_entry,
)
from screener.core.number import CallerId, NumberPlan

REVIEWED = "reviewed"
"""The list that single reviews stand on; imported ones have the name of their import."""

LONGEST_TRUNK_S = 86_400.0
"""A whole trunk carries people: its deny ends after so many seconds at the latest."""

TRUNK_MARK = "trunk:"
"""What an entry that is a trunk is written with; no number and no pattern begins so."""

_EXACT_MARK = "="
_LONGEST_NAME = 80
_SHORT = "short:"
_EMERGENCY_DIGITS = 3
"""Of 911, 112 and their like; no other caller has so few that it would matter."""


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of a person, kept under `place`; it ends at `until`, None for never.

    Of several the one with the latest `stamp` speaks, then the greatest `uid`, then the greatest
    place: places are those of one edge, stamp and uid of all. Moments are seconds since 1970.
    """

    place: int
    action: ListAction
    entry: Entry
    until: float | None = None
    list_name: str = REVIEWED
    stamp: float = field(default=0.0, compare=False)
    uid: str = field(default="", compare=False)

    @property
    def order(self) -> tuple[float, str, int]:
        """Return what grows from one decision to the next."""
        return self.stamp, self.uid, self.place

    def is_over(self, now: float) -> bool:
        """Say whether it has ended by `now`."""
        return self.until is not None and now >= self.until


def write_entry(entry: Entry) -> str:
    """Return an entry as one text, whatever the region that it was read under."""
    return _EXACT_MARK + entry.identity if isinstance(entry, Exact) else entry.text


def read_entry(text: str, plan: NumberPlan) -> Entry:
    """Return the entry of `write_entry`, or one in a person's writing; raises ValueError."""
    if text.startswith(_EXACT_MARK):
        return Exact(text, text.removeprefix(_EXACT_MARK))
    if text.startswith(TRUNK_MARK):
        return trunk_entry(text.removeprefix(TRUNK_MARK))
    return parse_entry(text, plan)


def trunk_entry(name: str) -> Trunk:
    """Return the entry of a trunk, named as calls name theirs; raises ValueError."""
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise ValueError(f"a trunk's name is 1 to {_LONGEST_NAME} printable characters")
    return Trunk(TRUNK_MARK + name, name)


class ReviewBook:
    """All reviews in force; `paused_until` is until when every call is let in, 0 for no pause."""

    def __init__(self, reviews: Iterable[Review] = (), paused_until: float = 0.0) -> None:
        self.paused_until = paused_until
        self._exact: dict[str, tuple[Review, ...]] = {}
        self._broad: dict[str, tuple[Review, ...]] = {}
        self.trunks: dict[str, tuple[Review, ...]] = {}
        """Reviews of trunks by name, to look whether there are any: `match_trunk` tells."""
        self._where: dict[int, tuple[dict[str, tuple[Review, ...]], str]] = {}
        self._indexes: dict[ListAction, EntryIndex] = {}
        self._stale = False
        self._next_end: float | None = None
        for review in reviews:
            self.put(review)

    def __len__(self) -> int:
        """Return how many reviews are held, the ended ones included."""
        return len(self._where)

    def put(self, review: Review) -> None:
        """Take a review; it speaks from the next call on."""
        self.take_back(review.place)
        match review.entry:
            case Exact(_, key):
                held = self._exact
            case Trunk(_, key):
                held = self.trunks
            case broad:
                held, key = self._broad, broad.text
        held[key] = tuple(
            sorted((review, *held.get(key, ())), key=lambda one: one.order, reverse=True)
        )
        self._where[review.place] = held, key
        self._stale |= held is self._broad

    def take_back(self, place: int) -> None:
        """Drop the review of that place, if it is held; the one before it speaks again."""
        held, key = self._where.pop(place, (self._exact, ""))
        left = tuple(one for one in held.get(key, ()) if one.place != place)
        if left:
            held[key] = left
        else:
            held.pop(key, None)
        self._stale |= held is self._broad

    def match(self, caller: CallerId, now: float) -> ListHit | None:
        """Return the review that speaks for the caller at `now`, or None.

        A number without extension stands for its whole line. A call that identifies nobody is
        never held.
        """
        if not caller.identity or not self._where:
            return None
        found = [_speaking(self._exact.get(caller.identity, ()), now)]
        if caller.e164 and caller.e164 != caller.identity:
            found.append(_speaking(self._exact.get(caller.e164, ()), now))
        if self._broad:
            found += self._broadly(caller, now)
        best: Review | None = None
        for review in found:
            if review is not None and (best is None or review.action is ListAction.ALLOW):
                best = review
        return _hit(best) if best is not None else None

    def match_trunk(self, name: str, caller: CallerId, now: float) -> ListHit | None:
        """Return the review that denies the trunk to the caller at `now`, or None.

        None allows one, and none keeps out the call-backs of emergency services.
        """
        if 0 < len(caller.identity.removeprefix(_SHORT)) <= _EMERGENCY_DIGITS:
            return None
        review = _speaking(self.trunks.get(name, ()), now)
        return _hit(review) if review and review.action is ListAction.DENY else None

    def in_force(self, now: float) -> list[Review]:
        """Return every review that speaks for its entry at `now`."""
        stacks = (*self._exact.values(), *self._broad.values(), *self.trunks.values())
        speaking = (_speaking(stack, now) for stack in stacks)
        return [review for review in speaking if review is not None]

    def is_paused(self, now: float) -> bool:
        """Say whether every call is let in at `now`."""
        return now < self.paused_until

    def _broadly(self, caller: CallerId, now: float) -> list[Review | None]:
        if self._stale or (self._next_end is not None and now >= self._next_end):
            self._compile(now)
        found: list[Review | None] = []
        for index in self._indexes.values():
            text = index.find(caller)
            if text is not None:
                found.append(_speaking(self._broad.get(text, ()), now))
        return found

    def _compile(self, now: float) -> None:
        speaking = [_speaking(stack, now) for stack in self._broad.values()]
        in_force = [review for review in speaking if review is not None]
        self._indexes = {
            action: EntryIndex(one.entry for one in in_force if one.action is action)
            for action in ListAction
        }
        self._next_end = min((one.until for one in in_force if one.until is not None), default=None)
        self._stale = False


def _speaking(stack: tuple[Review, ...], now: float) -> Review | None:
    return next((review for review in stack if not review.is_over(now)), None)


def _hit(review: Review) -> ListHit:
    return ListHit(
        review.list_name,
        review.action,
        write_entry(review.entry),
        review.action is ListAction.ALLOW,
        "",
    )
