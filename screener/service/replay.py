"""Recorded calls played through two engines in lockstep: what is in force, and a candidate.

Time is the record's. Both sides enforce, whatever mode their files say, for the question is what
enforcing does; signals that a file only observes stay without effect. What a call came to is
told to a side only as far as its own verdict leaves room for it:

* admitted: queued, answered or abandoned as recorded; nothing of a challenge;
* challenged, and recorded as challenged: as recorded;
* challenged, and recorded as let in: who talked with an operator would have passed (at the end of
  the captcha's time) and been answered; of anybody else nothing is known;
* dropped: nothing.

A challenged call holds its captcha place as `core.lane` has it. How the two differ is counted in
`what_if`; where the records come from is left to `storage.recorded`.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.number import NumberPlan
from screener.core.outcome import ENDS_OF_CHALLENGE, Event, Outcome
from screener.core.policy import Verdict
from screener.core.recorded import CallerReader, RecordedCall, RecordedOutcome, is_good
from screener.core.settings import Action, Mode, Settings

NewMemory = Callable[[Settings], Memory]


@dataclass(frozen=True, slots=True)
class Compared:
    """One call, what each side says of it, and whether it was a person's (`went_well`)."""

    record: RecordedCall
    current: Verdict
    candidate: Verdict
    good: bool


class Side:
    """One configuration's engine in the time of the records; it knows nothing at first.

    `reader` reads callers anew, where this side's plan is not the one they were read under.
    """

    def __init__(
        self, settings: Settings, new_memory: NewMemory, reader: CallerReader | None = None
    ) -> None:
        self._engine = Engine(replace(settings, mode=Mode.ENFORCE), new_memory(settings))
        self._challenge_s = settings.captcha.seconds
        self._reader = reader
        self._due: list[tuple[float, int, str, Outcome]] = []
        self._told = 0

    def learn(self, told: RecordedOutcome) -> None:
        """Learn what became of a call that is not played."""
        if told.identity:
            self._engine.learn(told.identity, told.outcome, at=told.at, trunk=told.trunk)

    def play(self, record: RecordedCall, least_talk: float) -> Verdict:
        """Decide a call, and take down what it will come to."""
        call, engine = record.call, self._engine
        due = self._due
        while due and due[0][0] <= call.arrived_at:
            at, _, call_id, outcome = heapq.heappop(due)
            engine.report(call_id, outcome, at)
        if self._reader is not None:
            call = replace(call, caller=self._reader.again(call.caller))
        verdict = engine.decide(call, record.load, malformed=record.malformed).verdict
        if record.outcomes:
            passes_at = call.arrived_at + self._challenge_s
            for at, outcome in possible(record, verdict.action, least_talk, passes_at):
                self._told += 1
                heapq.heappush(due, (at, self._told, call.call_id, outcome))
        return verdict


def possible(
    record: RecordedCall, action: Action, least_talk: float, passes_at: float
) -> Iterator[tuple[float, Outcome]]:
    """Yield what the call can have come to under this verdict, with its moments.

    `passes_at` is when a caller who was never asked would have passed, at the latest.
    """
    if action is Action.DROP:
        return
    told = record.outcomes
    if action is Action.ADMIT:
        untold = ENDS_OF_CHALLENGE
        yield from ((one.at, one.outcome) for one in told if one.outcome.event not in untold)
        return
    if not any(one.outcome.event in ENDS_OF_CHALLENGE for one in told):
        served = next((one.at for one in told if is_good(one.outcome, least_talk)), None)
        if served is None:
            return
        yield min(passes_at, served), Outcome(Event.CHALLENGE_PASSED)
    yield from ((one.at, one.outcome) for one in told)


class Replay:
    """The two sides together; `plan` is what records must be read under, the current one's."""

    def __init__(self, current: Settings, candidate: Settings, new_memory: NewMemory) -> None:
        """Compile both; raises ValueError as `Engine` does."""
        self._least_talk = current.reputation.least_talk
        self.plan = NumberPlan(current.region, prefix_tail=current.prefix_tail)
        seen = NumberPlan(candidate.region, prefix_tail=candidate.prefix_tail)
        same = (seen.region, seen.prefix_tail) == (self.plan.region, self.plan.prefix_tail)
        self._current = Side(current, new_memory)
        self._candidate = Side(candidate, new_memory, None if same else CallerReader(seen))

    def learn(self, told: RecordedOutcome) -> None:
        """Let both sides learn what became of a call that is not played."""
        self._current.learn(told)
        self._candidate.learn(told)

    def play(self, record: RecordedCall) -> Compared:
        """Let both sides decide a call; calls must come in order of time."""
        return Compared(
            record,
            self._current.play(record, self._least_talk),
            self._candidate.play(record, self._least_talk),
            record.went_well(self._least_talk),
        )
