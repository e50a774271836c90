"""The words of the simulator: a site, its people, attacks on it, and what plays against them.

Everything an admin can put into a site's or a scenario's YAML file stands here as plain values,
with the defaults as measured or assumed (docs/simulator.md has the sources). What callers do is
left to `people` and `attackers`, what becomes of their calls to `center`, the files to
`config.simulation`. Durations are seconds, shares 0-1; times run from the scenario's first moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol

from screener.core.call import Facts
from screener.core.records import record
from screener.core.settings import Action, Treatment


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A lognormal duration by its median and its 'sigma of the log'."""

    median: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Redial:
    """With which chance a caller dials again after one kind of end, and after how long."""

    share: float
    after: Lognormal


@dataclass(frozen=True, slots=True)
class People:
    """How the people of a site behave, and as whom they call.

    `patience` is pairs of (seconds waited, share that still waits), falling, from (0, 1) on; past
    the last pair patience ends at the last pair's rate. `known_share` of the calls are customers
    with earlier calls, who call `calls_a_month` times. `spelled` says in which forms a number is
    sent: `e164`, `national`, `bare`; each trunk keeps to one. Of captchas: `captcha_first` pass
    at the first try, `captcha_second` by the second, `captcha_hangup` hang up on it, and
    `no_keys` cannot send DTMF; the rest fails. `quits_after` ends who dialled so often in vain.
    """

    known_share: float = 0.41
    calls_a_month: float = 3.4
    patience: tuple[tuple[float, float], ...] = ((0.0, 1.0), (60.0, 0.82), (300.0, 0.49))
    after_busy: Redial = Redial(0.88, Lognormal(45.0, 0.8))
    after_refusal: Redial = Redial(0.75, Lognormal(120.0, 0.8))
    after_abandoning: Redial = Redial(0.40, Lognormal(430.0, 0.9))
    after_service: Redial = Redial(0.10, Lognormal(600.0, 0.9))
    captcha_first: float = 0.90
    captcha_second: float = 0.97
    captcha_hangup: float = 0.03
    no_keys: float = 0.015
    captcha_try: float = 13.0
    withheld: float = 0.06
    switchboard: float = 0.08
    relay: float = 0.015
    foreign: float = 0.01
    switchboards: int = 20
    attestation: Mapping[str, float] = field(
        default_factory=lambda: {"A": 0.58, "B": 0.18, "C": 0.06, "": 0.175, "invalid": 0.005}
    )
    area_codes: tuple[str, ...] = ("612", "651", "763", "952", "507", "218", "320")
    quits_after: int = 12


@dataclass(frozen=True, slots=True)
class CenterSite:
    """A call center and its usual day.

    `hourly` is the calls of people that usually come in each hour from `opens` on (hours since
    midnight); `service` the operator's time. `trunks` maps each trunk to its share of the calls.
    """

    name: str
    operators: int
    channels: int
    hourly: tuple[float, ...]
    opens: int = 8
    service: Lognormal = Lognormal(119.6, 0.953)
    trunks: Mapping[str, float] = field(
        default_factory=lambda: {"pri-1": 0.4, "sip-a": 0.35, "sip-b": 0.25}
    )
    dids: tuple[str, ...] = ("+16515392200",)
    people: People = field(default_factory=People)
    history_days: int = 30


class Numbers(StrEnum):
    """Whose numbers an attack shows."""

    POOL = "pool"  # `pool` valid numbers, used in turn or by chance
    FRESH = "fresh"  # a new valid number for each call
    UNALLOCATED = "unallocated"  # a new number that nobody can have for each call
    WITHHELD = "withheld"
    ABSENT = "absent"
    CUSTOMERS = "customers"  # numbers of the site's own customers, by chance; of `pool` of them
    NEIGHBOURS = "neighbours"  # new numbers of `pool` prefixes (NPA-NXX) near the site
    FOREIGN = "foreign"
    MIXED = "mixed"  # a tenth of the calls from 20 heavy numbers, the rest fresh


class Solving(StrEnum):
    """What a bot does when it is asked a captcha."""

    SILENT = "silent"  # nothing, until it is ended (24 s)
    ONE_KEY = "one-key"  # the same fixed key, which is no answer
    RANDOM = "random"  # random digits at each try
    SOLVE = "solve"  # the right ones with chance `solves`, else random digits
    HANG_UP = "hang-up"  # after about 4 s


