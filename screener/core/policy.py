"""The one place that says a verdict: score, pressure and mode in, `Verdict` out.

Thresholds follow the pressure. An admin's permanent allow beats everything. What would be
challenged and is exempt from it is admitted as it is; what finds no place in the captcha lane is
admitted last in line or told busy (come again), as the settings of the lane say. While the site
is closed nobody gets in but by a permanent allow.
"""

from functools import lru_cache
from math import inf
from typing import NamedTuple

from screener.core.lane import NO_PLACE, NUMBER_LANE_FULL
from screener.core.pressure import Pressure
from screener.core.score import Score
from screener.core.settings import (
    Action,
    Level,
    Mode,
    Overflow,
    PolicySettings,
    Thresholds,
    Treatment,
)

CLOSED = "closed"
"""The reason of every verdict on who calls while the site is closed, and may not then."""

TOP_PRIORITY = 10
MIDDLE_PRIORITY = 5

EXEMPT = "exempt"
"""Why a caller on an exempt list is not asked."""

MALFORMED = "malformed-caller"

_FULL = Level.FULL
_CHALLENGE = Action.CHALLENGE
"""Looked up once: a member of an enumeration by its name takes 0.15 us in Python 3.11."""

REMEMBERED = 2_048
"""Answers kept: most calls score like others before them, and are ruled alike (1 MB, reckoned)."""


class Verdict(NamedTuple):
    """What is done with a call and everything that explains it.

    `action` takes effect; `would` is what enforcing every signal would have done. `priority`
    is 0-10, larger is served sooner; `treatment` and `sip_code` say how a drop is refused (the
    code is 0 unless the treatment is refuse). `reasons` are names, strongest first.
    """

    action: Action
    would: Action
    priority: int
    reasons: tuple[str, ...]
    score: Score
    pressure: Pressure
    thresholds: Thresholds
    mode: Mode
    config_hash: str
    treatment: Treatment | None = None
    sip_code: int = 0


class Circumstances(NamedTuple):
    """What besides the score bears on a verdict.

    `unasked` is why the caller cannot be challenged: `EXEMPT`, or one of `lane.NO_PLACE`; empty
    where it can be.
    """

    pressure: Pressure
    unasked: str = ""
    always_allowed: bool = False
    malformed: bool = False
    paused: bool = False
    closed: bool = False


class _Ruling(NamedTuple):
    action: Action
    cause: str
    last_in_line: bool = False


class _Grounds(NamedTuple):
    """Of the circumstances, what a verdict follows from."""

    level: Level
    no_room_behind: bool
    unasked: str
    always_allowed: bool
    malformed: bool
    paused: bool
    closed: bool


class _Settled(NamedTuple):
    """What follows from a score and its grounds, and from nothing else."""

    action: Action
    would: Action
    priority: int
    reasons: tuple[str, ...]
    treatment: Treatment | None
    sip_code: int


