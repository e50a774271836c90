"""The sections of a scenario's file that describe one attack: its wave, its numbers, its bots.

Keys are the fields of `sim.model.Attack` and `Wave`, whose defaults they take. A key that would
change nothing is refused: who writes it means something else. Whether trunks and numbers called
are the site's is left to `simulation_scenario`.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from screener.config.rule_sections import NAME
from screener.config.sections import Finding, Section
from screener.config.simulation_sections import (
    DAY,
    LEVELS,
    SHARE,
    SHARES,
    LognormalSection,
    RedialSection,
    levels,
    of_lognormal,
)
from screener.config.times import Duration
from screener.config.values import Number, Whole, one_of
from screener.sim.model import Attack, Numbers, Solving, Wave

RATE = Number(0, 500_000)
SHAPES = ("steady", "pulses", "ramp", "first-hour")
CADENCES = ("poisson", "regular")

_WAVE = Wave(per_hour=0)
_ATTACK = Attack("", _WAVE)
_POOLED = (Numbers.POOL, Numbers.CUSTOMERS, Numbers.NEIGHBOURS)


class WaveSection(Section):
    """`wave`: when an attack dials, and how fast."""

    per_hour: Annotated[float, RATE]
    begins: Annotated[float, Duration(0, DAY)] = _WAVE.begins
    lasts: Annotated[float, Duration(1, DAY)] = _WAVE.lasts
    shape: Annotated[str, one_of(SHAPES)] = _WAVE.shape
    burst: Annotated[float | None, Duration(1, DAY)] = None
    pause: Annotated[float | None, Duration(1, DAY)] = None
    later_per_hour: Annotated[float | None, RATE] = None
    cadence: Annotated[str, one_of(CADENCES)] = _WAVE.cadence

    def check(self) -> Iterator[Finding]:
        """What belongs to one shape stands with that shape only."""
        for key, value in (("burst", self.burst), ("pause", self.pause)):
            if value is not None and self.shape != "pulses":
                yield Finding((key,), "changes nothing; allowed: only with shape: pulses")
        if self.later_per_hour is not None and self.shape != "first-hour":
            told = "changes nothing; allowed: only with shape: first-hour"
            yield Finding(("later_per_hour",), told)

    def wave(self) -> Wave:
        """Return the wave of the simulator."""
        return Wave(
            per_hour=self.per_hour,
            begins=self.begins,
            lasts=self.lasts,
            shape=self.shape,
            on=_WAVE.on if self.burst is None else self.burst,
            off=_WAVE.off if self.pause is None else self.pause,
            later_per_hour=self.later_per_hour or 0.0,
            cadence=self.cadence,
        )


class AttackSection(Section):
    """One of `attacks`."""

    name: Annotated[str, NAME]
    wave: WaveSection
    numbers: Annotated[Numbers, one_of(Numbers)] = _ATTACK.numbers
    pool: Annotated[int | None, Whole(1, 1_000_000)] = None
    attestation: Annotated[dict[str, Annotated[float, SHARE]], LEVELS, SHARES] = Field(
        default_factory=dict
    )
    trunks: Annotated[dict[str, Annotated[float, SHARE]], SHARES] = Field(default_factory=dict)
    dids: Annotated[dict[str, Annotated[float, SHARE]], SHARES] = Field(default_factory=dict)
    solving: Annotated[Solving, one_of(Solving)] = _ATTACK.solving
    solves: Annotated[float | None, SHARE] = None
    redial_busy: RedialSection | None = None
    redial_refused: RedialSection | None = None
    redials: Annotated[int, Whole(0, 1_000)] = _ATTACK.redials
    holds: LognormalSection = of_lognormal(_ATTACK.holds)
    waits: LognormalSection = of_lognormal(_ATTACK.waits)

    def check(self) -> Iterator[Finding]:
        """What belongs to one kind of number or bot stands with that kind, and only there."""
        if self.numbers in _POOLED and self.pool is None:
            yield Finding((), f"has no pool; allowed: a pool with numbers: {self.numbers}")
        if self.numbers not in _POOLED and self.pool is not None:
            told = f"changes nothing; allowed: only with numbers: {', '.join(_POOLED)}"
            yield Finding(("pool",), told)
        if self.solving is Solving.SOLVE and self.solves is None:
            yield Finding((), "has no solves; allowed: its share with solving: solve")
        if self.solving is not Solving.SOLVE and self.solves is not None:
            yield Finding(("solves",), "changes nothing; allowed: only with solving: solve")

    def attack(self) -> Attack:
        """Return the attack of the simulator."""
        return Attack(
            name=self.name,
            wave=self.wave.wave(),
            numbers=self.numbers,
            pool=self.pool or 1,
            attestation=levels(self.attestation),
            trunks=dict(self.trunks),
            dids=dict(self.dids),
            solving=self.solving,
            solves=self.solves or 0.0,
            redial_busy=self.redial_busy.redial() if self.redial_busy else None,
            redial_refused=self.redial_refused.redial() if self.redial_refused else None,
            redials=self.redials,
            holds=self.holds.value(),
            waits=self.waits.value(),
        )
