"""Deciding of a caller: allow, deny, not spam, and taking that back; told sentence by sentence.

Each is kept by `storage.review_store`, and taken in by the running agent before it returns. How
long and why is the asker's `Act`; pausing everything and whole lists are not here.
"""

from screener.core.lists import Exact, ListAction, Trunk
from screener.desk.review_target import CALL_ID, Target, in_force, read_target
from screener.desk.review_trunk import refuse_unending
from screener.desk.reviewer import Desk, moment, tell_agent
from screener.errors import ScreenerError
from screener.service.review_rules import refusal
from screener.service.reviewing import NOT_SPAM, PAUSE
from screener.storage.call_marks import Effect, effect_on, mark_not_spam, unmark
from screener.storage.review_reading import Action
from screener.storage.review_store import Act
from screener.storage.site_files import LOG_FILE

_LONGEST_NUMBER = 6
_LOOKED_BACK_S = 7 * 86_400.0


def decide(text: str, action: ListAction, act: Act, at: Desk) -> None:
    """Allow or deny whom the text names: a call's id, a number, prefix, range or pattern.

    Or deny a trunk, `trunk:NAME`, once the asker has seen whom that meets (`review_trunk`).
    Raises ScreenerError where it names nobody, or so many that it would do harm.
    """
    wanted = permitted(text, action, at)
    refuse_unending(wanted.entry, action, act)
    _keep(wanted, act, action, at)
    _put_in_force(wanted, at)
    if action is ListAction.DENY and not isinstance(wanted.entry, Exact | Trunk):
        _tell_effect(wanted, at)


def call_not_spam(call_id: str, act: Act, at: Desk) -> None:
    """Call a recorded call a person's: allow its caller and clear its record."""
    if not CALL_ID.fullmatch(call_id):
        raise ScreenerError("ID: a call's id is 16 digits of 0-9a-f; `screener log` shows them")
    wanted = read_target(call_id, at)
    _keep(wanted, act, ListAction.ALLOW, at)
    try:
        _put_in_force(wanted, at)
    finally:  # the mark is for later replays, and does not wait for an agent that hangs
        mark_not_spam(at.folder / LOG_FILE, call_id, at.now)


def take_back(target: str, act: Act, at: Desk) -> None:
    """Undo a review by its number or by whom it is about; the asker's latest one where empty."""
    if target and not (target.isdecimal() and len(target) <= _LONGEST_NUMBER):
        _undo_of(read_target(target, at), act, at)
    else:
        _undo_action(_numbered(target, at), act, at)


def permitted(text: str, action: ListAction, at: Desk) -> Target:
    """Return whom the text names; raises as `decide`."""
    wanted = read_target(text, at)
    if why := refusal(wanted.entry, action, at.plan.region):
        raise ScreenerError(f"TARGET: {why}")
    return wanted


def _keep(target: Target, act: Act, action: ListAction, at: Desk) -> None:
    before = at.reader.of_entry(target.entry, at.now)
    act = Act(act.who, act.what, act.at, act.until, act.reason, act.list_name, target.call_id)
    number = at.store.add(act, action, target.entry)
    at.made.append(number)
    at.say(f"review {number}: {action.value} {target.shown} {moment(act.until)}")
    if before:
        was = before[0].action
        at.say(
            f"it takes the place of review {was.number} ({before[0].speaks.value} "
            f"{moment(was.until)}, by {was.who})"
        )


def _put_in_force(target: Target, at: Desk) -> None:
    try:
        tell_agent(at)
    finally:
        at.say(f"now: {in_force(target, at)}")


def effect_of(target: Target, at: Desk) -> Effect | None:
    """Return whom of the last week's callers it would have met; None without a log."""
    path = at.folder / LOG_FILE
    if not path.is_file():
        return None
    return effect_on(path, at.keys, target.entry, at.now - _LOOKED_BACK_S)


def _tell_effect(target: Target, at: Desk) -> None:
    if (effect := effect_of(target, at)) is None:
        return
    at.say(
        f"of the last {effect.looked_at} calls with a number in 7 days it holds {effect.held}, "
        f"{effect.good} of them with a good outcome"
    )


def _numbered(target: str, at: Desk) -> Action:
    number = int(target) if target else at.reader.latest_of(at.who)
    if number is None:
        raise ScreenerError(f"{at.who} has done nothing that is not undone")
    action = at.reader.action(number)
    if action is None:
        raise ScreenerError(f"there is no review {number}; `screener lists show` has them")
    return action


def _undo_action(action: Action, act: Act, at: Desk) -> None:
    entries = at.reader.entries_of(action.number, 2)
    count = at.store.undo(act, action.number)
    what = f"{action.what} of {count} entries on the list {action.list_name}"
    if action.what == PAUSE:
        what = PAUSE
    elif len(entries) == 1:
        what = f"{action.what} of {entries[0].shown}"
    at.say(f"undone: review {action.number}, {what} by {action.who}, {moment(action.until)}")
    try:
        tell_agent(at)
    finally:
        _unmark(action, at)
        entry = at.reader.entry_of(action.number)
        if action.what == PAUSE:
            until = at.reader.paused_until(at.now)
            at.say(f"now: paused {moment(until)}" if until else "now: calls are screened again")
        elif entry is not None:
            at.say(f"now: {in_force(Target(entry), at)}")


def _undo_of(target: Target, act: Act, at: Desk) -> None:
    standing = at.reader.of_entry(target.entry, at.now)
    if not standing:
        raise ScreenerError(f"no review of {target.shown} is in force; now: {in_force(target, at)}")
    newest = standing[0]
    at.store.undo_entry(act, newest.place)
    action = newest.action
    at.say(
        f"undone: {newest.speaks.value} of {target.shown} by {action.who} (review {action.number})"
    )
    try:
        _put_in_force(target, at)
    finally:
        _unmark(action, at)


def _unmark(action: Action, at: Desk) -> None:
    if action.what == NOT_SPAM and unmark(at.folder / LOG_FILE, action.call_id):
        at.say(f"call {action.call_id} is no longer marked as a person's")