class Policy:
    """Judges calls under one set of settings."""

    def __init__(
        self,
        settings: PolicySettings,
        mode: Mode,
        config_hash: str,
        *,
        when_full: Overflow = Overflow.FOLLOW,
        when_closed: Treatment = Treatment.ANNOUNCE,
    ) -> None:
        self._settings = settings
        self._when_full = when_full
        self._when_closed = when_closed
        self._mode = mode
        self._config_hash = config_hash
        self._remembered = lru_cache(REMEMBERED)(self._settle)

    def rank_to_ask(self, score: Score, level: Level, *, malformed: bool) -> float | None:
        """Return the score with which a caller who may be challenged is, lower is better, or None.

        Nothing good is known of who tampers with the wire, so such a caller ranks last.
        """
        if malformed:
            return inf if self._settings.malformed is _CHALLENGE else None
        thresholds = self._settings.thresholds[level]
        if thresholds.challenge <= score.total < thresholds.drop:
            return score.total
        if thresholds.challenge <= score.would < thresholds.drop:
            return score.would
        return None

    def judge(self, score: Score, seen: Circumstances) -> Verdict:
        """Return the verdict on a call."""
        pressure = seen.pressure
        grounds = (
            pressure.level,
            has_no_room_behind(pressure),
            seen.unasked,
            seen.always_allowed,
            seen.malformed,
            seen.paused,
            seen.closed,
        )
        settled = self._remembered(score, grounds)
        return Verdict(
            settled.action,
            settled.would,
            settled.priority,
            settled.reasons,
            score,
            pressure,
            self._settings.thresholds[pressure.level],
            self._mode,
            self._config_hash,
            settled.treatment,
            settled.sip_code,
        )

    def _settle(
        self, score: Score, grounds: tuple[Level, bool, str, bool, bool, bool, bool]
    ) -> _Settled:
        seen = _Grounds(*grounds)
        would = self._rule(score.would, seen)
        done = would if score.total == score.would else self._rule(score.total, seen)
        if self._mode is not Mode.ENFORCE:
            done = self._observe(score, seen)
        if seen.paused:
            done = _Ruling(Action.ADMIT, "paused")
        observing = done.cause in {"observe", "paused"}
        cause = would.cause if observing else done.cause
        malformed = (MALFORMED,) if seen.malformed else ()
        reasons = (cause, *malformed, *_strongest(score, would=observing))
        if observing and would.action is not Action.ADMIT:
            reasons = (done.cause, *reasons)
        treatment = self._treatment(score.total, done) if done.action is Action.DROP else None
        return _Settled(
            done.action,
            would.action,
            _priority(score.total, done),
            tuple(dict.fromkeys(reasons)),
            treatment,
            self._settings.refuse_code if treatment is Treatment.REFUSE else 0,
        )

    def _observe(self, score: Score, seen: _Grounds) -> _Ruling:
        """Return what takes effect where only signals that are enforced by themselves do."""
        if seen.malformed or not score.enforced:
            return _Ruling(Action.ADMIT, "observe")
        done = self._rule(score.total, seen._replace(closed=False))
        if seen.closed and done.action is Action.ADMIT and not seen.always_allowed:
            return _Ruling(Action.ADMIT, "observe")
        return done

    def _rule(self, total: float, seen: _Grounds) -> _Ruling:
        if seen.always_allowed:
            return _Ruling(Action.ADMIT, "always-allowed")
        if seen.closed:
            return _Ruling(Action.DROP, CLOSED)
        if seen.malformed:
            ruling = _Ruling(self._settings.malformed, MALFORMED)
        else:
            ruling = self._rule_by_score(total, seen.level)
        if ruling.action is Action.CHALLENGE and seen.unasked:
            return self._rule_unasked(seen)
        return ruling

    def _rule_by_score(self, total: float, level: Level) -> _Ruling:
        thresholds = self._settings.thresholds[level]
        if total >= thresholds.drop:
            return _Ruling(Action.DROP, "score")
        if total < thresholds.challenge:
            return _Ruling(Action.ADMIT, "score")
        return _Ruling(Action.CHALLENGE, "score")

    def _rule_unasked(self, seen: _Grounds) -> _Ruling:
        if seen.unasked == EXEMPT:
            return _Ruling(Action.ADMIT, EXEMPT)
        # A number that is being asked already may come again soon; a flood may not walk in past it.
        crowded = seen.no_room_behind or seen.unasked == NUMBER_LANE_FULL
        if self._when_full is Overflow.BUSY or (self._when_full is Overflow.FOLLOW and crowded):
            return _Ruling(Action.DROP, seen.unasked)
        return _Ruling(Action.ADMIT, seen.unasked, last_in_line=True)

    def _treatment(self, total: float, ruling: _Ruling) -> Treatment:
        if ruling.cause == CLOSED:
            return self._when_closed
        # A redial is informative and a wrong busy costs a caller least, so only a score that no
        # honest caller reaches is refused for good.
        if ruling.cause not in NO_PLACE and total >= self._settings.refuse_from:
            return self._settings.refuse_with
        return Treatment.BUSY


def has_no_room_behind(pressure: Pressure) -> bool:
    """Say whether queue or trunk are full, so that nobody more can wait there."""
    return pressure.level is _FULL and max(pressure.queue, pressure.channels) >= 1.0


def _strongest(score: Score, *, would: bool) -> tuple[str, ...]:
    counted = [part for part in score.signals if part.points and (would or part.counts)]
    counted.sort(key=lambda part: -abs(part.points))
    return tuple(part.name for part in counted)


def _priority(total: float, ruling: _Ruling) -> int:
    if ruling.action is Action.DROP or ruling.last_in_line:
        return 0
    if ruling.cause == "always-allowed":
        return TOP_PRIORITY
    return priority_of(total)


def priority_of(total: float) -> int:
    """Return the place in line that a score earns by itself, from 1 to 10."""
    return min(max(round(MIDDLE_PRIORITY - total), 1), TOP_PRIORITY)
