"""What other settings would have done with a recorded call: its points at each level of pressure.

The points are those recorded; thresholds, caps, modes and treatments are the configuration's of
now, and the verdict is `core.policy`'s own. Points that other weights would give, and a lane or a
crowd as it was then, are not known from one call: that is what a replay is for.
"""

from dataclasses import dataclass
from typing import Any

from screener.core.policy import CLOSED, EXEMPT, MALFORMED, Circumstances, Policy
from screener.core.pressure import Pressure
from screener.core.score import add_up
from screener.core.settings import Level, Mode, Settings
from screener.core.signals import DENIED_TRUNK, DENY_LIST, Signal, takes_effect

_VALUE_AT = {Level.CALM: 0.0, Level.RISING: 0.5, Level.FULL: 1.0}
_LIMIT = "limit:"
_UNJUDGED = {"screener-error", "imported"}


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A verdict that was not said: in the configuration's `mode`, and if all were enforced.

    `was` marks the level that the call met; `treatment` is of the enforced verdict, empty unless
    that is a drop.
    """

    level: str
    was: bool
    challenge_from: float
    drop_from: float
    score: float
    verdict: str
    enforced: str
    treatment: str


def verdicts_at_levels(call: dict[str, Any], settings: Settings) -> list[Otherwise]:
    """Return what the settings would say of the call at each level, none where it has no score."""
    if call["score"] is None or _UNJUDGED & set(call["reasons"]):
        return []
    score = add_up([_signal(part, settings) for part in call["signals"]], settings.groups)
    sure = score._replace(total=score.would, crowd=score.crowd_would)
    now, enforcing = _policy(settings, settings.mode), _policy(settings, Mode.ENFORCE)
    found = []
    for level in Level:
        seen = _circumstances(call, level)
        verdict, enforced = now.judge(score, seen), enforcing.judge(sure, seen)
        found.append(
            Otherwise(
                level.value,
                level.value == call["pressure"],
                verdict.thresholds.challenge,
                verdict.thresholds.drop,
                score.would,
                verdict.action.value,
                enforced.action.value,
                enforced.treatment.value if enforced.treatment else "",
            )
        )
    return found


def _signal(part: dict[str, Any], settings: Settings) -> Signal:
    name = part["name"]
    modes = {limit.name: limit.mode for limit in settings.limits}
    spec = settings.signals.get(DENY_LIST if name == DENIED_TRUNK else name)
    own = modes.get(name.removeprefix(_LIMIT), Mode.INHERIT) if spec is None else spec.mode
    counts = takes_effect(own, settings.mode)
    return Signal(name, part["group"], part["points"], part["reason"], counts)


def _policy(settings: Settings, mode: Mode) -> Policy:
    return Policy(
        settings.policy,
        mode,
        settings.config_hash,
        when_full=settings.captcha.when_full,
        when_closed=settings.hours.when_closed,
    )


def _circumstances(call: dict[str, Any], level: Level) -> Circumstances:
    reasons = set(call["reasons"])
    return Circumstances(
        Pressure(level, _VALUE_AT[level]),
        unasked=EXEMPT if EXEMPT in reasons else "",
        always_allowed="always-allowed" in reasons,
        malformed=MALFORMED in reasons,
        closed=CLOSED in reasons,
    )