@dataclass(frozen=True, slots=True)
class Wave:
    """When an attack dials: `per_hour` calls between `begins` and `begins + lasts`.

    `shape`: `steady`; `pulses` (`on` seconds at the full rate, `off` seconds none); `ramp` (from 0
    to the full rate at the end); `first-hour` (the full rate for an hour, then `later_per_hour`).
    `cadence`: `poisson`, or `regular` for even gaps.
    """

    per_hour: float
    begins: float = 3600.0
    lasts: float = 3600.0
    shape: str = "steady"
    on: float = 60.0
    off: float = 120.0
    later_per_hour: float = 0.0
    cadence: str = "poisson"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: when, as whom, and what its bots do at each turn.

    `attestation`, `trunks` and `dids` are mixes (name to share); empty = as the site's people.
    `redial_busy` / `redial_refused`: the bot dials again from the same number, so long after, at
    most `redials` times. `holds` is how long it keeps an operator (dead air), `waits` how long it
    stays in the queue. `customers_of` site numbers are used by `Numbers.CUSTOMERS`.
    """

    name: str
    wave: Wave
    numbers: Numbers = Numbers.FRESH
    pool: int = 1
    attestation: Mapping[str, float] = field(default_factory=dict)
    trunks: Mapping[str, float] = field(default_factory=dict)
    dids: Mapping[str, float] = field(default_factory=dict)
    solving: Solving = Solving.SILENT
    solves: float = 0.0
    redial_busy: Redial | None = None
    redial_refused: Redial | None = None
    redials: int = 3
    holds: Lognormal = Lognormal(22.0, 0.5)
    waits: Lognormal = Lognormal(300.0, 0.5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens at a site: `starts` hours after midnight, for `lasts` seconds.

    `rushes` are (begins, lasts, factor): so many times the usual people. People are judged whose
    first call falls into `judged` (begins, ends), which is the attack's time where not given.
    `held_out` scenarios are not to be used for tuning. `split` says which set it belongs to.
    """

    name: str
    site: str
    about: str
    attacks: tuple[Attack, ...] = ()
    rushes: tuple[tuple[float, float, float], ...] = ()
    starts: float = 9.0
    lasts: float = 10800.0
    judged: tuple[float, float] | None = None
    split: str = "named"


class End(StrEnum):
    """How one attempt to call ended, as its caller sees it."""

    TRUNK_FULL = "trunk-full"  # never screened
    BUSY = "busy"
    REFUSED = "refused"
    CAPTCHA_FAILED = "captcha-failed"
    CAPTCHA_ABANDONED = "captcha-abandoned"
    ABANDONED = "abandoned"
    SERVED = "served"


class Pressed(StrEnum):
    """How a caller's captcha ends."""

    PASSED = "passed"
    FAILED = "failed"
    SILENT = "silent"
    ABANDONED = "abandoned"


class Caller(Protocol):
    """One caller, person or bot, with chances of its own; lives on through its redials."""

    person: bool
    group: str
    """`known`, `unknown`, `withheld`, `switchboard`, `relay`, `foreign`, or `bot`."""

    def facts(self) -> Facts:
        """Return what the wire tells of the next attempt."""
        ...

    def captcha(self) -> tuple[Pressed, float]:
        """Return how a captcha ends with this caller now, and after how many seconds."""
        ...

    def patience(self) -> float:
        """Return how long the caller will wait in the queue this time, seconds."""
        ...

    def talk(self) -> float:
        """Return how long an operator is kept, seconds."""
        ...

    def again(self, end: End) -> float | None:
        """Return after how many seconds the caller dials again after such an end, or None."""
        ...


class Source(Protocol):
    """Where callers come from."""

    def arrivals(self) -> "Sequence[tuple[float, Caller]] | object":
        """Yield (moment, caller) of all first attempts, in order of time."""
        ...


@dataclass(frozen=True, slots=True)
class PastCall:
    """A customer's earlier call, `at` seconds before the scenario's first moment (negative)."""

    number: str
    at: float
    answered: bool
    talk: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the telephone side tells of its load every 5 s."""

    waiting: int
    operators_busy: int
    operators_total: int
    channels_in_use: int
    channels_total: int


@record
class Ruling:
    """What a defence says of a call.

    `priority` 0-10, larger is served sooner; `priority_failed` where who fails or presses no key
    but stays on the line may wait, None where such a caller is ended. `reason` is the strongest.
    """

    action: Action
    priority: int = 5
    treatment: Treatment | None = None
    priority_failed: int | None = None
    reason: str = ""


class Defence(Protocol):
    """What stands between trunk and operators; told the same things in the same order as an agent.

    Times are seconds since 1970. `person` is for the one defence that knows the truth; no other
    may look at it.
    """

    name: str

    def begin(self, site: CenterSite, now: float) -> None:
        """Take the size of the site; nothing else is known yet."""
        ...

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        """Learn from earlier days; `at` in them counts from `now`."""
        ...

    def see(self, seen: Seen, now: float) -> None:
        """Take what the telephone side tells of its load."""
        ...

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        """Rule on a call."""
        ...

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        """Take an event of a call, in the words of the decision stream.

        challenge_passed | challenge_failed | challenge_abandoned | queue_joined |
        operator_answered | hangup
        """
        ...


def draw(rng: Random, duration: Lognormal) -> float:
    """Draw one duration, seconds."""
    return duration.median * rng.lognormvariate(0.0, duration.sigma)
