"""What edges tell one another of their reviews: the facts, and how they are written in JSON.

Numbers stand here in the clear: a parcel is sealed before it leaves (`shared_seal`). How facts
are put together is `review_merge`'s, where they come from and go to `review_exchange`'s.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from screener.core.lists import ListAction
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, DENY, IMPORT, NOT_SPAM, PAUSE

MOST_ENTRIES = 500
"""Entries of one parcel; a larger import is told in several, each with the action at its head."""
MOST_FACTS = 2_000
"""Actions, erased numbers and wanted actions of one parcel, each."""

_LONGEST_TEXT = 1_000
_VERSION = 1
_WHATS = frozenset({ALLOW, DENY, NOT_SPAM, IMPORT, PAUSE})
_SPEAKS = frozenset(action.value for action in ListAction)

Undone = tuple[float, str]
"""When something was undone, and by whom."""


@dataclass(frozen=True, slots=True)
class EntryFact:
    """One entry of an action, in the writing of `core.review.write_entry`, undone by itself?"""

    text: str
    remark: str = ""
    undone: Undone | None = None


@dataclass(frozen=True, slots=True)
class ActionFact:
    """What somebody did once, with some of its entries; the names are those of the file.

    `speaks` is empty for what has no entries.
    """

    uid: str
    edge: str
    stamp: float
    at: float
    who: str
    what: str
    list_name: str
    until: float | None
    reason: str
    call_id: str
    replaces: bool
    undone: Undone | None
    speaks: str
    entries: tuple[EntryFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasedFact:
    """A number whose reviews of before `stamp` were erased, by its mark."""

    mark: bytes
    stamp: float


@dataclass(frozen=True, slots=True)
class Parcel:
    """Facts told at once; `wanted` are uids of actions that the sender lacks."""

    actions: tuple[ActionFact, ...] = ()
    erased: tuple[ErasedFact, ...] = ()
    wanted: tuple[str, ...] = ()


def encode(parcel: Parcel) -> dict[str, object]:
    """Return the parcel in JSON's types."""
    return {
        "v": _VERSION,
        "actions": [_encode_action(one) for one in parcel.actions],
        "erased": [[one.mark.hex(), one.stamp] for one in parcel.erased],
        "wanted": list(parcel.wanted),
    }


def decode(told: object) -> Parcel:
    """Return the parcel; raises ScreenerError where it is not one, without quoting it."""
    try:
        if not isinstance(told, dict) or told["v"] != _VERSION:
            raise ScreenerError("the parcel is of another version")
        parcel = Parcel(
            tuple(_decode_action(one) for one in _few(told["actions"], MOST_FACTS)),
            tuple(
                ErasedFact(bytes.fromhex(_text(mark)), _number(stamp))
                for mark, stamp in _few(told["erased"], MOST_FACTS)
            ),
            tuple(_text(uid) for uid in _few(told["wanted"], MOST_FACTS)),
        )
    except (KeyError, TypeError, ValueError):
        raise ScreenerError("it is no parcel of reviews") from None
    return parcel


def _encode_action(one: ActionFact) -> list[object]:
    entries = [
        [entry.text, entry.remark, list(entry.undone) if entry.undone else None]
        for entry in one.entries
    ]
    return [
        *(one.uid, one.edge, one.stamp, one.at, one.who, one.what, one.list_name, one.until),
        *(one.reason, one.call_id, one.replaces, list(one.undone) if one.undone else None),
        *(one.speaks, entries),
    ]


def _decode_action(told: Any) -> ActionFact:  # noqa: ANN401 - whatever a peer's JSON held
    uid, edge, stamp, at, who, what, list_name, until, *rest = told
    reason, call_id, replaces, undone, speaks, entries = rest
    if what not in _WHATS or (speaks not in _SPEAKS if entries else speaks not in {"", *_SPEAKS}):
        raise ValueError("an action of another kind")
    return ActionFact(
        _text(uid),
        _text(edge),
        _number(stamp),
        _number(at),
        _text(who),
        what,
        _text(list_name),
        None if until is None else _number(until),
        _text(reason),
        _text(call_id),
        replaces is True,
        _undone(undone),
        speaks,
        tuple(
            EntryFact(_text(text), _text(remark), _undone(its))
            for text, remark, its in _few(entries, MOST_ENTRIES)
        ),
    )


def _undone(told: Any) -> Undone | None:  # noqa: ANN401 - whatever a peer's JSON held
    if told is None:
        return None
    at, by = told
    return _number(at), _text(by)


def _few(told: object, most: int) -> Sequence[Any]:
    if not isinstance(told, list) or len(told) > most:
        raise ValueError("no list, or too long a one")
    return told


def _text(told: object) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST_TEXT or "\0" in told:
        raise ValueError("no text, or too long a one")
    return told


def _number(told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise ValueError("no number")
    return float(told)
