"""The screening rules put together: one call in, one decision out, and outcomes learned.

`assess` reads and judges without a trace; `decide` also counts what the call was; `learn` takes
what became of it. The engine owns no clock and no storage: tables are handed in and survive a
change of settings. `serve`, and whatever else plays calls, use it through these methods alone.
"""

from screener.core.admission import Admission, goes_first
from screener.core.call import Call, Load
from screener.core.crowd import who_of
from screener.core.crowds import CrowdBook, CrowdView
from screener.core.decision import Decision
from screener.core.hours import OpeningHours
from screener.core.incident_watch import IncidentWatch
from screener.core.lane import LANE_FULL, NUMBER_LANE_FULL, CaptchaLane
from screener.core.limits import Exceeded, LimitBook, Reading
from screener.core.lists import ListAction, ListBook, ListHit
from screener.core.memory import CallNote, Memory
from screener.core.number import CallerId, NumberPlan, withheld_key
from screener.core.outcome import ENDS_OF_CHALLENGE, Event, Outcome
from screener.core.policy import CLOSED, EXEMPT, Circumstances, Policy
from screener.core.pressure import Pressure, PressureGauge, is_queueing
from screener.core.records import record
from screener.core.redial import Busied, busied_again, is_redial
from screener.core.reputation import (
    Standing,
    is_known,
    is_served,
    learned,
    pardoned,
    passed_lately,
    usual_calls,
)
from screener.core.score import Adder, Score
from screener.core.settings import Action, Mode, Settings, Treatment
from screener.core.signals import SignalBook, is_too_fast
from screener.core.usual import UsualArrivals

_BUSY_DAY = 3.0
"""So many times its usual calls a shared number may bring on a busy day."""

_CHALLENGE, _DROP, _BUSY = Action.CHALLENGE, Action.DROP, Treatment.BUSY
_ENFORCE = Mode.ENFORCE
"""Looked up once: a member of an enumeration by its name takes 0.15 us in Python 3.11."""


@record
class _Found:
    """What is known of a call and its caller before it is judged."""

    pressure: Pressure
    reading: Reading
    standing: Standing | None
    busied: Busied | None
    redials: bool
    crowd: CrowdView


