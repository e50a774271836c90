"""Letting every call in for a while, and ending that: told sentence by sentence, as `reviews` does.

Verdicts are still computed and recorded, as what would have been. The pause outlives a restart.
"""

from screener.config.times import format_duration, parse_duration
from screener.desk.reviewer import Desk, moment, tell_agent
from screener.errors import UsageError
from screener.service.reviewing import PAUSE

LONGEST_S = 86_400.0


def pause_span(text: str, option: str) -> float:
    """Return the seconds of a pause; raises UsageError naming the option."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_S:
        raise UsageError(
            f"{option}: allowed is 90s, 15m, 1h and the like, up to {format_duration(LONGEST_S)}"
        )
    return seconds


def pause_all(seconds: float, reason: str, at: Desk) -> None:
    """Let every call in for so long. Raises as `tell_agent`."""
    act = at.act(PAUSE, until=at.now + seconds, reason=reason)
    number = at.store.pause(act)
    at.made.append(number)
    at.say(f"review {number}: every call is let in {moment(act.until)}; it ends by itself")
    tell_agent(at)


def resume_all(reason: str, at: Desk) -> None:
    """End all pauses. Raises as `tell_agent`."""
    if at.reader.paused_until(at.now):
        at.store.resume(at.act("resume", reason=reason))
        at.say("the pause is over: calls are screened again")
    else:
        at.say("there was no pause; calls are screened")
    tell_agent(at)
