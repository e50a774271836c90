"""The section `people` of a site's file: as whom they call, and how they behave.

Its keys are the fields of `sim.model.People`, gathered by what they are about; the defaults are
taken from there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from screener.config.sections import Finding, Items, Section
from screener.config.simulation_sections import (
    DAY,
    HOUR,
    LEVELS,
    NOT_EMPTY,
    SHARE,
    SHARES,
    RedialSection,
    levels,
    named_levels,
    of_redial,
)
from screener.config.times import Duration
from screener.config.values import Kind, Number, Whole
from screener.core.number import CallerClass, NumberPlan
from screener.sim.model import People

_DEFAULT = People()

_PLAN = NumberPlan("US")


@dataclass(frozen=True, slots=True)
class AreaCode(Kind):
    """An area code in which somebody can have a number: the simulator's people must be valid."""

    range = "an area code in quotes"
    allowed = 'an area code of North America in quotes, such as "612"'

    def read(self, value: object) -> str:
        """Return the code; raises ValueError."""
        if not isinstance(value, str) or not re.fullmatch("[2-9][0-9]{2}", value):
            raise ValueError
        if _PLAN.read(f"+1{value}2345678").kind is not CallerClass.VALID:
            raise ValueError
        return value


class PatienceSection(Section):
    """One point of `patience`: so long in the queue, and so many of them still wait."""

    after: Annotated[float, Duration(1, DAY)]
    waiting: Annotated[float, Number(0.001, 1)]


class AgainSection(Section):
    """`people.again`: who dials again after which end of a call."""

    busy: RedialSection = of_redial(_DEFAULT.after_busy)
    refusal: RedialSection = of_redial(_DEFAULT.after_refusal)
    abandoning: RedialSection = of_redial(_DEFAULT.after_abandoning)
    service: RedialSection = of_redial(_DEFAULT.after_service)
    most: Annotated[int, Whole(1, 1_000)] = _DEFAULT.quits_after


class CaptchaSkills(Section):
    """`people.captcha`: how people fare with a captcha."""

    first: Annotated[float, SHARE] = _DEFAULT.captcha_first
    second: Annotated[float, SHARE] = _DEFAULT.captcha_second
    hang_up: Annotated[float, SHARE] = _DEFAULT.captcha_hangup
    no_keys: Annotated[float, SHARE] = _DEFAULT.no_keys
    seconds: Annotated[float, Duration(1, HOUR)] = _DEFAULT.captcha_try

    def check(self) -> Iterator[Finding]:
        """The second try adds to the first, and nobody is counted twice."""
        if self.second < self.first:
            told = f"is {self.second:g}; allowed: at least first ({self.first:g})"
            yield Finding(("second",), told)
        if self.hang_up + self.no_keys > 1:
            told = f"and no_keys add up to {self.hang_up + self.no_keys:g}; allowed: at most 1"
            yield Finding(("hang_up",), told)


def _default_patience() -> list[PatienceSection]:
    return [PatienceSection(after=after, waiting=share) for after, share in _DEFAULT.patience[1:]]


class PeopleSection(Section):
    """`people`: what is left out keeps its default."""

    known: Annotated[float, SHARE] = _DEFAULT.known_share
    calls_a_month: Annotated[float, Number(0.1, 100)] = _DEFAULT.calls_a_month
    withheld: Annotated[float, SHARE] = _DEFAULT.withheld
    switchboard: Annotated[float, SHARE] = _DEFAULT.switchboard
    switchboards: Annotated[int, Whole(1, 10_000)] = _DEFAULT.switchboards
    relay: Annotated[float, SHARE] = _DEFAULT.relay
    foreign: Annotated[float, SHARE] = _DEFAULT.foreign
    attestation: Annotated[dict[str, Annotated[float, SHARE]], NOT_EMPTY, LEVELS, SHARES] = Field(
        default_factory=lambda: named_levels(dict(_DEFAULT.attestation))
    )
    area_codes: Annotated[list[Annotated[str, AreaCode()]], Items(1, 100)] = Field(
        default_factory=lambda: list(_DEFAULT.area_codes)
    )
    patience: Annotated[list[PatienceSection], Items(1, 50)] = Field(
        default_factory=_default_patience
    )
    again: AgainSection = AgainSection()
    captcha: CaptchaSkills = CaptchaSkills()

    def check(self) -> Iterator[Finding]:
        """Nobody belongs to two classes, and patience only falls."""
        apart = self.withheld + self.switchboard + self.relay + self.foreign
        if apart > 1:
            told = f"with switchboard, relay and foreign adds up to {apart:g}; allowed: at most 1"
            yield Finding(("withheld",), told)
        for number, (one, other) in enumerate(pairwise(self.patience), start=1):
            if other.after <= one.after:
                told = f"is {other.after:g}s; allowed: more than the one before ({one.after:g}s)"
                yield Finding(("patience", number, "after"), told)
            if other.waiting > one.waiting:
                told = f"is {other.waiting:g}; allowed: at most the one before ({one.waiting:g})"
                yield Finding(("patience", number, "waiting"), told)

    def people(self) -> People:
        """Return the people of the simulator."""
        return People(
            known_share=self.known,
            calls_a_month=self.calls_a_month,
            patience=((0.0, 1.0), *((point.after, point.waiting) for point in self.patience)),
            after_busy=self.again.busy.redial(),
            after_refusal=self.again.refusal.redial(),
            after_abandoning=self.again.abandoning.redial(),
            after_service=self.again.service.redial(),
            captcha_first=self.captcha.first,
            captcha_second=self.captcha.second,
            captcha_hangup=self.captcha.hang_up,
            no_keys=self.captcha.no_keys,
            captcha_try=self.captcha.seconds,
            withheld=self.withheld,
            switchboard=self.switchboard,
            relay=self.relay,
            foreign=self.foreign,
            switchboards=self.switchboards,
            attestation=levels(self.attestation),
            area_codes=tuple(self.area_codes),
            quits_after=self.again.most,
        )
