"""Calls and outcomes of the past, as a log kept them and an engine can play them again.

Where they are read from is left to `storage.recorded`, playing them to `service.replay`.
"""

from dataclasses import dataclass

from screener.core.call import Call, Load
from screener.core.outcome import Event, Outcome
from screener.core.settings import Action


@dataclass(frozen=True, slots=True)
class RecordedOutcome:
    """What became of a call and when; `identity` is empty where the caller is not known.

    `at` and `called_at`, when the call came, are seconds since 1970; `at` is never the earlier.
    """

    at: float
    call_id: str
    identity: str
    trunk: str
    outcome: Outcome
    called_at: float


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call as it was recorded: what was known of it, what was said, what became of it.

    `would` is what enforcing every signal would have done, `reasons` are strongest first,
    `config` is the hash of the configuration in force. `imported` calls come from another
    program's log, with verdicts that nobody of ours said. `outcomes` are all that the log holds,
    in order of time; `cleared` says that a person called it no spam.
    """

    seq: int
    call: Call
    load: Load
    action: Action
    would: Action
    reasons: tuple[str, ...]
    config: str
    imported: bool
    malformed: bool
    outcomes: tuple[RecordedOutcome, ...] = ()
    cleared: bool = False

    def went_well(self, least_talk: float) -> bool:
        """Say whether this was a person's call: an operator talked that long (seconds) with it.

        A passed challenge, or a person's word that it was no spam, says the same.
        """
        return self.cleared or any(is_good(one.outcome, least_talk) for one in self.outcomes)


def is_good(outcome: Outcome, least_talk: float) -> bool:
    """Say whether an outcome shows a person: a passed challenge, or `least_talk` s of talk."""
    if outcome.event is Event.ANSWERED:
        return outcome.talk_s >= least_talk
    return outcome.event is Event.CHALLENGE_PASSED
