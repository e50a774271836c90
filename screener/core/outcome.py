"""What becomes of a call after its verdict, in the words of the decision stream.

`reputation` turns an outcome into evidence; the wire's spelling is read here so that every
shell reads it alike.
"""

from dataclasses import dataclass
from enum import StrEnum

from screener.core.records import record

LONGEST_TALK_S = 86_400.0
"""No operator talks longer than a day; a larger figure was misread or made up."""


class Event(StrEnum):
    """Something that happened to a screened call."""

    CHALLENGE_PASSED = "challenge_passed"
    CHALLENGE_FAILED = "challenge_failed"
    CHALLENGE_SILENT = "challenge_silent"
    CHALLENGE_ABANDONED = "challenge_abandoned"
    QUEUE_JOINED = "queue_joined"
    ANSWERED = "answered"
    ABANDONED = "abandoned"


@record
class Outcome:
    """One event; `talk_s` is the seconds an operator talked with the caller, 0 unless answered."""

    event: Event
    talk_s: float = 0.0


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
