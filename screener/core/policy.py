"""The one place that says a verdict: score, pressure and mode in, `Verdict` out.

Thresholds follow the pressure. An admin's permanent allow beats everything. What would be
challenged and is exempt from it is admitted as it is; what finds no place in the captcha lane is
admitted last in line or told busy (come again), as the settings of the lane say. While the site
is closed nobody gets in but by a permanent allow.
"""

from dataclasses import replace
from functools import lru_cache
from math import inf

from screener.core.lane import NO_PLACE, NUMBER_LANE_FULL
from screener.core.pressure import Pressure
from screener.core.records import record
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

COME_AGAIN = "come-again"
"""Why a caller is told busy whose next call tells more of it than a challenge would."""

OVER_CAPACITY = "over-capacity"
"""The reason of every verdict on who came when more calls came than can be judged."""

_NO_SCORE = Score(0.0, 0.0, ())

_CALL_AGAIN = NO_PLACE | {COME_AGAIN}
_TOLERATED = 2.0
"""Points against a caller that cost no place in line: a new, withheld number has them."""

_FULL = Level.FULL
_CHALLENGE = Action.CHALLENGE
"""Looked up once: a member of an enumeration by its name takes 0.15 us in Python 3.11."""

REMEMBERED = 2_048
"""Answers kept: most calls score like others before them, and are ruled alike (1 MB, reckoned)."""


