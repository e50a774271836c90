"""The page of lists: what people decided, and the lists of the configuration; adding and undoing.

Whole lists come in and go out by `list_files_page`. Deciding is `desk.reviews`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from screener.core.lists import ListAction, ListSpec
from screener.core.review import REVIEWED
from screener.desk.listing import Weighed, list_row, masked_entries, take_back_entry, weigh
from screener.desk.review_trunk import target_of
from screener.desk.reviewer import Desk, NotTakenInError, desk, list_name, until_of
from screener.desk.reviews import decide, take_back
from screener.errors import ScreenerError
from screener.service.review_rules import REVIEWABLE
from screener.service.reviewing import ALLOW, DENY, IMPORT
from screener.storage.review_reading import Kept, State, Wanted
from screener.web.forms import own_path, text
from screener.web.page import Page, Role, Visit

PATH = "/lists"
AT_ONCE = 50
ENTRIES_SHOWN = 50
"""Entries of a list of the configuration."""
SPANS = {"1h": "1 hour", "1d": "1 day", "7d": "7 days", "30d": "30 days", "forever": "for ever"}
TRUNK_SPANS = {
    "15m": "15 minutes",
    "30m": "30 minutes",
    "1h": "1 hour",
    "4h": "4 hours",
    "1d": "1 day",
}
"""How long a trunk may be denied, as the form offers it."""
STATES = {
    State.IN_FORCE: "in force",
    State.ENDED: "ended",
    State.UNDONE: "undone",
    State.ANY: "all of them",
}
_LONGEST_PLACE = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One review as a row: masked; `place` undoes it, `number` all of its import."""

    place: int
    number: int
    entry: str
    action: str
    on_list: str
    who: str
    at: float
    until: float | None
    state: str
    reason: str
    call_id: str
    undone_at: float | None
    undone_by: str | None
    is_import: bool

    @property
    def can_undo(self) -> bool:
        """Say whether it was not undone yet."""
        return self.undone_at is None


@dataclass(frozen=True, slots=True)
class Declared:
    """A list of the configuration; `entries` are the first ones, masked."""

    spec: ListSpec
    entries: list[str]
    more: int


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the page shows."""

    counts: list[tuple[str, str, int]]
    names: list[str]
    lines: list[Line]
    older: int | None
    declared: list[Declared]


async def lists(visit: Visit) -> web.StreamResponse:
    """Show what people decided."""
    wanted = wanted_of(visit)
    seen = await visit.site.run(_seen, visit, wanted)
    return visit.page(
        "lists.html",
        seen=seen,
        wanted=wanted,
        states=STATES,
        actions=REVIEWABLE,
        spans=SPANS,
        trunk_spans=TRUNK_SPANS,
        reviewed=REVIEWED,
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Allow or deny what was typed; what holds many numbers is shown first."""
    told = {name: await text(visit, name) for name in ("target", "action", "for", "reason", "list")}
    if trunk := (await text(visit, "trunk")).strip():
        told |= {"target": target_of(trunk), "action": ListAction.DENY.value}
    sure = await text(visit, "sure") == "yes"

    def do(at: Desk) -> Weighed | None:
        action = _action(told["action"])
        until = until_of(told["for"], at.now)
        name = list_name(told["list"] or REVIEWED, at.config)
        weighed = weigh(told["target"].strip(), action, at)
        if weighed.is_broad and not sure:
            return weighed
        what = ALLOW if action is ListAction.ALLOW else DENY
        act = at.act(what, until=until, reason=told["reason"], name=name)
        decide(told["target"].strip(), action, act, at)
        return None

    unsure: list[Weighed] = []

    def decided(at: Desk) -> None:
        if (weighed := do(at)) is not None:
            unsure.append(weighed)

    await said(visit, decided)
    if unsure:
        return visit.page(
            "list_sure.html", weighed=unsure[0], typed=told, spans=SPANS | TRUNK_SPANS
        )
    return visit.to(PATH)


async def undo(visit: Visit) -> web.StreamResponse:
    """Undo one entry, or all that was imported with it."""
    place, number = await text(visit, "place"), await text(visit, "number")
    back = own_path(await text(visit, "back"))

    def do(at: Desk) -> None:
        if number.isdecimal() and len(number) <= _LONGEST_PLACE:
            _whole(number, at)
        elif place.isdecimal() and len(place) <= _LONGEST_PLACE:
            take_back_entry(int(place), at.act("undo"), at)
        else:
            raise ScreenerError("no review was named")

    await said(visit, do)
    return visit.to(back if back.startswith(PATH) else PATH)


async def said(visit: Visit, do: Callable[[Desk], None]) -> bool:
    """Do something at the desk and tell it on the next page; return whether it was done."""
    sentences: list[str] = []
    try:
        await visit.site.run(_at_desk, visit, sentences, do)
    except NotTakenInError as error:
        sentences.append(str(error))
    except ScreenerError as error:
        told = str(error).removeprefix("TARGET: ").removeprefix("--for, ")
        sentences.append(f"Not done: {told}")
        return False
    finally:
        for sentence in sentences:
            visit.flash(sentence)
    return True


def wanted_of(visit: Visit) -> Wanted:
    """Return what the address asks for; what is not understood asks for nothing."""
    query = visit.request.query
    action = next((one for one in REVIEWABLE if one == query.get("action")), None)
    state = next((one for one in State if one == query.get("state")), State.IN_FORCE)
    before = query.get("before", "")
    known = before.isascii() and before.isdecimal() and len(before) <= _LONGEST_PLACE
    return Wanted(query.get("list", "")[:31], action, state, int(before) if known else None)


def _at_desk(visit: Visit, sentences: list[str], do: Callable[[Desk], None]) -> None:
    with desk(visit.site.path, visit.who, sentences.append) as at:
        do(at)


def _seen(visit: Visit, wanted: Wanted) -> Seen:
    with desk(visit.site.path, visit.who, lambda _: None) as at:
        counts = at.reader.counts(now=at.now, list_name="", every=False)
        names = at.reader.names()
        kept = at.reader.page(wanted, now=at.now, limit=AT_ONCE + 1)
        lines = [_line(one, at.now) for one in kept[:AT_ONCE]]
        declared = [
            Declared(
                spec,
                masked_entries(spec, at.plan, ENTRIES_SHOWN),
                max(len(spec.entries) - ENTRIES_SHOWN, 0),
            )
            for spec in at.config.settings.lists
        ]
    older = lines[-1].place if len(kept) > AT_ONCE else None
    return Seen(counts, names, lines, older, declared)


def _line(kept: Kept, now: float) -> Line:
    _, entry, action, on_list, who, _, _, state, reason = list_row(kept, now)
    act = kept.action
    return Line(
        kept.place,
        act.number,
        entry,
        action,
        on_list,
        who,
        act.at,
        act.until,
        state,
        reason,
        act.call_id,
        kept.undone_at,
        kept.undone_by,
        act.what == IMPORT,
    )


def _whole(number: str, at: Desk) -> None:
    take_back(str(int(number)), at.act("undo"), at)


def _action(told: str) -> ListAction:
    if told not in REVIEWABLE:
        raise ScreenerError("choose whether to allow or to deny")
    return ListAction(told)


PAGES = (
    Page("GET", PATH, Role.VIEWER, lists),
    Page("POST", f"{PATH}/add", Role.REVIEWER, add),
    Page("POST", f"{PATH}/undo", Role.REVIEWER, undo),
)
