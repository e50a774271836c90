"""What else the caller of a recorded call did: its newest other calls, and counts over more.

Found by the caller's pseudonym: no number is opened. A call that names nobody has no history.
"""

from collections import Counter
from dataclasses import dataclass, field

from screener.desk.call_rows import listed
from screener.desk.cells import shown
from screener.storage.call_log import CallLog
from screener.storage.log_query import Filter, Found

SHOWN = 20
COUNTED = 200
"""Newest calls of the caller that are counted; a busy number may have more."""


@dataclass(frozen=True, slots=True)
class CallerHistory:
    """Other calls of a caller, newest first; `key` is its pseudonym, None where it names nobody.

    The counts are over `counted` calls, the one that was asked of included; `is_whole` says that
    there are no more.
    """

    key: bytes | None
    calls: list[Found] = field(default_factory=list)
    counted: int = 0
    is_whole: bool = True
    verdicts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


def history_of(log: CallLog, call_id: str) -> CallerHistory:
    """Return the history of the call's caller; raises as the log does."""
    key = log.number_key(call_id)
    if key is None:
        return CallerHistory(None)
    found = log.page(Filter(number=key), limit=COUNTED)
    verdicts = Counter(shown(call["verdict"]) for call in found.calls)
    outcomes = Counter(
        shown(one["event"]) for call in found.calls for one in listed(call["outcomes"])
    )
    others = [call for call in found.calls if call["id"] != call_id][:SHOWN]
    whole = found.before is None
    return CallerHistory(key, others, len(found.calls), whole, verdicts, outcomes)
