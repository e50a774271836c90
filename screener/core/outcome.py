"""What becomes of a call after its verdict, in the words of the decision stream.

`reputation` turns an outcome into evidence; the wire's spelling is read here so that every
shell reads it alike.
"""

from dataclasses import dataclass
from enum import StrEnum

from screener.core.records import record

LONGEST_TALK_S = 86_400.0
"""No operator talks longer than a day; a larger figure was misread or made up."""
LONGEST_WAIT_S = 86_400.0
"""No caller waits longer than a day."""


class Event(StrEnum):
    """Something that happened to a screened call; silent: pressed no key, stayed on the line."""

    CHALLENGE_PASSED = "challenge_passed"
    CHALLENGE_FAILED = "challenge_failed"
    CHALLENGE_SILENT = "challenge_silent"
    CHALLENGE_ABANDONED = "challenge_abandoned"
    QUEUE_JOINED = "queue_joined"
    ANSWERED = "answered"
    ABANDONED = "abandoned"


ENDS_OF_CHALLENGE = frozenset(
    {
        Event.CHALLENGE_PASSED,
        Event.CHALLENGE_FAILED,
        Event.CHALLENGE_SILENT,
        Event.CHALLENGE_ABANDONED,
    }
)
"""After each of these nobody is asked any more."""


@record
class Outcome:
    """One event; `talk_s` is the seconds an operator talked with the caller, 0 unless answered.

    It happened `ago_s` seconds before it was told.
    """

    event: Event
    talk_s: float = 0.0
    ago_s: float = 0.0

    def happened_at(self, told_at: float) -> float:
        """Return when it happened; of a time that cannot be it is believed what can."""
        return told_at - min(max(0.0, self.ago_s), LONGEST_WAIT_S + LONGEST_TALK_S)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a call whose caller data was misshapen, as far as that can be known.

    `channel` and `uniqueid` are Asterisk's own words, read from before any caller data; `peer`
    is the network address of the Asterisk; `why` says what broke the grammar, without the data.
    """

    peer: str
    why: str
    channel: str = ""
    uniqueid: str = ""


def read_outcome(event: str, talk: str = "") -> Outcome | None:
    """Read an event word and its talk time in seconds; None where either is not one of ours."""
    try:
        known = Event(event)
        talk_s = float(talk) if talk else 0.0
    except ValueError:
        return None
    return Outcome(known, talk_s) if 0.0 <= talk_s <= LONGEST_TALK_S else None


def joined_queue(wait_s: float, talk_s: float) -> Outcome | None:
    """Return that a caller joined the queue, as its end tells it: it waited, and then talked.

    Both are seconds. None where nobody waits so long, or less than no time.
    """
    if not 0.0 <= wait_s <= LONGEST_WAIT_S:
        return None
    return Outcome(Event.QUEUE_JOINED, ago_s=wait_s + talk_s)


def waited(joined_at: float, ended_at: float, talk_s: float) -> float:
    """Return the seconds from joining the queue to the operator's answer or the hangup.

    `ended_at` is when the call was over, after `talk_s` seconds of talk.
    """
    return min(max(0.0, ended_at - talk_s - joined_at), LONGEST_WAIT_S)
