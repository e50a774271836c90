"""The signals: from the evidence on a call to named, weighed findings.

A `SignalBook` weighs under one set of settings. What it finds is the same few findings over and
over, so each is weighed once and shared; only those that vary with a caller are made anew.
Adding them up is `score`'s business.
"""

from typing import NamedTuple

from screener.core.call import Attestation, Call
from screener.core.crowds import CrowdView
from screener.core.limits import Exceeded
from screener.core.lists import ListAction, ListHit
from screener.core.number import CallerClass
from screener.core.reputation import Standing, decayed, is_blocked, is_known, passed_lately
from screener.core.review import TRUNK_MARK
from screener.core.settings import Mode, Settings

DENY_LIST, DENIED_TRUNK = "deny-list", "denied-trunk"
"""A denied trunk is told apart from a denied number, and weighs and counts the same."""

WORTH_NAMING = 0.5
"""How much of one served call, or of one failed challenge, must be left to speak of it."""

_STEPS = 4.0
"""Points of a crowd are told in steps of a quarter."""
_USUAL_RETURN_WORTH = 0.4
"""What a call after busy is worth where no crowd swells: it ranks, and lets no flood in."""
_TELLING_PASS = 1.5
"""From this worth on who has passed a challenge is no longer judged by the crowd."""

_CLASS_SIGNALS = {
    CallerClass.WITHHELD: ("withheld", "the caller withholds the number"),
    CallerClass.ANONYMOUS: ("withheld", "the trunk sends no number, by the caller's wish"),
    CallerClass.ABSENT: ("no-number", "the call carries no number"),
    CallerClass.JUNK: ("junk-number", "the caller id is no telephone number"),
    CallerClass.UNALLOCATED: ("unallocated-number", "no one can have this number"),
    CallerClass.SHORT: ("short-number", "a number too short to call back from outside"),
}

_ATTESTATION_SIGNALS = {
    Attestation.FULL: ("attestation-a", "the carrier knows the caller and the number"),
    Attestation.PARTIAL: ("attestation-b", "the carrier knows the caller, not the number"),
    Attestation.GATEWAY: ("attestation-c", "the carrier only passes the call on"),
    Attestation.FAILED: ("attestation-failed", "the signature did not verify"),
}

_HISTORY_SIGNALS = {
    "new-caller": "no earlier call of this number is known",
    "credit-lapsed": "calls faster than one caller would",
    "known-caller": "served on several days",
    "known-elsewhere": "came in by another trunk before",
    "served-before": "an operator has talked with this number",
    "passed-challenge": "passed a challenge lately",
}


class Signal(NamedTuple):
    """One finding: its points (positive = unwanted) and the reason in words.

    `counts` says whether it takes effect; in observe mode it is only recorded. The reason never
    holds caller data.
    """

    name: str
    group: str
    points: float
    reason: str
    counts: bool = True


def takes_effect(own: Mode, overall: Mode) -> bool:
    """Say whether a mode enforces, where `inherit` follows the overall one."""
    return (overall if own is Mode.INHERIT else own) is Mode.ENFORCE


