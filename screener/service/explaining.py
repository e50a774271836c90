"""Explaining: what the agent would say of a caller now, at each level of pressure, and why.

Leaves no trace: it asks the same engine through `assess`. Used by the running agent (with what
it has learned) and by the command alone (with the configuration only).
"""

from collections.abc import Callable, Mapping
from dataclasses import fields

from screener.core.call import Facts, Load, read_call
from screener.core.engine import Engine
from screener.core.pressure import Pressure
from screener.core.settings import Level
from screener.errors import ScreenerError
from screener.service.describe import Described, describe
from screener.service.site import describe_site

_VALUE_AT = {Level.CALM: 0.0, Level.RISING: 0.5, Level.FULL: 1.0}


_FACT_NAMES = frozenset(field.name for field in fields(Facts))


def facts_from(told: object) -> Facts:
    """Read facts that came as an object of texts; raises ScreenerError naming what is wrong."""
    if not isinstance(told, Mapping):
        raise ScreenerError("`facts` must be an object of texts")
    for name, text in told.items():
        if name not in _FACT_NAMES or not isinstance(text, str):
            raise ScreenerError(f"`facts` knows only texts named {', '.join(sorted(_FACT_NAMES))}")
    return Facts(**told)


def explain(
    engine: Engine, facts: Facts, now: float, complete: Callable[[Load], Load] | None = None
) -> Described:
    """Return the described decision at the present pressure and the verdict at every level.

    `complete` is as of `ScreeningService`.
    """
    call, load = read_call(facts, engine.plan, call_id="explain", now=now)
    decision = engine.assess(call, complete(load) if complete else load)
    told = describe(decision)
    told["site"] = describe_site(engine, now)
    found = {part.name for part in decision.verdict.score.signals}
    told["not_found"] = {
        name: points for name, points in _weights(engine).items() if name not in found
    }
    exempt = engine.exempts(call.caller, now)
    told["never_challenged"] = exempt.list_name if exempt else None
    told["at_level"] = {
        level.value: _at(engine, facts, level, now)
        for level in (Level.CALM, Level.RISING, Level.FULL)
    }
    return told


def _weights(engine: Engine) -> dict[str, float]:
    """Return the points of every signal and limit there is, by name."""
    settings = engine.settings
    weights = {name: spec.points for name, spec in settings.signals.items()}
    return weights | {f"limit:{limit.name}": limit.points for limit in settings.limits}


def _at(engine: Engine, facts: Facts, level: Level, now: float) -> Described:
    call, _ = read_call(facts, engine.plan, call_id="explain", now=now)
    verdict = engine.assess(call, Load(), pressure=Pressure(level, _VALUE_AT[level])).verdict
    return {
        "verdict": verdict.action.value,
        "would": verdict.would.value,
        "challenge_from": verdict.thresholds.challenge,
        "drop_from": verdict.thresholds.drop,
        "priority": verdict.priority,
        "treatment": verdict.treatment.value if verdict.treatment else None,
    }
