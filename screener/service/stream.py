"""A talk in virtual time over the engine that `serve` uses: every message brings its own time.

What is known starts empty and is learned from the messages alone, so the same messages give the
same verdicts: no clock, no chance, no file. The wire's spelling is left to `adapters.pipe`.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from screener.core.call import Facts, Load, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec, parse_entry
from screener.core.memory import Memory
from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.settings import Mode, Settings, Site

LOAD_LASTS_S = 30.0
"""A load older than this says nothing of the present: six reports of every 5 s were lost."""

MOST_ENTRIES = 1_000_000
"""List entries that one talk may add to each of the two lists."""

_CHALLENGE_EVENTS = {
    "challenge_passed": Event.CHALLENGE_PASSED,
    "challenge_failed": Event.CHALLENGE_FAILED,
    "challenge_abandoned": Event.CHALLENGE_ABANDONED,
}


@dataclass(frozen=True, slots=True)
class PastOutcome:
    """What a call of an earlier day, at `at` (seconds since 1970), came to."""

    caller: str
    at: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Seen:
    """What the telephone side last told of itself at `at`; None where it did not tell."""

    at: float
    waiting: int | None = None
    operators_busy: int | None = None
    operators_total: int | None = None
    channels_in_use: int | None = None
    channels_total: int | None = None


class StreamSession:
    """One talk: an engine in enforce mode, its memory, and the time as the messages tell it.

    `remarks` gathers what could not be taken as it was told; whoever reads it empties it. It
    never holds caller data.
    """

    def __init__(self, settings: Settings, new_memory: Callable[[Settings], Memory]) -> None:
        self._base = replace(settings, mode=Mode.ENFORCE)
        self._new_memory = new_memory
        self._plan = NumberPlan(settings.region, prefix_tail=settings.prefix_tail)
        self.remarks: list[str] = []
        self.begin(None, settings.site)

    @property
    def site(self) -> Site:
        """The size of what is protected, as in force."""
        return self._settings.site

    def begin(self, now: float | None, site: Site) -> None:
        """Start anew: nothing is known, and what is learned from here on is for this site."""
        self._settings = replace(self._base, site=site)
        self._memory = self._new_memory(self._settings)
        self._engine: Engine | None = None
        self._entries: dict[ListAction, dict[str, None]] = {
            ListAction.DENY: {},
            ListAction.ALLOW: {},
        }
        self._lists_grew = False
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._seen: Seen | None = None
        self._told = Load()
        self._now = now or 0.0

    def pass_time(self, now: float | None) -> float:
        """Return the present time after a message of `now`; time never runs back."""
        self._now = max(self._now, now or 0.0)
        return self._now

    def learn(self, past: Iterable[PastOutcome]) -> None:
        """Learn from earlier days, oldest first; a caller that cannot be known teaches nothing."""
        engine = self._current_engine()
        for record in past:
            identity = self._plan.identify(record.caller)
            if identity:
                # What is learned for a moment to come would not fade until then.
                at = min(record.at, self._now) if self._now else record.at
                engine.learn(identity, record.outcome, at=at)

    def add_entries(self, action: ListAction, entries: Iterable[str]) -> None:
        """Add to the list that blocks or to the one that always allows, from the next call on."""
        kept = self._entries[action]
        refused, first = 0, 0
        before = len(kept)
        for place, entry in enumerate(entries, 1):
            if entry not in kept and (len(kept) >= MOST_ENTRIES or not self._is_entry(entry)):
                refused += 1
                first = first or place
                continue
            kept[entry] = None
        self._lists_grew = self._lists_grew or len(kept) > before
        if refused:
            self.remarks.append(
                f"{refused} {action.value} entries left out, the first at place {first}: none of "
                f"number, prefix, range and pattern, or more than {MOST_ENTRIES} in all"
            )

    def see(self, seen: Seen) -> None:
        """Take what the telephone side tells of its load."""
        self._seen = replace(seen, at=self.pass_time(seen.at))
        total, busy = seen.operators_total, seen.operators_busy
        self._told = Load(
            queue_waiting=seen.waiting,
            operators_logged_in=total,
            operators_ready=None if total is None or busy is None else max(total - busy, 0),
            channels_in_use=self._channels(seen),
        )

    def decide(self, facts: Facts, call_id: str, now: float) -> Decision:
        """Judge a call that came at `now`, and count it."""
        moment = self.pass_time(now)
        engine = self._current_engine()
        call, _ = read_call(facts, engine.plan, call_id=call_id, now=moment)
        if self._memory.calls.get(call_id) is not None:
            self.remarks.append("`call_id` names an earlier call, which is forgotten for this one")
            self._forget(call_id)
        return engine.decide(call, self._load(moment))

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        """Take an event of a call: of its challenge, its way through the queue, or its end."""
        moment = self.pass_time(now)
        engine = self._current_engine()
        if self._memory.calls.get(call_id) is None:
            self.remarks.append("`call_id` names no call whose outcome is awaited")
            return
        if event in _CHALLENGE_EVENTS:
            engine.report(call_id, Outcome(_CHALLENGE_EVENTS[event]), moment)
            return
        engine.lane.free(call_id)  # who waits in the queue or is gone is being asked no longer
        if event == "queue_joined":
            engine.report(call_id, Outcome(Event.QUEUE_JOINED), moment)
        elif event == "operator_answered":
            self._remember_answer(call_id)
        elif event == "hangup":
            answered = call_id in self._answered
            outcome = Outcome(Event.ANSWERED, talk_s) if answered else Outcome(Event.ABANDONED)
            engine.report(call_id, outcome, moment)
            self._forget(call_id)

    def keys(self) -> int:
        """Return how many entries all bounded tables hold."""
        memory = self._memory
        held = len(memory.counters) + len(memory.callers) + len(memory.calls)
        return held + len(memory.busied) + len(self._answered)

    def _current_engine(self) -> Engine:
        """Return the engine, under the lists as they have grown.

        They are compiled once for all that came between two calls: a list may come in pieces.
        """
        if self._engine is None:
            self._engine = Engine(self._with_lists(), self._memory)
        elif self._lists_grew:
            self._engine = self._engine.succeed(self._with_lists())
            self._engine.take_over()
        self._lists_grew = False
        return self._engine

    def _with_lists(self) -> Settings:
        added = (
            ListSpec(f"stream-{action.value}", action, tuple(entries))
            for action, entries in self._entries.items()
        )
        return replace(self._settings, lists=(*self._settings.lists, *added))

    def _is_entry(self, text: str) -> bool:
        try:
            parse_entry(text, self._plan)
        except ValueError:
            return False
        return True

    def _load(self, now: float) -> Load:
        seen = self._seen
        return Load() if seen is None or now - seen.at > LOAD_LASTS_S else self._told

    def _channels(self, seen: Seen) -> int | None:
        """Return the channels in use, of as many as the site has: the rules know no other total."""
        if not seen.channels_in_use or not seen.channels_total:
            return seen.channels_in_use
        return round(seen.channels_in_use * self.site.channels / seen.channels_total)

    def _remember_answer(self, call_id: str) -> None:
        self._answered[call_id] = None
        if len(self._answered) > self._settings.tables.calls:
            self._answered.popitem(last=False)

    def _forget(self, call_id: str) -> None:
        self._answered.pop(call_id, None)
        self._memory.calls.forget(call_id)
