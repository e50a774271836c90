"""Lists that people keep while the agent runs: shown masked, imported whole, exported on record.

Reading other programs' files is `adapters.list_files`, keeping `storage.review_store`. The lists of
the configuration are shown here and never changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from screener.adapters.list_files import ListRead, encode_astdb, encode_csv
from screener.core.call import inert
from screener.core.lists import Exact, ListAction, ListSpec, Trunk, parse_entry
from screener.core.number import NumberPlan
from screener.core.review import REVIEWED
from screener.desk.moments import utc
from screener.desk.review_trunk import Met, is_trunk, met
from screener.desk.reviewer import IMPORT_REFRESH_S, Desk, moment, tell_agent
from screener.desk.reviews import effect_of, permitted, take_back
from screener.errors import ScreenerError
from screener.service.review_rules import REVIEWABLE
from screener.service.reviewing import IMPORT
from screener.storage.call_marks import Effect
from screener.storage.review_reading import Kept
from screener.storage.review_rows import Remarked, shown, singled, writing_of
from screener.storage.review_store import Act

COLUMNS = ("review", "entry", "action", "list", "who", "at", "until", "state", "reason")

_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """A list with its numbers in the clear.

    `unread` entries were made with other keys, `left_out` ones cannot be written in this form.
    """

    text: str
    unread: int
    left_out: int


def state_of(kept: Kept, now: float) -> str:
    """Return in words what became of a review."""
    if kept.undone_at is not None:
        return f"undone by {kept.undone_by} {utc(kept.undone_at)}"
    if kept.outspoken:
        return "a newer one speaks"
    return "in force" if kept.is_in_force(now) else "ended"


@dataclass(frozen=True, slots=True)
class Weighed:
    """An entry before it is decided of: masked, whether it holds many numbers, its effect.

    Of a trunk it is `met` that tells.
    """

    shown: str
    is_broad: bool
    effect: Effect | None
    met: Met | None = None


def weigh(text: str, action: ListAction, at: Desk) -> Weighed:
    """Return what an allow or deny of the text would mean; raises as `reviews.decide`."""
    target = permitted(text, action, at)
    if is_trunk(text):
        return Weighed(target.shown, is_broad=True, effect=None, met=met(text, at))
    is_broad = not isinstance(target.entry, Exact)
    return Weighed(target.shown, is_broad, effect_of(target, at) if is_broad else None)


def list_row(kept: Kept, now: float) -> tuple[str, ...]:
    """Return a review's `COLUMNS`."""
    action = kept.action
    whole = (
        *(str(action.number), kept.shown, kept.speaks.value, action.list_name, action.who),
        *(utc(action.at), _end(action.until) or "for ever", state_of(kept, now), action.reason),
    )
    return tuple(inert(text, _LONGEST_TEXT) for text in whole)


def told_lists(at: Desk) -> list[dict[str, object]]:
    """Return every list: those of reviews, counted as they are in force, then the file's."""
    found: list[dict[str, object]] = [
        {
            "name": name,
            "source": "reviews",
            "action": action,
            "entries": count,
            "until": None,
            "reason": "",
        }
        for name, action, count in at.reader.counts(now=at.now, list_name="", every=False)
    ]
    found += [
        {
            "name": spec.name,
            "source": "configuration",
            "action": spec.action.value,
            "entries": len(spec.entries),
            "until": spec.until,
            "reason": spec.reason,
        }
        for spec in at.config.settings.lists
    ]
    return found


def masked_entries(spec: ListSpec, plan: NumberPlan, most: int) -> list[str]:
    """Return the first entries of a list of the configuration, masked."""
    return [shown(singled(parse_entry(text, plan), plan)) for text in spec.entries[:most]]


def refuse_unknown_list(name: str, at: Desk, option: str) -> None:
    """Raise ScreenerError where nothing was ever put on a list of that name."""
    if name and not at.reader.has_list(name):
        raise ScreenerError(f"{option}: there is no such list; `screener lists show` names them")


def refuse_unreviewable(action: ListAction, option: str) -> None:
    """Raise ScreenerError where the configuration alone may say so of callers."""
    if action not in REVIEWABLE:
        raise ScreenerError(
            f"{option}: lists of {action.value} callers stand in the configuration; import allow "
            "or deny"
        )


def bring_in(
    read: ListRead, act: Act, action: ListAction, at: Desk, *, replace: bool = False
) -> None:
    """Put what was read on the list of `act`, all of it or nothing, and tell it.

    Whether bad rows may be left out is settled before. Raises as `tell_agent`.
    """
    entries = (Remarked(singled(entry, at.plan), remark) for entry, remark in read.entries)
    done = at.store.add_list(act, action, entries, replace=replace)
    if done.number:
        at.made.append(done.number)
        at.say(
            f"review {done.number}: {action.value} {done.added} entries on the list "
            f"{act.list_name} {moment(act.until)}"
        )
    else:
        at.say("nothing new: all of it is on the list already")
    for count, what in (
        (done.already, "were on it already and stay as they are"),
        (done.twice, "stand in the file more than once"),
        (done.replaced, "that were on it before are taken back"),
        (read.bad, "rows are bad and left out"),
    ):
        if count:
            at.say(f"{count} {what}")
    tell_agent(at, IMPORT_REFRESH_S)


def export_csv(on_list: str, reason: str, at: Desk) -> Exported:
    """Return what is in force on a list, or on all (empty), as CSV; written down first.

    Raises ScreenerError where no reason is given or there is no such list.
    """
    header = ("number", "description", "action", "list", "until")
    lines: list[tuple[str, ...]] = [header]
    unread = left_out = 0
    for kept, told in _opened(on_list, reason, at):
        if told is None:
            unread += 1
            continue
        if isinstance(told.entry, Trunk):  # no list that is imported may name one
            left_out += 1
            continue
        why = told.remark or kept.action.reason
        until, list_of = _end(kept.action.until), kept.action.list_name
        lines.append((writing_of(told.entry), why, kept.speaks.value, list_of, until))
    return Exported("".join(encode_csv(lines)), unread, left_out)


def export_astdb(on_list: str, reason: str, at: Desk) -> Exported:
    """Return the same as Asterisk prints its database; what holds many numbers is left out."""
    lines: list[tuple[str, str]] = []
    unread = left_out = 0
    for _, told in _opened(on_list, reason, at):
        if told is None:
            unread += 1
        elif isinstance(told.entry, Exact):
            lines.append((writing_of(told.entry), told.remark))
        else:
            left_out += 1
    return Exported("".join(encode_astdb(lines)), unread, left_out)


def take_back_entry(place: int, act: Act, at: Desk) -> None:
    """Undo one entry, whatever else was done with it; raises as `reviews.take_back`."""
    kept = at.reader.at_place(place)
    if kept is None:
        raise ScreenerError("there is no such review")
    if kept.action.what != IMPORT:
        take_back(str(kept.action.number), act, at)
        return
    at.store.undo_entry(act, place)
    at.say(f"undone: {kept.speaks.value} of {kept.shown} on the list {kept.action.list_name}")
    tell_agent(at)


def _opened(on_list: str, reason: str, at: Desk) -> Iterable[tuple[Kept, Remarked | None]]:
    if not reason.strip():
        raise ScreenerError("--reason: the audit needs one")
    refuse_unknown_list(on_list, at, "--list")
    at.store.note(at.act("export", reason=reason, name=on_list or REVIEWED), on_list or "all")
    return at.reader.opened(now=at.now, list_name=on_list)


def _end(until: float | None) -> str:
    return "" if until is None else utc(until)
