"""Whom a review is about, and what then speaks of that caller: a number, or a call of the log.

The number of a recorded call goes from the log into the review and is never printed.
"""

import re
from dataclasses import dataclass, replace

from screener.core.call import Attestation, Call, Load
from screener.core.engine import Engine
from screener.core.lists import Entry, Exact, ListAction, Trunk, parse_entry
from screener.core.review import TRUNK_MARK, trunk_entry
from screener.desk.reviewer import Desk, moment
from screener.errors import ScreenerError
from screener.storage.call_marks import identity_of
from screener.storage.new_memory import new_memory
from screener.storage.review_rows import caller_of, shown, singled
from screener.storage.site_files import LOG_FILE

CALL_ID = re.compile(r"[0-9a-f]{16}")
"""A call's id in the log; no telephone number has as many digits."""

_VERBS = {ListAction.ALLOW: "allowed", ListAction.DENY: "denied", ListAction.EXEMPT: "exempt"}


@dataclass(frozen=True, slots=True)
class Target:
    """An entry, and the call that it was taken from, empty where it was named itself."""

    entry: Entry
    call_id: str = ""

    @property
    def shown(self) -> str:
        """Return the entry, masked."""
        return shown(self.entry)


def read_target(text: str, at: Desk) -> Target:
    """Return whom the text names; raises ScreenerError without repeating a number."""
    if CALL_ID.fullmatch(text):
        identity = identity_of(at.folder / LOG_FILE, at.keys, text)
        return Target(Exact(f"={identity}", identity), text)
    try:
        if text.startswith(TRUNK_MARK):
            return Target(trunk_entry(text.removeprefix(TRUNK_MARK)))
        return Target(singled(parse_entry(text.strip(), at.plan), at.plan))
    except ValueError as error:
        told = str(error).replace(f" {text.strip()!r}", "").replace(f"{text.strip()!r} ", "")
        raise ScreenerError(f"TARGET: {told}; or a call's id, 16 digits of 0-9a-f") from None


def in_force(target: Target, at: Desk) -> str:
    """Return a sentence of what speaks of the caller now, in the reviews and the configuration."""
    if not isinstance(target.entry, Exact):
        return _in_force_of_many(target, at)
    settings = at.config.settings
    caller = caller_of(target.entry.identity)
    call = Call("review", caller, "", "", "", "", Attestation.NONE, "", at.now)
    book = at.reader.speaking_of(caller, at.now)
    memory = replace(new_memory(settings), reviews=book)
    hit = Engine(settings, memory).assess(call, Load()).list_hit
    if hit is None:
        return "no list speaks of the caller: it is judged like any other"
    if hit == book.match(caller, at.now):
        return f"{_VERBS[hit.action]} by a review on the list {hit.list_name}"
    always = " for ever" if hit.overriding else ""
    told = f"{_VERBS[hit.action]}{always} by the configuration's list {hit.list_name}"
    reviewed = book.match(caller, at.now)
    if reviewed is not None and reviewed.action is not hit.action:
        told += f", which beats the {reviewed.action.value} by review"
    return told


def _in_force_of_many(target: Target, at: Desk) -> str:
    newest = next(iter(at.reader.of_entry(target.entry, at.now)), None)
    if newest is None:
        return "no review speaks of it"
    until = moment(newest.action.until)
    beaten = ""
    if newest.speaks is ListAction.DENY:
        beaten = "; an allow of a number in it, here or for ever in the configuration, beats it"
        if isinstance(target.entry, Trunk):
            beaten = "; who is known, allowed or exempt, or lately passed a captcha, comes through"
    return f"{_VERBS[newest.speaks]} by review {newest.action.number} {until}{beaten}"
