"""Letting every call in for a while, and ending that; told sentence by sentence.

Verdicts are still computed and recorded, as what would have been. The pause is kept with the
reviews and outlives a restart; how long it may be asked for is here, how it is typed is not.
"""

from screener.config.times import format_duration, parse_duration
from screener.desk.reviewer import Desk, moment, tell_agent
from screener.errors import UsageError
from screener.service.reviewing import PAUSE

LONGEST_S = 86_400.0


def span_of(text: str) -> float:
    """Return a span such as `15m` in seconds; raises UsageError where it is none, or too long."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_S:
        raise UsageError(
            f"SPAN: allowed is 90s, 15m, 1h and the like, up to {format_duration(LONGEST_S)}"
        )
    return seconds


def pause(seconds: float, at: Desk, reason: str = "") -> None:
    """Let every call in for so long."""
    act = at.act(PAUSE, until=at.now + seconds, reason=reason)
    number = at.store.pause(act)
    at.made.append(number)
    at.say(f"review {number}: every call is let in {moment(act.until)}; it ends by itself")
    tell_agent(at)


def resume(at: Desk, reason: str = "") -> None:
    """End the pause: calls are screened again."""
    if not at.reader.paused_until(at.now):
        at.say("there was no pause; calls are screened")
    else:
        at.store.resume(at.act("resume", reason=reason))
        at.say("the pause is over: calls are screened again")
    tell_agent(at)
