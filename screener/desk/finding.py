"""Finding calls in the log: the newest that fit a filter, whole pages of them, or one by its id.

A page of `storage.call_log` is bounded work and may end early; here it is asked on until there
are as many calls as were wanted.
"""

import re

from screener.errors import ScreenerError
from screener.storage.call_log import CallLog
from screener.storage.log_query import Filter, Found, Page

_CALL_ID = re.compile(r"[0-9a-f]{16}")


class NoSuchCallError(ScreenerError):
    """The log holds no such call."""


def is_call_id(text: str) -> bool:
    """Whether the text is shaped like the id of a call: 16 hex digits, longer than any number."""
    return _CALL_ID.fullmatch(text) is not None


def call_of(log: CallLog, call_id: str) -> Found:
    """Return the call with all that is kept of it; raises NoSuchCallError."""
    found = log.find(call_id) if is_call_id(call_id) else None
    if found is None:
        raise NoSuchCallError(f"the log holds no call {call_id!r}; an id is 16 digits of 0-9a-f")
    return found


def newest_calls(log: CallLog, wanted: Filter, limit: int, before: int | None) -> Page:
    """Return the newest calls that fit, `limit` of them unless there are fewer."""
    calls: list[Found] = []
    while len(calls) < limit:
        part = log.page(wanted, limit=limit - len(calls), before=before)
        calls += part.calls
        before = part.before
        if before is None:
            break
    return Page(calls, before)
