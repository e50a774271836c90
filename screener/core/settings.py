"""Everything an admin can set about the rules, as plain values; `config` reads it from YAML.

The defaults here are the embedded ones: `config/screener.yaml` says the same, key by key, with
units and ranges. Durations are seconds, points are log-odds-like (positive = unwanted).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass
from screener.core.question import QuestionKind


class Mode(StrEnum):
    """Whether a verdict, or a signal's points in it, take effect or are only recorded."""

    OBSERVE = "observe"
    ENFORCE = "enforce"
    INHERIT = "inherit"


class KeyField(StrEnum):
    """What of a call a limit counts by."""

    NUMBER = "number"
    PREFIX = "prefix"
    CLASS = "class"
    TRUNK = "trunk"
    DID = "did"
    SOURCE = "source"
    ATTESTATION = "attestation"
    ORIGID = "origid"


class Level(StrEnum):
    """How loaded the protected resources are."""

    CALM = "calm"
    RISING = "rising"
    FULL = "full"


class Action(StrEnum):
    """What is done with a call; ordered from mild to severe by `SEVERITY`."""

    ADMIT = "admit"
    CHALLENGE = "challenge"
    DROP = "drop"


class Treatment(StrEnum):
    """How a dropped call is refused: come again, not at all, or with a word of redress."""

    BUSY = "busy"
    REFUSE = "refuse"
    ANNOUNCE = "announce"


class Hold(StrEnum):
    """What a caller hears before the captcha begins."""

    SILENCE = "silence"
    MUSIC = "music"
    RINGING = "ringing"


class EarlyKeys(StrEnum):
    """What becomes of keys pressed while the captcha still speaks."""

    IGNORE = "ignore"
    COUNT = "count"


class Prompts(StrEnum):
    """Which set of sounds speaks: Asterisk's own, or the one that `screener prompts` makes."""

    STOCK = "stock"
    SCREENER = "screener"


class Overflow(StrEnum):
    """What becomes of a call to be challenged when the captcha lane has no place for it.

    `follow` admits it last in line while queue and trunk have room, and tells it busy otherwise,
    as it does who calls from a number whose own places are all taken.
    """

    FOLLOW = "follow"
    ADMIT = "admit"
    BUSY = "busy"


SEVERITY = (Action.ADMIT, Action.CHALLENGE, Action.DROP)


@dataclass(frozen=True, slots=True)
class Window:
    """A burst of `calls` calls, refilled evenly over `per` seconds."""

    calls: int
    per: float


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """One declared limit; the strictest exceeded window speaks. No `classes` means all."""

    name: str
    key: tuple[KeyField, ...]
    windows: tuple[Window, ...]
    points: float
    mode: Mode = Mode.INHERIT
    classes: frozenset[CallerClass] = frozenset()


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """What one signal weighs and whether it takes effect."""

    points: float
    mode: Mode = Mode.INHERIT


@dataclass(frozen=True, slots=True)
class GroupCap:
    """Between which bounds the points of one group may add up."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score on a call is challenged, and from which on it is dropped."""

    challenge: float
    drop: float


@dataclass(frozen=True, slots=True)
class ReputationSettings:
    """How evidence about a caller is earned and forgotten."""

    good_half_life: float = 60 * 86_400.0
    bad_half_life: float = 15 * 60.0
    pass_ttl: float = 12 * 3_600.0
    least_talk: float = 20.0
    known_after: float = 86_400.0
    failed_challenge: float = 1.0
    block_after: int = 2
    block_for: float = 15 * 60.0
    redial_after: float = 5.0
    redial_within: float = 5 * 60.0


@dataclass(frozen=True, slots=True)
class Marks:
    """The ratio at which a resource counts as untroubled and the one at which it is full."""

    calm: float
    full: float


@dataclass(frozen=True, slots=True)
class PressureSettings:
    """From what the pressure is read, and how it moves between levels."""

    queue: Marks = Marks(0.25, 2.0)
    channels: Marks = Marks(0.6, 0.95)
    arrivals: Marks = Marks(1.5, 6.0)
    window: float = 60.0
    hold: float = 60.0
    rising_at: float = 0.35
    full_at: float = 0.9
    hysteresis: float = 0.15


