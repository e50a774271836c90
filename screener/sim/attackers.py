"""Attacks: when bots dial, as whom, and what each does at every turn.

An attack is put together of a wave (moments), numbers and a way with captchas, each one a plain
function in a table: a new profile is a new entry. The moments do not depend on the defence, and a
bot's chances are its own (seed, attack, index). What becomes of the calls is left to `center`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from random import Random
from zlib import crc32

from screener.core.call import Facts
from screener.sim.chance import SECONDS_AN_HOUR, Mix, chances
from screener.sim.model import (
    Attack,
    CenterSite,
    End,
    Numbers,
    Pressed,
    Redial,
    Scenario,
    Solving,
    Wave,
    draw,
)
from screener.sim.numbers import (
    WIDE_AREA_CODES,
    NumberSpace,
    SiteNumbers,
    foreign,
    neighbour,
    spell,
    spellings_of,
    unallocated,
)
from screener.sim.people import CAPTCHA_HANG_UP_S, SILENT_S, facts_of

RANDOM_PASSES = 0.01
"""Chance that random keys are the answer, at each of two tries: two digits are asked."""

HEAVY_NUMBERS = 20
HEAVY_SHARE = 0.1
"""How many numbers of a mixed attack dial again and again, and which share of its calls."""

_BUSY = frozenset({End.BUSY, End.TRUNK_FULL})
_REFUSED = frozenset({End.REFUSED, End.CAPTCHA_FAILED, End.CAPTCHA_ABANDONED})

Chances = Callable[[], Random]
Presses = Callable[[Chances, Attack, float], tuple[Pressed, float]]
Names = Callable[["AttackSource", Random, int], str]


def wave_moments(wave: Wave, rng: Random) -> Iterator[float]:
    """Yield when a wave dials: even or exponential steps of its calls, placed by its shape."""
    place = _SHAPES[wave.shape]
    ends = wave.begins + wave.lasts
    regular = wave.cadence == "regular"
    calls = 0.5 if regular else rng.expovariate(1.0)
    while (moment := wave.begins + place(wave, calls)) < ends:
        yield moment
        calls += 1.0 if regular else rng.expovariate(1.0)


def _steady(wave: Wave, calls: float) -> float:
    return calls / wave.per_hour * SECONDS_AN_HOUR if wave.per_hour > 0 else math.inf


def _pulses(wave: Wave, calls: float) -> float:
    dialling = _steady(wave, calls)
    if dialling == math.inf:
        return dialling
    return dialling + dialling // wave.on * wave.off


def _ramp(wave: Wave, calls: float) -> float:
    return math.sqrt(2.0 * wave.lasts * _steady(wave, calls))


def _first_hour(wave: Wave, calls: float) -> float:
    first = _steady(wave, calls)
    if first < SECONDS_AN_HOUR or first == math.inf:
        return first
    if wave.later_per_hour <= 0:
        return math.inf
    return SECONDS_AN_HOUR * (1.0 + (calls - wave.per_hour) / wave.later_per_hour)


_SHAPES: Mapping[str, Callable[[Wave, float], float]] = {
    "steady": _steady,
    "pulses": _pulses,
    "ramp": _ramp,
    "first-hour": _first_hour,
}


def _silent(_own: Chances, _attack: Attack, _one_try: float) -> tuple[Pressed, float]:
    return Pressed.SILENT, SILENT_S


def _one_key(_own: Chances, _attack: Attack, one_try: float) -> tuple[Pressed, float]:
    return Pressed.FAILED, 2 * one_try


def _random(own: Chances, _attack: Attack, one_try: float) -> tuple[Pressed, float]:
    rng = own()
    if rng.random() < RANDOM_PASSES:
        return Pressed.PASSED, one_try
    passed = rng.random() < RANDOM_PASSES
    return (Pressed.PASSED if passed else Pressed.FAILED), 2 * one_try


def _solve(own: Chances, attack: Attack, one_try: float) -> tuple[Pressed, float]:
    if own().random() < attack.solves:
        return Pressed.PASSED, one_try
    return _random(own, attack, one_try)


def _hang_up(_own: Chances, _attack: Attack, _one_try: float) -> tuple[Pressed, float]:
    return Pressed.ABANDONED, CAPTCHA_HANG_UP_S


PRESSES: Mapping[Solving, Presses] = {
    Solving.SILENT: _silent,
    Solving.ONE_KEY: _one_key,
    Solving.RANDOM: _random,
    Solving.SOLVE: _solve,
    Solving.HANG_UP: _hang_up,
}
"""What each kind of bot does with a captcha."""


def _pool(source: "AttackSource", _rng: Random, index: int) -> str:
    return source.wide.number(index % source.attack.pool)


def _fresh(source: "AttackSource", _rng: Random, index: int) -> str:
    return source.wide.number(index)


def _nobody(_source: "AttackSource", rng: Random, _index: int) -> str:
    return unallocated(rng)


def _none(_source: "AttackSource", _rng: Random, _index: int) -> str:
    return ""


def _customers(source: "AttackSource", rng: Random, _index: int) -> str:
    return source.site_numbers.customer(rng.randrange(source.attack.pool))


def _neighbours(source: "AttackSource", _rng: Random, index: int) -> str:
    return neighbour(source.site, source.attack.pool, index)


def _foreign(_source: "AttackSource", rng: Random, _index: int) -> str:
    return foreign(rng)


def _mixed(source: "AttackSource", rng: Random, index: int) -> str:
    if rng.random() < HEAVY_SHARE:
        return source.wide.number(rng.randrange(HEAVY_NUMBERS))
    return source.wide.number(HEAVY_NUMBERS + index)


NAMES: Mapping[Numbers, Names] = {
    Numbers.POOL: _pool,
    Numbers.FRESH: _fresh,
    Numbers.UNALLOCATED: _nobody,
    Numbers.WITHHELD: _none,
    Numbers.ABSENT: _none,
    Numbers.CUSTOMERS: _customers,
    Numbers.NEIGHBOURS: _neighbours,
    Numbers.FOREIGN: _foreign,
    Numbers.MIXED: _mixed,
}
"""Whose number each kind of attack shows in its n-th call."""

_PRESENTATIONS = {Numbers.WITHHELD: "restricted", Numbers.ABSENT: "unavailable"}


class Bot:
    """One dialling of an attack, with its own redials; its chances wake when they are needed."""

    __slots__ = ("_facts", "_redials", "_rng", "_seed", "_source")

    person = False
    group = "bot"

    def __init__(self, source: "AttackSource", facts: Facts, seed: int) -> None:
        self._source = source
        self._facts = facts
        self._seed = seed
        self._rng: Random | None = None
        self._redials = 0

    def _chances(self) -> Random:
        # Seeding takes 5 us, and most bots of a flood are gone before anything hangs on chance.
        if self._rng is None:
            self._rng = chances(self._seed)
        return self._rng

    def facts(self) -> Facts:
        """Return what the wire tells of the next attempt."""
        return self._facts

    def captcha(self) -> tuple[Pressed, float]:
        """Return how a captcha ends with this bot now, and after how many seconds."""
        source = self._source
        return source.presses(self._chances, source.attack, source.one_try)

    def patience(self) -> float:
        """Return how long the bot stays in the queue, seconds."""
        return draw(self._chances(), self._source.attack.waits)

    def talk(self) -> float:
        """Return how long the bot keeps an operator, seconds."""
        return draw(self._chances(), self._source.attack.holds)

    def again(self, end: End) -> float | None:
        """Return after how many seconds the bot dials again from the same number, or None."""
        attack = self._source.attack
        redial: Redial | None = None
        if end in _BUSY:
            redial = attack.redial_busy
        elif end in _REFUSED:
            redial = attack.redial_refused
        if redial is None or self._redials >= attack.redials:
            return None
        rng = self._chances()
        if rng.random() >= redial.share:
            return None
        self._redials += 1
        return draw(rng, redial.after)


class AttackSource:
    """All bots of one attack on one site."""

    def __init__(self, attack: Attack, site: CenterSite, scenario: Scenario, seed: int) -> None:
        self.attack = attack
        self.site = site
        self.site_numbers = SiteNumbers(site, seed)
        self.one_try = site.people.captcha_try
        self.presses = PRESSES[attack.solving]
        # Two attacks of one name in a scenario are told apart by their place.
        place = next((i for i, one in enumerate(scenario.attacks) if one is attack), 0)
        self._key = crc32(f"{seed}/{attack.name}/{place}".encode())
        self.wide = NumberSpace(WIDE_AREA_CODES, self._key)
        self._name = NAMES[attack.numbers]
        self._lasts = scenario.lasts
        self._trunks = Mix(attack.trunks or site.trunks)
        self._attestation = Mix(attack.attestation or site.people.attestation)
        self._dids = Mix(attack.dids or dict.fromkeys(site.dids, 1.0))
        self._presentation = _PRESENTATIONS.get(attack.numbers, "allowed")
        self._spellings = spellings_of(site)

    def arrivals(self) -> Iterator[tuple[float, Bot]]:
        """Yield (moment, bot) of all first attempts, in order of time."""
        rng = chances(self._key)
        clock = chances(self._key + 1)
        for index, moment in enumerate(wave_moments(self.attack.wave, clock)):
            if moment >= self._lasts:
                return
            yield moment, Bot(self, self._facts(rng, index), (self._key << 40) + index)

    def _facts(self, rng: Random, index: int) -> Facts:
        trunk = self._trunks.pick(rng.random())
        number = self._name(self, rng, index)
        return facts_of(
            number=spell(number, self._spellings.get(trunk, "e164")),
            presentation=self._presentation,
            did=self._dids.pick(rng.random()),
            trunk=trunk,
            attestation=self._attestation.pick(rng.random()),
        )