class Engine:
    """The rules under one set of settings over one memory."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        """Compile the settings; raises ValueError where a list entry or the region is no such."""
        self.settings = settings
        self.plan = NumberPlan(settings.region, prefix_tail=settings.prefix_tail)
        self._memory = memory
        # In a book of their own: who is exempt may be on an allow or a deny list as well.
        exempt = [spec for spec in settings.lists if spec.action is ListAction.EXEMPT]
        judging = [spec for spec in settings.lists if spec.action is not ListAction.EXEMPT]
        self._lists, self._exempt = ListBook(judging, self.plan), ListBook(exempt, self.plan)
        self._limits = LimitBook(settings.limits, memory.counters)
        self._signals = SignalBook(settings)
        self._adder = Adder(settings.groups)
        self._policy = Policy(
            settings.policy,
            settings.mode,
            settings.config_hash,
            when_full=settings.captcha.when_full,
            when_closed=settings.hours.when_closed,
        )
        self.hours = OpeningHours(settings.hours)
        self.usual: UsualArrivals | None = None
        if settings.hours.learn_arrivals:
            self.usual = UsualArrivals(
                memory.usual, settings.hours, settings.site, self.hours.is_open
            )
        self._gauge = PressureGauge(settings.pressure, settings.site, self.usual)
        self.lane = CaptchaLane(settings.captcha, settings.site)
        self.crowds = CrowdBook(settings.crowds, settings.site, memory.crowds)
        self.incidents, self.admission = IncidentWatch(settings.site), Admission(settings.admission)

    def succeed(self, settings: Settings) -> "Engine":
        """Return an engine under other settings that will go on with this one's memory.

        This one is not touched until the other's `take_over` is called, so that compiling long
        lists can run beside it in another thread.
        """
        successor = Engine(settings, self._memory)
        successor._gauge, successor.lane = self._gauge, self.lane
        successor.incidents, successor.admission = self.incidents, self.admission
        return successor

    def take_over(self) -> None:
        """Put gauge and lane, which outlive the settings, under this engine's."""
        self._gauge.reconfigure(self.settings.pressure, self.settings.site, self.usual)
        self.lane.reconfigure(self.settings.captcha, self.settings.site)
        self.incidents.reconfigure(self.settings.site)
        self.admission.reconfigure(self.settings.admission)

    @property
    def gauge(self) -> PressureGauge:
        """Return what reads the pressure; it outlives the settings."""
        return self._gauge

    def pressure(self, load: Load, now: float) -> Pressure:
        """Return the pressure that a call with such a load would find now, leaving no trace."""
        return self._gauge.read(load, now)

    def assess(
        self,
        call: Call,
        load: Load,
        *,
        pressure: Pressure | None = None,
        malformed: bool = False,
    ) -> Decision:
        """Judge a call as it would be judged now, leaving no trace."""
        found = self._look(call, load, pressure or self.pressure(load, call.arrived_at))
        return self._judge(call, load, found, malformed=malformed)

    def decide(self, call: Call, load: Load, *, malformed: bool = False) -> Decision:
        """Judge a call that has come, and count it."""
        now = call.arrived_at
        if self.admission.is_full(now) and not self.goes_first(call.caller, now):
            self.admission.turn_away(call.caller.identity, self._memory.busied, now)
            return Decision(call, load, self._policy.turn_away(self._gauge.arrived(load, now)))
        self.admission.take(now)
        found = self._look(call, load, self._gauge.arrived(load, now))
        decision = self._judge(call, load, found, malformed=malformed, counted=True)
        verdict = decision.verdict
        self._note(call, found, verdict.action, verdict.would)
        self.incidents.saw(
            decision,
            found.crowd,
            self.crowds.demand,
            self._memory.crowds.few,
            limited=is_too_fast(found.reading.exceeded),
            redials=found.redials,
        )
        if call.caller.identity:
            if found.redials and len(found.busied or ()) == 1:
                self.crowds.returned(found.crowd.key, now)
            # Who finds it closed was not told to call again.
            if verdict.treatment is _BUSY and verdict.reasons[0] != CLOSED:
                self._note_busy(call.caller.identity, found, now)
        return decision

    def goes_first(self, caller: CallerId, now: float) -> bool:
        """Say whether the caller is judged however many come, as all are while none is refused."""
        refusing = self.settings.mode is _ENFORCE and not self._memory.reviews.is_paused(now)
        hit = self._listed(caller, now) or self.exempts(caller, now)
        standing = self._memory.callers.get(caller.identity)
        return not refusing or goes_first(hit, standing, self.settings.reputation, now)

    def _look(self, call: Call, load: Load, pressure: Pressure) -> _Found:
        """Read all that is known of a call and its caller; leaves no trace."""
        identity, memory, now = call.caller.identity, self._memory, call.arrived_at
        standing = busied = None
        redials = False
        if identity:
            standing, busied = memory.callers.get(identity), memory.busied.get(identity)
            redials = busied is not None and is_redial(busied, self.settings.reputation, now)
        who = who_of(call, standing, self.settings.reputation.known_after)
        queueing = is_queueing(load, self.settings.site.operators)
        crowd = self.crowds.look(call, who, queueing=queueing)
        reading = self._limits.look(call, now)
        if reading.exceeded and standing is not None:
            exceeded = self._unusual(reading.exceeded, standing, now)
            reading = Reading(exceeded, reading.entries)
        return _Found(pressure, reading, standing, busied, redials, crowd)

    def _unusual(
        self, exceeded: tuple[Exceeded, ...], standing: Standing, now: float
    ) -> tuple[Exceeded, ...]:
        """Return the limits that are exceeded by more than many people behind one number do."""
        settings = self.settings.reputation
        return tuple(
            one
            for one in exceeded
            if not one.counts_number
            or usual_calls(standing, settings, now, one.window.per) * _BUSY_DAY < one.window.calls
        )

    def _note_busy(self, identity: str, found: _Found, now: float) -> None:
        before = found.busied
        if before is None or now - before[-1] > self.settings.reputation.redial_within:
            self.crowds.busied(found.crowd.key, now)
        self._memory.busied.put(identity, busied_again(before, now))

    def recall(self, call: Call, load: Load, action: Action, would: Action) -> None:
        """Count a call of before a restart, whose verdict is known, as `decide` did then."""
        found = self._look(call, load, self._gauge.arrived(load, call.arrived_at))
        self._note(call, found, action, would)

    def recall_pressure(self, call: Call, load: Load, action: Action, would: Action) -> None:
        """Take of such a call only what no table keeps: the pressure and the captcha lane."""
        self._gauge.arrived(load, call.arrived_at)
        if _CHALLENGE in {action, would}:
            self.lane.take(call.call_id, call.arrived_at, call.caller.counter_key)

    def _note(self, call: Call, found: _Found, action: Action, would: Action) -> None:
        # Who calls again as it was told to must not make its crowd look larger.
        if not found.redials:
            self.crowds.count(call, found.crowd, usual=found.pressure.arrivals <= 0.0)
        # In observe mode the counters follow what enforcing would have done, so that the log
        # shows what an admin would get by switching over.
        if would is not _DROP:
            self._limits.spend(found.reading, call.arrived_at)
        if self.usual is not None and self.hours.is_open(call.arrived_at):
            self.usual.count(call.arrived_at, refused=would is _DROP)
        if would is _CHALLENGE or action is _CHALLENGE:
            self.lane.take(call.call_id, call.arrived_at, call.caller.counter_key)
        if action is not _DROP:  # of a refused call no outcome is told
            # Challenges tell of a crowd only by those who were not picked from it before.
            key = "" if found.redials else found.crowd.key
            note = CallNote(call.caller.identity, call.trunk, key)
            self._memory.calls.put(call.call_id, note)

    def _judge(
        self,
        call: Call,
        load: Load,
        found: _Found,
        *,
        malformed: bool,
        counted: bool = False,
    ) -> Decision:
        hit = self._listed(call.caller, call.arrived_at)
        if hit is None and self._memory.reviews.trunks:
            hit = self._of_trunk(call, found.standing)
        signals = self._signals.gather(
            call,
            hit,
            found.reading.exceeded,
            found.standing,
            redials=found.redials,
            crowd=found.crowd,
        )
        score = self._adder.add_up(signals)
        allowed = hit is not None and hit.overriding
        closed = not self.hours.is_open(call.arrived_at)
        unasked = ""
        # Closed is only what is recorded while observing: a signal enforced by itself still asks.
        asks_nobody = allowed or (closed and self.settings.mode is _ENFORCE)
        rank = (
            None
            if asks_nobody
            else self._policy.rank_to_ask(score, found.pressure.level, malformed=malformed)
        )
        if rank is not None:
            exempt = self.exempts(call.caller, call.arrived_at)
            if exempt is None:
                unasked = self._refusal(call, load, rank, counted=counted)
            else:
                unasked, hit = EXEMPT, hit or exempt
        flooded, futile, worth = _prospects(score, found, identified=bool(call.caller.identity))
        paused = self._memory.reviews.is_paused(call.arrived_at)
        seen = Circumstances(
            found.pressure,
            unasked,
            allowed,
            malformed,
            paused,
            closed,
            flooded,
            futile,
            worth,
        )
        return Decision(call, load, self._policy.judge(score, seen), hit)

    def _refusal(self, call: Call, load: Load, rank: float, *, counted: bool) -> str:
        """Return why the lane has no place for a caller to be challenged, empty where it has."""
        why = self.lane.refusal(call.caller.counter_key, rank, call.arrived_at)
        if not why and self.lane.crowds_trunk(load.channels_in_use):
            why = LANE_FULL
        if counted and why != NUMBER_LANE_FULL:  # one number's crowd says nothing of the rest
            self.lane.candidates.add(rank, call.arrived_at)
        return why

    def exempts(self, caller: CallerId, now: float) -> ListHit | None:
        """Return the list that exempts the caller from every challenge at `now`, or None."""
        return self._exempt.match(caller, now)

    def _listed(self, caller: CallerId, now: float) -> ListHit | None:
        """Return which list speaks: an allow before a deny, a person's word before the file's."""
        reviewed = self._memory.reviews.match(caller, now)
        if reviewed is not None and reviewed.action is ListAction.ALLOW:
            return reviewed
        of_file = self._lists.match(caller, now)
        if reviewed is None or (of_file is not None and of_file.overriding):
            return of_file
        return reviewed

    def _of_trunk(self, call: Call, standing: Standing | None) -> ListHit | None:
        """Return the deny of the call's trunk, None also for who goes first."""
        now, settings = call.arrived_at, self.settings.reputation
        hit = self._memory.reviews.match_trunk(call.trunk, call.caller, now)
        spared = hit is None or goes_first(self.exempts(call.caller, now), standing, settings, now)
        return None if spared else hit

    def report(self, call_id: str, outcome: Outcome, now: float) -> bool:
        """Learn what became of a decided call; return False where the call is not known.

        It was told at `now`, seconds since 1970, which may be after it happened.
        """
        note = self._memory.calls.get(call_id)
        if note is None:
            return False
        if outcome.event in ENDS_OF_CHALLENGE:
            self.lane.free(call_id)
            self.incidents.told(outcome.event)
            if note.crowd:
                passed = outcome.event is Event.CHALLENGE_PASSED
                self.crowds.challenged(note.crowd, passed=passed, now=now)
        elif note.crowd and is_served(outcome, self.settings.reputation):
            self.crowds.served(note.crowd, now)
        if outcome.event in _NOT_PASSED and self.usual is not None:
            self.usual.failed()
        if note.identity:
            self.learn(note.identity, outcome, at=outcome.happened_at(now), trunk=note.trunk)
        return True

    def learn(self, identity: str, outcome: Outcome, *, at: float, trunk: str = "") -> None:
        """Take an outcome of a caller, now or from earlier days, into the reputation."""
        callers, settings = self._memory.callers, self.settings.reputation
        before = callers.get(identity)
        standing = learned(before, outcome, settings, now=at, trunk=trunk)
        if standing is not None:
            self.keep_standing(identity, standing, at)

    def keep_standing(self, identity: str, standing: Standing, now: float) -> None:
        """Keep what is known of a caller at `now`, in the place of what was."""
        callers, settings = self._memory.callers, self.settings.reputation
        before = callers.get(identity)
        callers.put(identity, standing)
        known = is_known(standing, settings, now)
        if known and (before is None or not is_known(before, settings, now)):
            self._memory.crowds.customers += 1
        if known or passed_lately(standing, settings, now):
            callers.protect(identity)

    def counters_of(self, call: Call) -> list[tuple[str, tuple[tuple[int, float], ...]]]:
        """Return the table key of each entry that counts the call, and its (calls, seconds)."""
        return self._limits.counters_of(call)

    def note_of(self, call_id: str) -> CallNote | None:
        """Return what is kept of a decided call until its outcome is told."""
        return self._memory.calls.get(call_id)

    def pardon(self, identity: str) -> list[str]:
        """Forget what limits counted of a caller, and what failed challenges say against it.

        Return the keys of the entries that counted it.
        """
        standing = self._memory.callers.get(identity)
        if standing is not None:
            self._memory.callers.put(identity, pardoned(standing))
        return self._limits.forget_number(identity)

    def forget(self, identity: str) -> list[str]:
        """Forget everything of a caller, as if it had never called; return as `pardon` does."""
        keys = []
        for counter_key in (identity, withheld_key(identity)):
            keys += self._limits.forget_number(counter_key)
            self.lane.forget(counter_key)
        self._memory.callers.forget(identity)
        self._memory.busied.forget(identity)
        for call_id, note in self._memory.calls.entries(protected=False).items():
            if note.identity == identity:
                self._memory.calls.forget(call_id)
        return keys


_NOT_PASSED = frozenset({Event.CHALLENGE_FAILED, Event.CHALLENGE_SILENT})


def _prospects(score: Score, found: _Found, *, identified: bool) -> tuple[bool, bool, float]:
    """Return whether its crowd is a flood, whether to ask is futile, and what a pass is worth.

    Who has no identity would not be known again, so it is asked.
    """
    if score.crowd_would <= 0.0:
        return False, False, 0.0
    crowd = found.crowd
    flooded = crowd.held or score.would > crowd.bearable
    futile = identified and not found.redials and crowd.futile and flooded
    return flooded, futile, crowd.pass_worth
