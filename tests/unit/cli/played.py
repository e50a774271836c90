"""Logs with a past that a replay can play: scripted calls, decided by a real engine."""

from dataclasses import replace

from screener.core.call import Facts, Load, read_call
from screener.core.engine import Engine
from screener.core.outcome import Outcome
from screener.core.settings import Mode
from screener.storage.new_memory import new_memory
from tests.builders import NOW
from tests.unit.cli.logged import Logged
from tests.unit.service.replays import Happening, came_to

YAML = "version: 1\nmode: enforce\n"
STRICT = YAML + (
    "policy:\n  thresholds:\n"
    "    calm: {challenge: 0.4, drop: 0.9}\n"
    "    rising: {challenge: 0.4, drop: 0.9}\n"
    "    full: {challenge: 0.4, drop: 0.9}\n"
)
"""Every caller that is not known yet is dropped."""

Due = tuple[float, int, str, Outcome]


def live(site: Logged, script: list[Happening]) -> None:
    """Let the site's agent meet these calls, and its log keep what it would keep."""
    settings = replace(site.config.settings, mode=Mode.ENFORCE)
    engine, now = Engine(settings, new_memory(settings)), NOW
    pending: list[Due] = []
    for seq, one in enumerate(script, start=1):
        now += one.gap
        for due in sorted(told for told in pending if told[0] <= now):
            pending.remove(due)
            tell(site, engine, due)
        call, load = read_call(one.facts, engine.plan, call_id=f"{seq:016x}", now=now)
        load = Load() if one.malformed else load
        decision = engine.decide(call, load, malformed=one.malformed)
        site.log.decisions(decision)
        for place, (after, outcome) in enumerate(came_to(one, decision.verdict.action)):
            pending.append((now + after, seq * 10 + place, call.call_id, outcome))
    for due in sorted(pending):
        tell(site, engine, due)


def tell(site: Logged, engine: Engine, due: Due) -> None:
    at, _, call_id, outcome = due
    site.log.clock.now = at
    engine.report(call_id, outcome, at)
    site.log.decisions.outcome(call_id, outcome)


def served(place: int, *, gap: float = 3_600.0, talk_s: float = 60.0) -> Happening:
    """Return a call of one of many ordinary people, served by an operator."""
    facts = Facts(number=f"+1651555{place:04d}", did="+16515392200", trunk="trunk-a")
    return Happening(facts, gap, talk_s, passes=True, malformed=False)
