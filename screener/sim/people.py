"""The people of a site: when they call, as whom, and what they put up with.

Arrivals follow the site's hours and the scenario's rushes and know nothing of the defence. Each
person draws from chances of its own (seed, index), so the same person acts alike under each
defence. The sources of the shares stand in docs/simulator.md; what becomes of a call is left to
`center`.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from screener.core.call import Facts
from screener.sim.chance import SECONDS_AN_HOUR, Mix, Patience, chances, moments
from screener.sim.model import (
    CenterSite,
    End,
    Lognormal,
    PastCall,
    People,
    Pressed,
    Redial,
    Scenario,
    draw,
)
from screener.sim.numbers import SiteNumbers, foreign, spell, spellings_of

SECONDS_A_DAY = 86_400.0

ANSWERED_SHARE = 0.9
"""Of earlier calls, how many an operator answered; the others gave up waiting."""

CAPTCHA_HANG_UP_S = 4.0
"""After how long who hangs up on a captcha does so."""

SILENT_S = 24.0
"""How long two tries last in which no key is pressed."""

_GOLDEN = 0.6180339887498949


def usual(site: CenterSite, hour: float) -> float:
    """Return how many calls of people an hour usually come at this hour of the day."""
    place = int(hour % 24) - site.opens
    return site.hourly[place] if 0 <= place < len(site.hourly) else 0.0


def demand(site: CenterSite, scenario: Scenario) -> list[tuple[float, float, float]]:
    """Return (begins, ends, first calls an hour) of the scenario's people.

    `hourly` counts all calls of a usual day; as some come of people who were served and have
    more to say, first calls are so many fewer.
    """
    cuts = {0.0, scenario.lasts}
    first_full = math.ceil(scenario.starts)
    cuts.update(
        (hour - scenario.starts) * SECONDS_AN_HOUR
        for hour in range(first_full, first_full + math.ceil(scenario.lasts / SECONDS_AN_HOUR) + 1)
    )
    for begins, lasts, _ in scenario.rushes:
        cuts.update((begins, begins + lasts))
    bounds = sorted(cut for cut in cuts if 0.0 <= cut <= scenario.lasts)
    first = 1.0 - site.people.after_service.share
    pieces = []
    for begins, ends in pairwise(bounds):
        middle = (begins + ends) / 2
        rate = usual(site, scenario.starts + middle / SECONDS_AN_HOUR) * first
        for start, lasts, factor in scenario.rushes:
            if start <= middle < start + lasts:
                rate *= factor
        pieces.append((begins, ends, rate))
    return pieces


class Manners:
    """What all people of a site have in common, worked out once."""

    def __init__(self, people: People, service: Lognormal) -> None:
        self.people = people
        self.service = service
        self.patience = Patience(people.patience)
        busy, refusal = people.after_busy, people.after_refusal
        self.redials: dict[End, Redial] = {
            End.TRUNK_FULL: busy,
            End.BUSY: busy,
            End.REFUSED: refusal,
            End.CAPTCHA_FAILED: refusal,
            End.CAPTCHA_ABANDONED: people.after_abandoning,
            End.ABANDONED: people.after_abandoning,
            End.SERVED: people.after_service,
        }


class Person:
    """One person; every attempt looks the same to the wire."""

    __slots__ = ("_attempts", "_facts", "_keyless", "_manners", "_rng", "group")

    person = True

    def __init__(self, group: str, facts: Facts, manners: Manners, rng: Random) -> None:
        self.group = group
        self._facts = facts
        self._manners = manners
        self._rng = rng
        self._attempts = 0
        self._keyless = rng.random() < manners.people.no_keys

    def facts(self) -> Facts:
        """Return what the wire tells of the next attempt."""
        return self._facts

    def captcha(self) -> tuple[Pressed, float]:
        """Return how a captcha ends with this person now, and after how many seconds."""
        people = self._manners.people
        chance, answer = self._rng.random(), self._rng.random()
        if chance < people.captcha_hangup:
            return Pressed.ABANDONED, CAPTCHA_HANG_UP_S
        if self._keyless:
            return Pressed.SILENT, SILENT_S
        if answer < people.captcha_first:
            return Pressed.PASSED, people.captcha_try
        passed = answer < people.captcha_second
        return (Pressed.PASSED if passed else Pressed.FAILED), 2 * people.captcha_try

    def patience(self) -> float:
        """Return how long the person waits in the queue this time, seconds."""
        return self._manners.patience.quantile(self._rng.expovariate(1.0))

    def talk(self) -> float:
        """Return how long the person keeps an operator, seconds."""
        return draw(self._rng, self._manners.service)

    def again(self, end: End) -> float | None:
        """Return after how many seconds the person dials again, None for never."""
        redial = self._manners.redials[end]
        chance, after = self._rng.random(), draw(self._rng, redial.after)
        self._attempts = 0 if end is End.SERVED else self._attempts + 1
        if self._attempts >= self._manners.people.quits_after or chance >= redial.share:
            return None
        return after


class PeopleSource:
    """All people who call a site in one scenario, and what their numbers did before."""

    def __init__(self, site: CenterSite, scenario: Scenario, seed: int) -> None:
        self._site = site
        self._scenario = scenario
        self._seed = seed
        self._numbers = SiteNumbers(site, seed)
        self._manners = Manners(site.people, site.service)
        self._spellings = spellings_of(site)
        self._trunks = Mix(site.trunks)
        people = site.people
        of = people.attestation
        self._attestation = Mix(of)
        self._foreign_attestation = Mix({a: of[a] for a in of if a in {"C", ""}})
        self._relay_attestation = Mix({a: of[a] for a in of if a in {"B", "C", ""}})
        named = {
            "withheld": people.withheld,
            "switchboard": people.switchboard,
            "relay": people.relay,
            "foreign": people.foreign,
            "known": people.known_share,
        }
        self._groups = Mix({**named, "unknown": max(0.0, 1.0 - sum(named.values()))})

    def arrivals(self) -> Iterator[tuple[float, Person]]:
        """Yield (moment, person) of all first attempts, in order of time."""
        clock = chances(f"{self._seed}/people/moments")
        pieces = demand(self._site, self._scenario)
        for index, moment in enumerate(moments(clock, pieces)):
            yield moment, self._person(index)

    def _person(self, index: int) -> Person:
        rng = chances((self._seed << 40) + index)
        group = self._groups.pick(rng.random())
        route, vouched = rng.random(), rng.random()
        attestation, number, presentation = self._attestation, "", "allowed"
        if group == "known":
            # A customer's line and carrier stay what they are from call to call.
            customer = rng.randrange(self._numbers.customers)
            number = self._numbers.customer(customer)
            route, vouched = (customer * _GOLDEN) % 1.0, (customer * _GOLDEN * math.e) % 1.0
        elif group == "withheld":
            presentation = "restricted"
        elif group == "switchboard":
            number = self._numbers.switchboard(rng.randrange(self._site.people.switchboards))
        elif group == "relay":
            number = self._numbers.relay(rng.randrange(SiteNumbers.RELAYS))
            attestation = self._relay_attestation
        elif group == "foreign":
            number = foreign(rng)
            attestation = self._foreign_attestation
        else:
            number = self._numbers.stranger(index)
        trunk = self._trunks.pick(route)
        facts = facts_of(
            number=spell(number, self._spellings.get(trunk, "e164")),
            presentation=presentation,
            did=self._site.dids[index % len(self._site.dids)],
            trunk=trunk,
            attestation=attestation.pick(vouched),
        )
        return Person(group, facts, self._manners, rng)

    def past_calls(self) -> list[PastCall]:
        """Return the earlier calls of the last `history_days` days, oldest first.

        Customers, switchboards and relays have them: numbers that a center knows by caller id.
        """
        site, people = self._site, self._site.people
        rng = chances(f"{self._seed}/people/history")
        share = people.known_share + people.switchboard + people.relay
        past = []
        for moment in moments(rng, self._past_hours(share)):
            answered = rng.random() < ANSWERED_SHARE
            talk = draw(rng, site.service) if answered else 0.0
            past.append(
                PastCall(self._past_number(rng, rng.random() * share), moment, answered, talk)
            )
        return past

    def _past_hours(self, share: float) -> list[tuple[float, float, float]]:
        pieces = []
        for day in range(self._site.history_days, 0, -1):
            for place, hourly in enumerate(self._site.hourly):
                hour = self._site.opens + place - self._scenario.starts
                begins = hour * SECONDS_AN_HOUR - day * SECONDS_A_DAY
                if begins + SECONDS_AN_HOUR <= 0:
                    pieces.append((begins, begins + SECONDS_AN_HOUR, hourly * share))
        return pieces

    def _past_number(self, rng: Random, chance: float) -> str:
        people = self._site.people
        if chance < people.known_share:
            return self._numbers.customer(rng.randrange(self._numbers.customers))
        if chance < people.known_share + people.switchboard:
            return self._numbers.switchboard(rng.randrange(people.switchboards))
        return self._numbers.relay(rng.randrange(SiteNumbers.RELAYS))


def facts_of(*, number: str, presentation: str, did: str, trunk: str, attestation: str) -> Facts:
    """Return a call as Asterisk tells it; a level told here has been verified."""
    refused = attestation == "invalid"
    verification = "failed" if refused else "success" if attestation else ""
    return Facts(
        number=number,
        presentation=presentation,
        did=did,
        trunk=trunk,
        attestation="" if refused else attestation,
        verification=verification,
    )