@dataclass(frozen=True, slots=True)
class Site:
    """The size of what is protected."""

    operators: int = 8
    channels: int = 46
    mean_service: float = 177.0


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How a score becomes a verdict.

    `come_again` tells new callers of a crowd busy whose machines pass challenges, `doubted_last`
    serves who may be part of an attack behind all others.
    """

    thresholds: dict[Level, Thresholds] = field(
        default_factory=lambda: {
            Level.CALM: Thresholds(5.0, 14.0),
            Level.RISING: Thresholds(3.5, 9.0),
            Level.FULL: Thresholds(2.5, 7.0),
        }
    )
    refuse_from: float = 12.0
    refuse_with: Treatment = Treatment.REFUSE
    refuse_code: int = 603
    malformed: Action = Action.CHALLENGE
    come_again: bool = True
    doubted_last: bool = True


@dataclass(frozen=True, slots=True)
class CaptchaSettings:
    """The captcha: how it asks, how many may be asked at once, and who goes first then."""

    digits: int = 2
    kinds: tuple[QuestionKind, ...] = (QuestionKind.REPEAT,)
    tries: int = 2
    key_wait: float = 5.0
    early_keys: EarlyKeys = EarlyKeys.IGNORE
    prompts: Prompts = Prompts.STOCK
    languages: tuple[str, ...] = ("en",)
    hold: Hold = Hold.SILENCE
    hold_for: float = 1.0
    seconds: float = 30.0
    places: int = 10_000
    share_of_channels: float = 0.7
    places_per_number: int = 2
    best_first_from: float = 0.85
    when_full: Overflow = Overflow.FOLLOW
    silent_places: int = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """Open on the days from `first` to `last` (0 = Monday), in seconds since midnight there."""

    first: int
    last: int
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Hours:
    """When the site is open, in its own time; all week where no opening is given.

    `closed_on` are days as YYYY-MM-DD on which it is closed all the same.
    """

    timezone: str = "UTC"
    openings: tuple[Opening, ...] = ()
    closed_on: tuple[str, ...] = ()
    when_closed: Treatment = Treatment.ANNOUNCE
    learn_arrivals: bool = True


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    """How callers alike are compared with their usual share of the calls.

    `fast` and `slow` are the windows calls are counted over, `tally` the time that challenges and
    busy tones count (seconds). `sure` is in standard deviations. `odds` and `odds_known` are the
    log-odds that usually speak for a new and for a known caller, `even_odds` the score of a
    caller for whom and against whom as much speaks. `spare_share` is the part of the operators'
    free time that doubtful calls may take, `redial_share` the share of people who call again after
    a busy tone; `most` bounds the points.
    """

    learn: bool = True
    fast: float = 60.0
    slow: float = 600.0
    tally: float = 600.0
    usual_half_life: float = 7 * 86_400.0
    least_taught: int = 60
    sure: float = 3.0
    still: float = 1.15
    odds: float = 4.0
    odds_known: float = 8.0
    even_odds: float = 5.0
    spare_share: float = 0.5
    redial_share: float = 0.88
    most: float = 14.0


@dataclass(frozen=True, slots=True)
class AdmissionSettings:
    """How many calls a second are judged before who is not known is told busy; 0 = no such cap."""

    calls_per_second: int = 300


@dataclass(frozen=True, slots=True)
class TableSizes:
    """How many entries each table may hold; the memory of the agent follows from them."""

    counters: int = 200_000
    callers: int = 100_000
    known: int = 100_000
    calls: int = 20_000
    busied: int = 20_000
    prefixes: int = 20_000


DEFAULT_SIGNALS: dict[str, SignalSpec] = {
    "deny-list": SignalSpec(20.0),
    "allow-list": SignalSpec(-20.0),
    "withheld": SignalSpec(1.0),
    "no-number": SignalSpec(1.5),
    "junk-number": SignalSpec(3.0),
    "unallocated-number": SignalSpec(4.0),
    "short-number": SignalSpec(0.5),
    "attestation-a": SignalSpec(-0.5),
    "attestation-b": SignalSpec(0.25),
    "attestation-c": SignalSpec(0.5),
    "attestation-failed": SignalSpec(3.0),
    "new-caller": SignalSpec(1.0),
    "known-caller": SignalSpec(-4.0),
    "known-elsewhere": SignalSpec(3.0),
    "credit-lapsed": SignalSpec(0.0),
    "served-before": SignalSpec(-1.5),
    "passed-challenge": SignalSpec(-3.0),
    "redial-after-busy": SignalSpec(-1.0),
    "swollen-crowd": SignalSpec(1.0),
    "held-operators": SignalSpec(4.5),
    "failed-challenges": SignalSpec(2.0),
    "challenge-block": SignalSpec(6.0),
}

DEFAULT_GROUPS: dict[str, GroupCap] = {
    "lists": GroupCap(-20.0, 20.0),
    "number": GroupCap(0.0, 5.0),
    "attestation": GroupCap(-1.0, 3.0),
    "history": GroupCap(-9.0, 6.0),
    "challenges": GroupCap(0.0, 10.0),
    "limits": GroupCap(0.0, 14.0),
    "crowd": GroupCap(-14.0, 14.0),
}

DEFAULT_LISTS: tuple[ListSpec, ...] = (
    ListSpec("emergency", ListAction.ALLOW, ("911", "112", "933"), reason="emergency call-backs"),
    ListSpec("relay", ListAction.EXEMPT, ("711",), reason="telecommunications relay"),
)

DEFAULT_LIMITS: tuple[LimitSpec, ...] = (
    LimitSpec("number-burst", (KeyField.NUMBER,), (Window(4, 600), Window(12, 86_400)), 4.0),
    LimitSpec("number-flood", (KeyField.NUMBER,), (Window(20, 600),), 8.0),
    LimitSpec(
        "prefix-surge",
        (KeyField.PREFIX,),
        (Window(60, 600),),
        1.5,
        classes=frozenset({CallerClass.VALID, CallerClass.FOREIGN, CallerClass.UNALLOCATED}),
    ),
    LimitSpec(
        "unallocated-surge",
        (KeyField.CLASS,),
        (Window(6, 60),),
        4.0,
        classes=frozenset({CallerClass.UNALLOCATED, CallerClass.JUNK}),
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole rule book, with the hash that stands in every verdict made under it."""

    mode: Mode = Mode.OBSERVE
    region: str = "US"
    prefix_tail: int = 4
    site: Site = Site()
    lists: tuple[ListSpec, ...] = DEFAULT_LISTS
    limits: tuple[LimitSpec, ...] = DEFAULT_LIMITS
    signals: dict[str, SignalSpec] = field(default_factory=lambda: dict(DEFAULT_SIGNALS))
    groups: dict[str, GroupCap] = field(default_factory=lambda: dict(DEFAULT_GROUPS))
    reputation: ReputationSettings = ReputationSettings()
    pressure: PressureSettings = PressureSettings()
    policy: PolicySettings = field(default_factory=PolicySettings)
    captcha: CaptchaSettings = CaptchaSettings()
    hours: Hours = Hours()
    crowds: CrowdSettings = CrowdSettings()
    admission: AdmissionSettings = AdmissionSettings()
    tables: TableSizes = TableSizes()
    config_hash: str = "default"
