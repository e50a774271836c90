"""The crowds of all calls: counted, their usual share learned, and what they say of a call.

Each call belongs to a few crowds: by what is known of its caller (`who`), by attestation, trunk
and called number, by `who`, attestation and trunk together, and by the number's prefix. Prefixes
are as many as attackers like and kept in a bounded table; the others are few. A new number whose
prefix swells is somebody of its own kind (`CROWDED`), so that its neighbours do not suffer.

What is usual is learned from every call while no crowd swells and no more come than usual. While
one does only who was served teaches, a little: an attack does not become usual while it lasts, and
a change for good does in days.
"""

from dataclasses import dataclass, field
from math import sqrt

from screener.core import worth
from screener.core.call import Call
from screener.core.crowd import KNOWN, Crowd, Fading
from screener.core.crowd_kinds import Kinds
from screener.core.demand import (
    BY_ATTESTATION,
    BY_DID,
    BY_PREFIX,
    BY_TRUNK,
    BY_WHO,
    NO_DOUBT,
    PRIOR_KNOWN,
    Belief,
    Demand,
    Doubt,
    doubt_of,
    key_of,
    look_around,
    share_of,
    who_in,
)
from screener.core.records import record
from screener.core.settings import CrowdSettings, Site
from screener.core.swelling import LEAST_EXPECTED, Share, excess, expected, log_odds
from screener.core.tables import Table

CROWDED = "crowded-prefix"
MOST_FRESH = 2_000
"""Prefixes that other edges are told of at once; calls of more are this edge's alone."""

_STALE_S = 20.0
_STALE_CALLS = 24
"""How old the estimate of the demand may be: it takes as long as some ten decisions."""
_LEAST_SPARE = 0.1
"""Share of the operators that is taken to be free for doubtful calls at least."""
_LEAST_PEOPLE = 0.02
"""Share of the operators that the people of swollen crowds are taken to need at least."""
_BELIEVED = 0.5
"""Share of what the operators can take that is believed to come before any call was seen."""
_INFESTED = 0.85
"""Share of challenges passed below which there are machines in a crowd."""
_NO_RUSH = 1.35
"""Up to so many times what the operators can take, people alone do not explain a queue."""
_SURE_HELD = 0.4
"""Standard deviations that chance is allowed in callers above their share while others queue."""
_SURE_PASSES = 1.6
"""Standard deviations that chance is allowed in counting those who pass."""
_LEAST_ASKED = 12.0
"""From so many challenges on it is believed how many of a crowd pass."""
_MOST = 1.5
"""So many times what the operators can take come at most, where nothing tells people apart."""
_DAY_S = 36_000.0
"""A center with as many customers known as it has calls in ten hours knows its callers."""
_SERVED_TEACHES = 0.1
"""What a served call teaches of what is usual while some crowd swells, and others teach nothing."""
_FEWEST_NEIGHBOURS = 2.0
"""Earlier calls of a prefix below which no excess of it can be sure."""
_DID_BOUND = 3.0
"""Called numbers make a call at most so many points likelier, or less likely, unwanted."""


@dataclass(slots=True)
class CrowdMemory:
    """What is counted; it outlives the settings. `prefixes` is bounded, `few` by `MOST_CROWDS`.

    `customers` is how many callers became known so far. `fresh` are calls by prefix that other
    edges were not told of, None where there are no others.
    """

    prefixes: Table[Crowd]
    few: dict[str, Crowd] = field(default_factory=dict)
    all: Crowd = field(default_factory=Crowd)
    customers: int = 0
    fresh: dict[str, Crowd] | None = None


@record
class CrowdView:
    """What its crowds say of a call.

    `who` is the caller's kind, `key` the crowd in which challenges and busy tones count. `points`
    is how much likelier than usual the call is unwanted, 0 where nothing swells. `pass_worth` and
    `return_worth` are what a passed challenge and a call after a busy tone are worth there;
    `bearable` is the score up to which the operators can take all of the crowds under attack.
    `alert` says that some crowd swells, `futile` that more of this one would pass challenges than
    people and operators explain, `held` that such callers may hold the operators.
    """

    who: str
    key: str
    points: float = 0.0
    pass_worth: float = 0.0
    return_worth: float = 0.0
    bearable: float = 0.0
    alert: bool = False
    futile: bool = False
    held: bool = False


_NO_CROWD = Crowd()