@record
class Verdict:
    """What is done with a call and everything that explains it.

    `action` takes effect; `would` is what enforcing every signal would have done. `priority`
    is 0-10, larger is served sooner; `treatment` and `sip_code` say how a drop is refused (the
    code is 0 unless the treatment is refuse). `reasons` are names, strongest first. Of a challenge
    `once_passed` is the priority after it, and `no_key` says that who presses no key but stays
    may wait last in line.
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
    once_passed: int = 0
    no_key: bool = False


@record
class Circumstances:
    """What besides the score bears on a verdict.

    `unasked` is why the caller cannot be challenged: `EXEMPT`, or one of `lane.NO_PLACE`; empty
    where it can be. `alert` says that some crowd swells, `flooded` that the operators could not
    take all calls like this one, `futile` that they could not even if all who pass were let in:
    then a caller who was not told to call again yet is. `pass_worth` is what a pass is worth.
    """

    pressure: Pressure
    unasked: str = ""
    always_allowed: bool = False
    malformed: bool = False
    paused: bool = False
    closed: bool = False
    flooded: bool = False
    futile: bool = False
    pass_worth: float = 0.0


@record
class _Ruling:
    action: Action
    cause: str
    last_in_line: bool = False


_ADMITTED = _Ruling(Action.ADMIT, "score")
_CHALLENGED = _Ruling(Action.CHALLENGE, "score")
_DROPPED = _Ruling(Action.DROP, "score")


_Seen = tuple[Level, bool, str, bool, bool, bool, bool, bool, bool, float]
"""`_Grounds`, field by field: quicker made and hashed."""


@record
class _Grounds:
    """Of the circumstances, what a verdict follows from."""

    level: Level
    no_room_behind: bool
    unasked: str
    always_allowed: bool
    malformed: bool
    paused: bool
    closed: bool
    flooded: bool
    futile: bool
    pass_worth: float


@record
class _Settled:
    """What follows from a score and its grounds, and from nothing else."""

    action: Action
    would: Action
    priority: int
    reasons: tuple[str, ...]
    treatment: Treatment | None
    sip_code: int
    once_passed: int
    no_key: bool


@record
class _Settling:
    """A score and its grounds, and what follows from them."""

    score: Score
    grounds: _Seen
    settled: _Settled


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
        self._last: _Settling | None = None
        self._other: _Settling | None = None
        """Those of the last two: most calls are like one of them."""
        self._worth = self._rounded = 0.0

    def rank_to_ask(self, score: Score, level: Level, *, malformed: bool) -> float | None:
        """Return the score with which a caller who may be challenged is, lower is better, or None.

        Nothing good is known of who tampers with the wire, so such a caller ranks last.
        """
        if malformed:
            return inf if self._settings.malformed is _CHALLENGE else None
        if self._rule_by_score(score.total, score.crowd, level).action is _CHALLENGE:
            return score.total
        if self._rule_by_score(score.would, score.crowd_would, level).action is _CHALLENGE:
            return score.would
        return None

    def judge(self, score: Score, seen: Circumstances) -> Verdict:
        """Return the verdict on a call."""
        pressure = seen.pressure
        if seen.pass_worth != self._worth:
            self._worth, self._rounded = seen.pass_worth, float(round(seen.pass_worth))
        grounds: _Seen = (
            pressure.level,
            has_no_room_behind(pressure),
            seen.unasked,
            seen.always_allowed,
            seen.malformed,
            seen.paused,
            seen.closed,
            seen.flooded,
            seen.futile,
            self._rounded,
        )
        settled = self._settled(score, grounds)
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
            settled.once_passed,
            settled.no_key,
        )

    def turn_away(self, pressure: Pressure) -> Verdict:
        """Return the verdict on a call that there is no time to judge: come again."""
        return Verdict(
            *(Action.DROP, Action.DROP, 0, (OVER_CAPACITY,), _NO_SCORE, pressure),
            self._settings.thresholds[pressure.level],
            *(self._mode, self._config_hash, Treatment.BUSY),
        )

    def _settled(self, score: Score, grounds: _Seen) -> _Settled:
        # To see that it is one of these two takes far less than to look among all remembered.
        last = self._last
        if last is not None and last.score is score and last.grounds == grounds:
            return last.settled
        other = self._other
        if other is None or other.score is not score or other.grounds != grounds:
            other = _Settling(score, grounds, self._remembered(score, grounds))
        self._other = last
        self._last = other
        return other.settled

    def _settle(self, score: Score, grounds: _Seen) -> _Settled:
        seen = _Grounds(*grounds)
        would = self._rule(score.would, score.crowd_would, seen)
        done = would if score.total == score.would else self._rule(score.total, score.crowd, seen)
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
        treatment = None
        if done.action is Action.DROP:
            treatment = self._treatment(score.total - score.crowd, done)
        return _Settled(
            done.action,
            would.action,
            self._priority(score, done),
            tuple(dict.fromkeys(reasons)),
            treatment,
            self._settings.refuse_code if treatment is Treatment.REFUSE else 0,
            self._priority_once_passed(score, seen),
            not (seen.flooded or seen.no_room_behind),
        )

    def _observe(self, score: Score, seen: _Grounds) -> _Ruling:
        """Return what takes effect where only signals that are enforced by themselves do."""
        if seen.malformed or not score.enforced:
            return _Ruling(Action.ADMIT, "observe")
        done = self._rule(score.total, score.crowd, replace(seen, closed=False))
        if seen.closed and done.action is Action.ADMIT and not seen.always_allowed:
            return _Ruling(Action.ADMIT, "observe")
        return done

    def _rule(self, total: float, crowd: float, seen: _Grounds) -> _Ruling:
        if seen.always_allowed:
            return _Ruling(Action.ADMIT, "always-allowed")
        if seen.closed:
            return _Ruling(Action.DROP, CLOSED)
        if seen.malformed:
            ruling = _Ruling(self._settings.malformed, MALFORMED)
        else:
            ruling = self._rule_by_score(total, crowd, seen.level)
        if ruling.action is Action.CHALLENGE:
            if seen.futile and self._settings.come_again and seen.unasked != EXEMPT:
                return _Ruling(Action.DROP, COME_AGAIN)
            if seen.unasked:
                own = self._settings.thresholds[seen.level].challenge
                suspect = seen.malformed or total - crowd >= own
                return self._rule_unasked(seen, suspect=suspect)
        return ruling

    def _rule_by_score(self, total: float, crowd: float, level: Level) -> _Ruling:
        """Rule by the score; nobody is dropped for what others like it do, only challenged."""
        thresholds = self._settings.thresholds[level]
        if total - crowd >= thresholds.drop:
            return _DROPPED
        return _ADMITTED if total < thresholds.challenge else _CHALLENGED

    def _rule_unasked(self, seen: _Grounds, *, suspect: bool) -> _Ruling:
        if seen.unasked == EXEMPT:
            return _Ruling(Action.ADMIT, EXEMPT)
        # A number that is being asked already may come again soon; a flood may not walk in past it.
        # Nor may a true rush turn away who is only in a crowd that seems a little large.
        crowded = (
            (seen.no_room_behind and suspect) or seen.flooded or seen.unasked == NUMBER_LANE_FULL
        )
        if self._when_full is Overflow.BUSY or (self._when_full is Overflow.FOLLOW and crowded):
            return _Ruling(Action.DROP, seen.unasked)
        return _Ruling(Action.ADMIT, seen.unasked, last_in_line=True)

    def _treatment(self, own: float, ruling: _Ruling) -> Treatment:
        if ruling.cause == CLOSED:
            return self._when_closed
        # A redial is informative and a wrong busy costs a caller least, so only a score that no
        # honest caller reaches is refused for good.
        if ruling.cause not in _CALL_AGAIN and own >= self._settings.refuse_from:
            return self._settings.refuse_with
        return Treatment.BUSY

    def _priority(self, score: Score, ruling: _Ruling) -> int:
        if ruling.action is Action.DROP or ruling.last_in_line:
            return 0
        if ruling.cause == "always-allowed":
            return TOP_PRIORITY
        return self._place(score.total, score.crowd)

    def _priority_once_passed(self, score: Score, seen: _Grounds) -> int:
        left = max(score.crowd - seen.pass_worth, 0.0)
        return self._place(score.total - score.crowd + left, left)

    def _place(self, total: float, crowd: float) -> int:
        if self._settings.doubted_last:
            return priority_of(total, crowd=crowd)
        return priority_of(total - crowd)


def has_no_room_behind(pressure: Pressure) -> bool:
    """Say whether queue or trunk are full, so that nobody more can wait there."""
    return pressure.level is _FULL and max(pressure.queue, pressure.channels) >= 1.0


def _strongest(score: Score, *, would: bool) -> tuple[str, ...]:
    counted = [part for part in score.signals if part.points and (would or part.counts)]
    counted.sort(key=lambda part: -abs(part.points))
    return tuple(part.name for part in counted)


def priority_of(total: float, *, crowd: float = 0.0) -> int:
    """Return the place in line that a score earns by itself, from 1 to 10.

    Nobody is served before others but for what speaks against those: strict priority for the known
    would starve new callers on a full day. Who may as well be part of an attack waits behind all.
    """
    own = min(max(round(MIDDLE_PRIORITY + _TOLERATED - total + crowd), 1), MIDDLE_PRIORITY)
    if crowd <= 0.0:
        return own
    return min(max(round(4.0 - total / 2.5), 1), MIDDLE_PRIORITY - 1, own)