class SignalBook:
    """All signals as one set of settings weighs them; raises KeyError where one is not weighed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._of_class = {
            kind: self._weighed(name, "number", reason)
            for kind, (name, reason) in _CLASS_SIGNALS.items()
        }
        self._of_attestation = {
            level: self._weighed(name, "attestation", reason)
            for level, (name, reason) in _ATTESTATION_SIGNALS.items()
        }
        self._of_history = {
            name: self._weighed(name, "history", reason)
            for name, reason in _HISTORY_SIGNALS.items()
        }
        self._new_caller = self._of_history["new-caller"]
        self._swollen: dict[float, Signal] = {}
        # Those of the last two crowds: their doubt is reckoned anew once a second only.
        self._points = self._other_points = 0.0
        self._last_swollen = self._other_swollen = self._new_caller
        self._held = self._weighed(
            "held-operators", "crowd", "callers queue though no more come than usual"
        )
        self._blocked = self._weighed(
            "challenge-block", "challenges", "failed too many challenges, for a while"
        )

    def gather(
        self,
        call: Call,
        list_hit: ListHit | None = None,
        exceeded: tuple[Exceeded, ...] = (),
        standing: Standing | None = None,
        *,
        redials: bool = False,
        crowd: CrowdView | None = None,
    ) -> tuple[Signal, ...]:
        """Return what speaks for and against a call: lists, number, carrier, history, limits.

        `redials` says that the caller was told busy and calls again as people do; `crowd` is what
        callers alike do.
        """
        found: list[Signal] = []
        if list_hit is not None:
            found.append(self._listed(list_hit))
        of_class = self._of_class.get(call.caller.kind)
        if of_class is not None:
            found.append(of_class)
        attested = self._of_attestation.get(call.attestation)
        if attested is not None:
            found.append(attested)
        if call.caller.identity:
            if standing is None:
                found.append(self._new_caller)
            else:
                found += self._history(call, standing, exceeded)
            if redials and not is_too_fast(exceeded):
                found.append(self._redial(crowd))
        if crowd is not None and (crowd.points > 0.0 or crowd.held):
            self._of_crowd(found, call, crowd, standing, exceeded)
        if exceeded:
            found += [self._over_limit(one) for one in exceeded]
        return tuple(found)

    def _weighed(self, name: str, group: str, reason: str, *, times: float = 1.0) -> Signal:
        spec = self._settings.signals[name]
        counts = takes_effect(spec.mode, self._settings.mode)
        return Signal(name, group, spec.points * times, reason, counts)

    def _listed(self, hit: ListHit) -> Signal:
        if hit.entry.startswith(TRUNK_MARK):
            weighed = self._weighed(DENY_LIST, "lists", "its trunk is denied for a while")
            reason, counts = weighed.reason, weighed.counts
            return Signal(DENIED_TRUNK, weighed.group, weighed.points, reason, counts)
        name = "allow-list" if hit.action is ListAction.ALLOW else DENY_LIST
        return self._weighed(name, "lists", f"on the list {hit.list_name}")

    def _redial(self, crowd: CrowdView | None) -> Signal:
        worth = _USUAL_RETURN_WORTH
        if crowd is not None and crowd.points > 0.0:
            worth = round(crowd.return_worth * _STEPS) / _STEPS
        return self._weighed(
            *("redial-after-busy", "history", "was told busy, and calls again as people do"),
            times=worth,
        )

    def _of_crowd(
        self,
        found: list[Signal],
        call: Call,
        crowd: CrowdView,
        standing: Standing | None,
        exceeded: tuple[Exceeded, ...],
    ) -> None:
        """Add that the caller's crowd swells, unless it has passed a challenge that tells."""
        if (
            standing is not None
            and (crowd.pass_worth >= _TELLING_PASS or crowd.points <= 0.0)
            and not is_too_fast(exceeded)
            and passed_lately(standing, self._settings.reputation, call.arrived_at)
        ):
            return
        if crowd.points > 0.0:
            if crowd.points != self._points:
                self._take(crowd.points)
            found.append(self._last_swollen)
        if crowd.held:
            found.append(self._held)

    def _take(self, points: float) -> None:
        """Put the signal of a crowd of so many points where that of the call before was."""
        found = self._other_swollen if points == self._other_points else self._swells(points)
        self._other_points = self._points
        self._other_swollen = self._last_swollen
        self._points = points
        self._last_swollen = found

    def _swells(self, points: float) -> Signal:
        # In steps, so that sums and verdicts of calls alike are remembered.
        times = round(points * _STEPS) / _STEPS
        swollen = self._swollen.get(times)
        if swollen is None:
            name, reason = "swollen-crowd", "far more calls like this one than usual"
            swollen = self._swollen[times] = self._weighed(name, "crowd", reason, times=times)
        return swollen

    def _history(
        self, call: Call, standing: Standing, exceeded: tuple[Exceeded, ...]
    ) -> list[Signal]:
        """Say what earlier calls of this number came to.

        Trust in a number lapses while it calls faster than its limits allow: then somebody else
        may be using it (a known-good number at an impossible rate loses its credit).
        """
        now, settings, signals = call.arrived_at, self._settings.reputation, self._of_history
        found: list[Signal] = []
        standing = decayed(standing, settings, now)
        too_fast = is_too_fast(exceeded)
        if too_fast:
            found.append(signals["credit-lapsed"])
        elif is_known(standing, settings, now):
            found.append(signals["known-caller"])
            if standing.trunk and call.trunk and standing.trunk != call.trunk:
                found.append(signals["known-elsewhere"])
        elif standing.good >= WORTH_NAMING:
            found.append(signals["served-before"])
        if not too_fast and passed_lately(standing, settings, now):
            found.append(signals["passed-challenge"])
        if standing.bad >= WORTH_NAMING:
            found.append(
                self._weighed(
                    *("failed-challenges", "challenges", "failed challenges lately"),
                    times=standing.bad,
                )
            )
        if standing.blocked_until and is_blocked(standing, settings, now):
            found.append(self._blocked)
        return found

    def _over_limit(self, found: Exceeded) -> Signal:
        spec = found.limit
        return Signal(
            f"limit:{spec.name}",
            "limits",
            spec.points,
            f"more than {found.window.calls} calls in {found.window.per:g} s",
            takes_effect(spec.mode, self._settings.mode),
        )


def is_too_fast(exceeded: tuple[Exceeded, ...]) -> bool:
    """Say whether a limit on the caller's own number is used up."""
    return bool(exceeded) and any(one.counts_number for one in exceeded)