class CrowdBook:
    """Reads and counts crowds under one set of settings; made without touching the memory."""

    def __init__(self, settings: CrowdSettings, site: Site, memory: CrowdMemory) -> None:
        self._settings = settings
        self._memory = memory
        self._capacity = site.operators / site.mean_service
        # What was last estimated, and what follows from it until it is estimated anew.
        self._demand: Demand | None = None
        self._since = 0
        self._spare = self._bearable = 0.0
        self._fading = Fading(settings)
        self._by_did: dict[tuple[str, str], float] = {}
        self._estimates = 0
        self._kinds = Kinds(memory.few, self._fading)
        # The crowd of the prefix that was looked for last, until it is counted.
        self._prefix, self._prefix_key = "", ""
        self._of_prefix: Crowd | None = None

    @property
    def demand(self) -> Demand | None:
        """The demand as last estimated, None before the first call."""
        return self._demand

    def look(self, call: Call, who: str, *, queueing: bool = False) -> CrowdView:
        """Return what its crowds say of a call; leaves no trace but a fresher estimate.

        `queueing` says that more callers queue than chance brings: where no more people come
        than the operators can take, somebody holds those.
        """
        now = call.arrived_at
        demand = self._look_around(now)
        who = self._who(call, who, demand)
        kind = self._kinds.find(call, who)
        key = kind.key
        if not self._settings.learn:
            return CrowdView(who, key)
        swollen = demand.swollen
        doubt = swollen.get(key) or self._doubt(key, demand)
        of_who = swollen.get(kind.of_who)
        if of_who is not None and of_who.outweighs(doubt):
            doubt = of_who
        alert = bool(swollen)
        held = queueing and who != KNOWN and self._is_held(who, demand)
        if doubt.points <= 0.0:
            futile = held and self._is_infested(kind.of_who)
            return CrowdView(who, key, alert=alert, futile=futile, held=held)
        if kind.estimate != self._estimates:
            kind.estimate, kind.points = self._estimates, self._points_of_did(call, who, demand)
        points = doubt.points + kind.points
        crowd = self._memory.few.get(key) or _NO_CROWD
        settings = self._settings
        return CrowdView(
            who,
            key,
            min(max(points, 0.0), settings.most),
            worth.of_pass(crowd.asked, crowd.passed, doubt.people),
            worth.of_return(crowd.busied, crowd.returned, doubt.people, settings.redial_share),
            self._bearable,
            alert,
            self._is_futile(crowd, doubt, demand) or (held and self._is_infested(kind.of_who)),
            held,
        )

    def count(self, call: Call, view: CrowdView, *, usual: bool) -> None:
        """Count a call that came, as it was looked at; `usual` says that no more come than can."""
        now, memory, fading = call.arrived_at, self._memory, self._fading
        who = view.who
        self._since += 1
        # An attack must not become usual: while it lasts only who was served teaches.
        lesson = 1.0 if usual and not view.alert else 0.0
        memory.all.fade(fading, now)
        memory.all.usual += lesson
        for crowd in self._kinds.crowds_of(call, who):
            crowd.called(fading, now, lesson)
        if who != KNOWN and call.caller.prefix:
            of_prefix = self._crowd_of_prefix(call.caller.prefix)
            key, crowd = self._prefix_key, of_prefix or Crowd(now)
            self._prefix = ""
            crowd.called(fading, now, lesson)
            if of_prefix is None:
                memory.prefixes.put(key, crowd)
            if (fresh := memory.fresh) is not None and len(fresh) < MOST_FRESH:
                fresh.setdefault(key, Crowd(now)).called(fading, now, lesson)

    def counted_elsewhere(self, calls: float) -> None:
        """Take it that so many calls were counted by other edges: the estimate ages by them."""
        self._since += int(calls)

    def _crowd_of_prefix(self, prefix: str) -> Crowd | None:
        """Return the crowd of a prefix, which is counted right after it was looked at."""
        if prefix != self._prefix:
            self._prefix, self._prefix_key = prefix, BY_PREFIX + prefix
            self._of_prefix = self._memory.prefixes.get(self._prefix_key)
        return self._of_prefix

    def challenged(self, key: str, *, passed: bool, now: float) -> None:
        """Count how a challenge ended, for the crowd that the call was in."""
        for one in (key, BY_WHO + who_in(key)):
            crowd = self._kinds.crowd(one, now)
            crowd.asked += 1.0
            crowd.passed += passed

    def served(self, key: str, now: float) -> None:
        """Learn from a caller whom an operator talked with, of the crowd of that key."""
        if self._demand is None or not self._demand.swollen:
            return
        who, attestation, trunk = key[1:].split("\x1f")
        for one in (BY_WHO + who, BY_ATTESTATION + attestation, BY_TRUNK + trunk, key):
            self._kinds.crowd(one, now).usual += _SERVED_TEACHES
        self._memory.all.usual += _SERVED_TEACHES

    def busied(self, key: str, now: float) -> None:
        """Count a caller who was told busy, and not lately before."""
        self._kinds.crowd(key, now).busied += 1.0

    def returned(self, key: str, now: float) -> None:
        """Count a caller who called again soon after the first busy tone."""
        self._kinds.crowd(key, now).returned += 1.0

    def _doubt(self, key: str, demand: Demand) -> Doubt:
        """Return the doubt about a joint crowd with one more call."""
        if demand.usual_calls < self._settings.least_taught:
            return NO_DOUBT
        crowd = self._memory.few.get(key)
        if crowd is None:
            return NO_DOUBT
        one = share_of(key, crowd, crowd.fast + 1.0, demand.usual_calls, demand.known)
        # Not counting the call at hand: it alone is no crowd, whatever there was before.
        if crowd.fast <= self._settings.still * expected(one, demand.fast):
            return NO_DOUBT
        slow = Share(crowd.slow + 1.0, one.usual, one.taught_by)
        lenient = worth.leniency(crowd.asked, crowd.passed)
        return doubt_of(one, slow, demand, key, self._settings, lenient)

    def _points_of_did(self, call: Call, who: str, demand: Demand) -> float:
        """Return the same for all calls to that number until the next estimate."""
        points = self._by_did.get((who, call.did))
        if points is None:
            points = self._by_did[who, call.did] = self._of_did(call, who, demand)
        return points

    def _of_did(self, call: Call, who: str, demand: Demand) -> float:
        """Return how much more, or less, than its kind's other numbers the called one swells."""
        key, of_who = key_of(BY_DID, who, call.did), BY_WHO + who
        few = self._memory.few
        here, whole = few.get(key), few.get(of_who)
        if here is None or whole is None or here.slow >= 0.95 * whole.slow:
            return 0.0
        parts = []
        for name, crowd in ((key, here), (of_who, whole)):
            one = share_of(name, crowd, crowd.slow, demand.usual_calls, demand.known)
            usual = expected(one, demand.slow)
            parts.append((max(one.calls - usual, 0.1 * usual), usual))
        points = log_odds(*parts[0]) - log_odds(*parts[1])
        return min(max(points, -_DID_BOUND), _DID_BOUND)

    def _spare_in(self, demand: Demand) -> float:
        """Return how many doubtful calls the operators may take, 1/s."""
        settings, capacity = self._settings, self._capacity
        free = max(capacity - demand.slow.calls / settings.slow, _LEAST_SPARE * capacity)
        return settings.spare_share * free

    def _bearable_score(self, demand: Demand) -> float:
        people = max(demand.swollen_per_s, _LEAST_PEOPLE * self._capacity)
        return self._settings.even_odds + log_odds(self._spare, people)

    def _is_held(self, who: str, demand: Demand) -> bool:
        """Say whether a queue is no rush of people, and may be the doing of such callers."""
        if demand.slow.calls > _NO_RUSH * self._capacity * self._settings.slow:
            return False
        key = BY_WHO + who
        crowd = self._memory.few.get(key)
        if crowd is None:
            return True
        one = share_of(key, crowd, crowd.slow, demand.usual_calls, demand.known)
        return excess(one, demand.slow, _SURE_HELD) > 0.0

    def _is_infested(self, key: str) -> bool:
        """Say whether surely fewer of a crowd pass challenges than people would."""
        crowd = self._memory.few.get(key)
        if crowd is None or crowd.asked < _LEAST_ASKED:
            return False
        return crowd.passed + _SURE_PASSES * sqrt(crowd.passed) < _INFESTED * crowd.asked

    def _is_futile(self, crowd: Crowd, doubt: Doubt, demand: Demand) -> bool:
        """Say whether more of a crowd would pass challenges than people and the operators explain.

        How many of those pass who call for the first time is known; here it is taken that all of
        the crowd were asked.
        """
        if crowd.asked < _LEAST_ASKED:
            return False
        calls = crowd.fast / self._settings.fast
        sure = max(crowd.passed - _SURE_PASSES * sqrt(crowd.passed), 0.0)
        passing = sure / crowd.asked * calls
        of_people = worth.MORE_PEOPLE * doubt.people * calls
        part = calls / max(demand.flood_per_s, calls)
        return passing > of_people + part * self._spare

    def _who(self, call: Call, who: str, demand: Demand) -> str:
        if who == KNOWN or not call.caller.prefix:
            return who
        # Looked for anew even if it was just now: a look counts as a use.
        self._prefix = ""
        crowd = self._crowd_of_prefix(call.caller.prefix)
        if crowd is None:
            return who
        crowd.fade(self._fading, call.arrived_at)
        if crowd.slow < _FEWEST_NEIGHBOURS or crowd.fast < LEAST_EXPECTED:
            return who
        key = self._prefix_key
        one = share_of(key, crowd, crowd.fast + 1.0, demand.usual_calls, demand.known)
        slow = Share(crowd.slow + 1.0, one.usual, one.taught_by)
        doubt = doubt_of(one, slow, demand, key, self._settings)
        return CROWDED if doubt.points > 0.0 else who

    def _look_around(self, now: float) -> Demand:
        demand = self._demand
        if demand is None or self._since >= _STALE_CALLS or not 0.0 <= now - demand.at < _STALE_S:
            memory = self._memory
            self._since = 0
            memory.all.fade(self._fading, now)
            for crowd in memory.few.values():
                crowd.fade(self._fading, now)
            known = min(memory.customers / (_DAY_S * self._capacity), 1.0) * PRIOR_KNOWN
            believed = Belief(_BELIEVED * self._capacity, _MOST * self._capacity, known)
            demand = look_around(memory.few, memory.all.usual, believed, self._settings, now)
            self._demand = demand
            self._spare = self._spare_in(demand)
            self._bearable = self._bearable_score(demand)
            self._by_did.clear()
            self._estimates += 1
        return demand
