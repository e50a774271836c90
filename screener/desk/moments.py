"""Moments as people type them: a duration back from now, a moment with its zone, or local time."""

import re
import time
from datetime import datetime

from screener.config.times import parse_duration
from screener.errors import UsageError

ALLOWED = "allowed is 90s, 10m, 24h, 7d, 2026-11-22T08:00:00Z, or local '2026-11-22 08:00'"

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def moment(text: str, option: str, now: float) -> float | None:
    """Return the moment in seconds since 1970; None where the text is empty.

    A moment without a zone is this machine's local time. Raises UsageError naming the option.
    """
    if not text:
        return None
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError(f"{option} {text[:40]!r}: {ALLOWED}")


def span(since: str, until: str, now: float) -> tuple[float | None, float | None]:
    """Return both ends of a span; raises UsageError where one is none, or none lies between."""
    ends = moment(since, "--since", now), moment(until, "--until", now)
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        raise UsageError("--since is not before --until")
    return ends


def utc(seconds: float) -> str:
    """Return a moment as `2026-11-22T08:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def local(seconds: float) -> str:
    """Return a moment in this machine's time, with its distance from UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))
