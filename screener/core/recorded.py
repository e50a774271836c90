"""Calls and outcomes of the past, as a log kept them and an engine can play them again.

Where they are read from is left to `storage.recorded`, playing them to `service.replay`.
"""

from dataclasses import dataclass

from screener.core.call import Call, Load
from screener.core.number import CallerClass, CallerId, NumberPlan
from screener.core.number_region import Region, country_code
from screener.core.outcome import Event, Outcome
from screener.core.settings import Action

_OF_NUMBERS = frozenset({CallerClass.VALID, CallerClass.FOREIGN, CallerClass.UNALLOCATED})


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


class CallerReader:
    """Reads callers that were read before: class and identity say all, no number is parsed.

    What was read under another plan keeps its identity; whether a number that somebody can have
    is at home or foreign, and how long its prefix is, this plan says.
    """

    def __init__(self, plan: NumberPlan) -> None:
        self._tail = plan.prefix_tail
        self._home = Region(plan.region).code

    def read(self, kind: CallerClass, identity: str, masked: str) -> CallerId:
        """Return the caller of an identity that is not empty, as `NumberPlan.read` would."""
        if kind not in _OF_NUMBERS:
            return CallerId(kind, identity, identity, "", masked, "")
        e164 = identity.split(";", 1)[0]
        if kind is not CallerClass.UNALLOCATED:
            at_home = country_code(e164[1:]) == self._home
            kind = CallerClass.VALID if at_home else CallerClass.FOREIGN
        return CallerId(kind, identity, identity, e164[: -self._tail], masked, e164)

    def again(self, caller: CallerId) -> CallerId:
        """Return the caller as this plan sees it; who has no identity stays as it is."""
        return self.read(caller.kind, caller.identity, caller.masked) if caller.identity else caller
