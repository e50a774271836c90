"""The first minutes of a scenario's attack on a smaller site, to be played ten times as fast.

Only what is played: a site scaled down by one share, its people and its attacks with it, and the
agent's settings with every duration a tenth. Who plays it is left to `day_simulated` and to
`day_over_sip`. A captcha cannot be hurried: prompts are spoken as fast as ever.
"""

import heapq
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from screener.core.settings import Settings
from screener.errors import UsageError
from screener.sim.attackers import AttackSource
from screener.sim.model import Caller, CenterSite, Lognormal, Numbers, PastCall, Scenario
from screener.sim.people import PeopleSource

HURRY = 10.0
"""How many times faster than the day itself it is played."""

SHORTEST_CROWD_S = 10.0
"""The least that the configuration allows for `crowds.fast`: a tenth of a minute is less."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played, in the day's own seconds, not in hurried ones.

    The attack begins at `quiet_s`; all ends at `scenario.lasts`, whoever still waits.
    """

    site: CenterSite
    scenario: Scenario
    quiet_s: float
    seed: int

    @property
    def lasts(self) -> float:
        """From the first moment to the end, seconds of the day."""
        return self.scenario.lasts

    def callers(self) -> Iterator[tuple[float, Caller]]:
        """Yield the moment and the caller of every first attempt, in order of time."""
        people: Iterable[tuple[float, Caller]] = self._people().arrivals()
        bots: list[Iterable[tuple[float, Caller]]] = [
            AttackSource(attack, self.site, self.scenario, self.seed).arrivals()
            for attack in self.scenario.attacks
        ]
        return heapq.merge(people, *bots, key=itemgetter(0))

    def past_calls(self) -> list[PastCall]:
        """Return the earlier days that make customers known; they are not hurried."""
        return self._people().past_calls()

    def _people(self) -> PeopleSource:
        return PeopleSource(self.site, self.scenario, self.seed)


def first_minutes(
    play: tuple[CenterSite, Scenario], share: float, quiet_s: float, attack_s: float, seed: int
) -> Plan:
    """Return the beginning of a scenario's attack after `quiet_s` without one, both in seconds.

    Raises UsageError where nothing attacks, or where calls are signed or have no number at all:
    none are made so here.
    """
    site, scenario = play
    if not scenario.attacks:
        raise UsageError(f"{scenario.name}: nothing attacks in it")
    if set(site.people.attestation) - {""} or any(one.attestation for one in scenario.attacks):
        raise UsageError(f"{scenario.name}: calls are signed in it, which SIPp does not do here")
    if any(one.numbers is Numbers.ABSENT for one in scenario.attacks):
        raise UsageError(
            f"{scenario.name}: calls without any number, which SIPp does not make here"
        )
    later = quiet_s - min(attack.wave.begins for attack in scenario.attacks)
    attacks = tuple(
        replace(
            attack,
            wave=replace(
                attack.wave,
                begins=attack.wave.begins + later,
                per_hour=attack.wave.per_hour * share,
                later_per_hour=attack.wave.later_per_hour * share,
            ),
        )
        for attack in scenario.attacks
    )
    cut = replace(
        scenario,
        attacks=attacks,
        rushes=tuple((begins + later, lasts, factor) for begins, lasts, factor in scenario.rushes),
        # What stood before the attack is played, or the site opens that much earlier.
        starts=scenario.starts - min(later, 0.0) / 3600.0,
        lasts=quiet_s + attack_s,
        judged=(quiet_s, quiet_s + attack_s),
    )
    return Plan(_smaller(site, share), cut, quiet_s, seed)


def _smaller(site: CenterSite, share: float) -> CenterSite:
    return replace(
        site,
        operators=max(round(site.operators * share), 1),
        channels=max(round(site.channels * share), 1),
        hourly=tuple(calls * share for calls in site.hourly),
    )


def hurried_site(site: CenterSite, hurry: float = HURRY) -> CenterSite:
    """Return the site as the agent sees it, its operators so many times as quick."""
    return replace(site, service=Lognormal(site.service.median / hurry, site.service.sigma))


def hurried_sections(settings: Settings, site: CenterSite) -> str:
    """Return the YAML of an agent for which all that is a duration lasts a tenth.

    What was learned on earlier days fades as ever, since those are not hurried. A quarter of an
    hour of the usual week cannot be hurried, so no usual arrivals are learned.
    """
    mean = round(site.service.median * math.exp(site.service.sigma**2 / 2) / HURRY, 3)
    crowds, pressure, known = settings.crowds, settings.pressure, settings.reputation
    sections: dict[str, object] = {
        "site": {"operators": site.operators, "channels": site.channels, "mean_service": mean},
        "limits": [
            {
                "name": limit.name,
                "key": [field.value for field in limit.key],
                "windows": [
                    {"calls": one.calls, "per": max(one.per / HURRY, 1.0)} for one in limit.windows
                ],
                "points": limit.points,
                "mode": limit.mode.value,
                "classes": sorted(one.value for one in limit.classes),
            }
            for limit in settings.limits
        ],
        "reputation": {
            "bad_half_life": known.bad_half_life / HURRY,
            "pass_ttl": known.pass_ttl / HURRY,
            "least_talk": known.least_talk / HURRY,
            "block_for": known.block_for / HURRY,
            "redial_after": known.redial_after / HURRY,
            "redial_within": known.redial_within / HURRY,
        },
        "pressure": {"window": pressure.window / HURRY, "hold": pressure.hold / HURRY},
        "crowds": {
            "fast": max(crowds.fast / HURRY, SHORTEST_CROWD_S),
            "slow": max(crowds.slow / HURRY, 2 * SHORTEST_CROWD_S),
            "tally": max(crowds.tally / HURRY, SHORTEST_CROWD_S),
        },
        "hours": {"learn_arrivals": False},
    }
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in sections.items())
