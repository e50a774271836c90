"""The policy's parts, each as the change of settings that switches it off: for ablation tables.

A part is a name and a function from settings to settings, so that what is compared can be
written in YAML as well. What a part is worth is left to `screener simulate`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from screener.config.sections import unknown
from screener.core.settings import Level, Settings, SignalSpec
from screener.errors import UsageError

Change = Callable[[Settings], Settings]


def without_signals(*names: str) -> Change:
    """Return the change after which these signals weigh nothing."""

    def change(settings: Settings) -> Settings:
        light = {
            name: replace(settings.signals.get(name, SignalSpec(0.0)), points=0.0) for name in names
        }
        return replace(settings, signals={**settings.signals, **light})

    return change


def without_limit(name: str) -> Change:
    """Return the change after which there is no limit of that name."""

    def change(settings: Settings) -> Settings:
        kept = tuple(limit for limit in settings.limits if limit.name != name)
        return replace(settings, limits=kept)

    return change


def _without_limits(settings: Settings) -> Settings:
    return replace(settings, limits=())


def _without_pressure(settings: Settings) -> Settings:
    calm = settings.policy.thresholds[Level.CALM]
    return replace(settings, policy=replace(settings.policy, thresholds=dict.fromkeys(Level, calm)))


def _without_best_first(settings: Settings) -> Settings:
    return replace(settings, captcha=replace(settings.captcha, best_first_from=1.0))


def _without_crowds(settings: Settings) -> Settings:
    return replace(settings, crowds=replace(settings.crowds, learn=False))


def _without_usual(settings: Settings) -> Settings:
    return replace(settings, hours=replace(settings.hours, learn_arrivals=False))


def _without_come_again(settings: Settings) -> Settings:
    return replace(settings, policy=replace(settings.policy, come_again=False))


def _without_doubted_last(settings: Settings) -> Settings:
    return replace(settings, policy=replace(settings.policy, doubted_last=False))


PARTS: Mapping[str, Change] = {
    "crowds": _without_crowds,
    "held-operators": without_signals("held-operators"),
    "come-again": _without_come_again,
    "doubted-last": _without_doubted_last,
    "limits": _without_limits,
    "pressure": _without_pressure,
    "best-first": _without_best_first,
    "usual-arrivals": _without_usual,
    "attestation": without_signals(
        "attestation-a", "attestation-b", "attestation-c", "attestation-failed"
    ),
    "number": without_signals(
        "withheld", "no-number", "junk-number", "unallocated-number", "short-number"
    ),
    "history": without_signals("new-caller", "known-caller", "served-before", "known-elsewhere"),
    "captcha-memory": without_signals("passed-challenge", "failed-challenges", "challenge-block"),
    "redial": without_signals("redial-after-busy"),
}
"""Each part by the name that a column has; switching it off leaves all others as they are."""


def change_without(name: str, settings: Settings) -> Change:
    """Return the change that switches off a part, a signal or a limit of these settings.

    Raises UsageError where there is nothing of that name.
    """
    if name in PARTS:
        return PARTS[name]
    if name in settings.signals:
        return without_signals(name)
    limits = [limit.name for limit in settings.limits]
    if name in limits:
        return without_limit(name)
    raise UsageError(f"--without {name} {unknown(name, (*PARTS, *settings.signals, *limits))}")
