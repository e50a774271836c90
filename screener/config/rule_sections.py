"""The sections of the configuration that say how calls are judged.

Their keys are the fields of `core.settings`, whose defaults they take.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from screener.config.sections import Finding, Items, Precheck, Section, known_names
from screener.config.times import Duration
from screener.config.values import Kind, Number, Text, Truth, Whole, one_of
from screener.core.number import CallerClass, NumberPlan
from screener.core.settings import (
    DEFAULT_GROUPS,
    DEFAULT_SIGNALS,
    Action,
    GroupCap,
    KeyField,
    Level,
    Mode,
    PolicySettings,
    PressureSettings,
    ReputationSettings,
    Site,
    TableSizes,
    Thresholds,
    Treatment,
)

SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3_600.0, 86_400.0
YEAR = 365 * DAY

POINTS = Number(-100, 100)
ENTRIES = Whole(1_000, 10_000_000)
NAME = Text(31, 1, "[a-z][a-z0-9-]*", "a name of a-z, 0-9 and -, from a letter on, 1 to 31 long")

REFUSAL_CODES = (403, 404, 410, 480, 486, 503, 600, 603, 604, 607, 608)
"""Final codes that tell a caller's side no (RFC 3261 section 21, RFC 8197, RFC 8688).

Left out is what asks the other side for something else: credentials (401, 407), other media
(415, 488), another try at once (408, 491, 500).
"""

_SITE = Site()
_REPUTATION = ReputationSettings()
_PRESSURE = PressureSettings()
_POLICY = PolicySettings()
_TABLES = TableSizes()


@dataclass(frozen=True, slots=True)
class Region(Kind):
    """The region whose numbering plan numbers are read by."""

    range = "two capital letters"
    allowed = "the two capital letters of a country or region with a numbering plan, such as US"

    def read(self, value: object) -> str:
        """Return the region; raises ValueError."""
        if not isinstance(value, str) or len(value) != 2:  # noqa: PLR2004 - ISO 3166 alpha-2
            raise ValueError
        try:
            NumberPlan(value)
        except ValueError:
            raise ValueError("") from None
        return value


class SiteSection(Section):
    """`site`: the size of what is protected."""

    operators: Annotated[int, Whole(1, 10_000)] = _SITE.operators
    channels: Annotated[int, Whole(1, 100_000)] = _SITE.channels
    mean_service: Annotated[float, Duration(SECOND, DAY)] = _SITE.mean_service


class WindowSection(Section):
    """One of a limit's `windows`."""

    calls: Annotated[int, Whole(1, 1_000_000)]
    per: Annotated[float, Duration(SECOND, 30 * DAY)]


class LimitSection(Section):
    """One of `limits`."""

    name: Annotated[str, NAME]
    key: Annotated[list[Annotated[KeyField, one_of(KeyField)]], Items(1, 4)]
    windows: Annotated[list[WindowSection], Items(1, 8)]
    points: Annotated[float, POINTS]
    mode: Annotated[Mode, one_of(Mode)] = Mode.INHERIT
    classes: Annotated[list[Annotated[CallerClass, one_of(CallerClass)]], Items(0, 8)] = Field(
        default_factory=list
    )

    def check(self) -> Iterator[Finding]:
        """Each field of the key stands once."""
        for number, name in enumerate(self.key):
            if name in self.key[:number]:
                yield Finding(("key", number), f'is "{name}" again; each field stands once')


class SignalSection(Section):
    """One of `signals`; what is left out keeps its default."""

    points: Annotated[float | None, POINTS] = None
    mode: Annotated[Mode | None, one_of(Mode)] = None


class GroupSection(Section):
    """One of `groups`; what is left out keeps its default."""

    low: Annotated[float | None, POINTS] = None
    high: Annotated[float | None, POINTS] = None


def merged_group(name: str, low: float | None, high: float | None) -> GroupCap:
    """Return the group's bounds with its defaults where none are given."""
    default = DEFAULT_GROUPS[name]
    return GroupCap(default.low if low is None else low, default.high if high is None else high)


def _look_for_crossed_bounds(value: object) -> Iterator[Finding]:
    for name, item in value.items() if isinstance(value, dict) else ():
        if name not in DEFAULT_GROUPS or not isinstance(item, dict):
            continue
        bounds = merged_group(name, _number(item.get("low")), _number(item.get("high")))
        if bounds.low > bounds.high:
            told = f"has low {bounds.low:g} over high {bounds.high:g}; allowed: low <= high"
            yield Finding((name,), told)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


SIGNAL_NAMES = known_names(DEFAULT_SIGNALS)
GROUP_NAMES = known_names(DEFAULT_GROUPS)
GROUP_BOUNDS = Precheck(_look_for_crossed_bounds)


class ReputationSection(Section):
    """`reputation`: how evidence about a caller is earned and forgotten."""

    good_half_life: Annotated[float, Duration(HOUR, 10 * YEAR)] = _REPUTATION.good_half_life
    bad_half_life: Annotated[float, Duration(SECOND, 30 * DAY)] = _REPUTATION.bad_half_life
    pass_ttl: Annotated[float, Duration(0, YEAR)] = _REPUTATION.pass_ttl
    least_talk: Annotated[float, Duration(0, HOUR)] = _REPUTATION.least_talk
    known_after: Annotated[float, Duration(0, YEAR)] = _REPUTATION.known_after
    failed_challenge: Annotated[float, Number(0, 100)] = _REPUTATION.failed_challenge
    block_after: Annotated[int, Whole(0, 100)] = _REPUTATION.block_after
    block_for: Annotated[float, Duration(0, DAY)] = _REPUTATION.block_for
    redial_after: Annotated[float, Duration(0, HOUR)] = _REPUTATION.redial_after
    redial_within: Annotated[float, Duration(0, DAY)] = _REPUTATION.redial_within


class _MarksSection(Section):
    calm: float
    full: float

    def check(self) -> Iterator[Finding]:
        """The calm mark is below the full one."""
        if self.calm >= self.full:
            told = f"is {self.calm:g}; allowed: less than full ({self.full:g})"
            yield Finding(("calm",), told)


class QueueMarks(_MarksSection):
    """`pressure.queue`: callers waiting for each operator."""

    calm: Annotated[float, Number(0, 1_000)] = _PRESSURE.queue.calm
    full: Annotated[float, Number(0, 1_000)] = _PRESSURE.queue.full


class ChannelMarks(_MarksSection):
    """`pressure.channels`: the share of the trunk's channels in use."""

    calm: Annotated[float, Number(0, 1)] = _PRESSURE.channels.calm
    full: Annotated[float, Number(0, 1)] = _PRESSURE.channels.full


class ArrivalMarks(_MarksSection):
    """`pressure.arrivals`: calls coming in for each call the operators can take."""

    calm: Annotated[float, Number(0, 1_000)] = _PRESSURE.arrivals.calm
    full: Annotated[float, Number(0, 1_000)] = _PRESSURE.arrivals.full


class PressureSection(Section):
    """`pressure`: from what it is read, and how it moves between levels."""

    queue: QueueMarks = QueueMarks()
    channels: ChannelMarks = ChannelMarks()
    arrivals: ArrivalMarks = ArrivalMarks()
    window: Annotated[float, Duration(SECOND, HOUR)] = _PRESSURE.window
    hold: Annotated[float, Duration(0, HOUR)] = _PRESSURE.hold
    rising_at: Annotated[float, Number(0.01, 1)] = _PRESSURE.rising_at
    full_at: Annotated[float, Number(0.01, 1)] = _PRESSURE.full_at
    hysteresis: Annotated[float, Number(0, 0.99)] = _PRESSURE.hysteresis

    def check(self) -> Iterator[Finding]:
        """Levels rise in order, and each can be left again."""
        if self.rising_at >= self.full_at:
            allowed = f"less than full_at ({self.full_at:g})"
            yield Finding(("rising_at",), f"is {self.rising_at:g}; allowed: {allowed}")
        if self.hysteresis >= self.rising_at:
            allowed = f"less than rising_at ({self.rising_at:g}), or calm never returns"
            yield Finding(("hysteresis",), f"is {self.hysteresis:g}; allowed: {allowed}")


class LevelThresholds(Section):
    """The thresholds at one level; what is left out keeps its default."""

    challenge: Annotated[float | None, POINTS] = None
    drop: Annotated[float | None, POINTS] = None


class ThresholdsSection(Section):
    """`policy.thresholds`: from which score on a call is challenged or dropped."""

    calm: LevelThresholds = LevelThresholds()
    rising: LevelThresholds = LevelThresholds()
    full: LevelThresholds = LevelThresholds()

    def merged(self) -> dict[Level, Thresholds]:
        """Return the thresholds with their defaults where none are given."""
        merged = {}
        for level, default in _POLICY.thresholds.items():
            given: LevelThresholds = getattr(self, level.value)
            merged[level] = Thresholds(
                default.challenge if given.challenge is None else given.challenge,
                default.drop if given.drop is None else given.drop,
            )
        return merged

    def check(self) -> Iterator[Finding]:
        """Each level challenges before it drops, and no level is milder than the one below."""
        merged = self.merged()
        milder: tuple[Level, Thresholds] | None = None
        for level, own in merged.items():
            if own.challenge >= own.drop:
                told = f"has challenge {own.challenge:g} and drop {own.drop:g}"
                yield Finding((level.value,), f"{told}; allowed: challenge less than drop")
            if milder is not None:
                below, its = milder
                for name in ("challenge", "drop"):
                    if getattr(own, name) > getattr(its, name):
                        told = f"is {getattr(own, name):g}; allowed: at most {getattr(its, name):g}"
                        yield Finding((level.value, name), f"{told}, as at {below}")
            milder = level, own


class PolicySection(Section):
    """`policy`: how a score becomes a verdict."""

    thresholds: ThresholdsSection = ThresholdsSection()
    refuse_from: Annotated[float, POINTS] = _POLICY.refuse_from
    refuse_with: Annotated[Treatment, one_of(Treatment)] = _POLICY.refuse_with
    refuse_code: Annotated[int, one_of(REFUSAL_CODES)] = _POLICY.refuse_code
    malformed: Annotated[Action, one_of(Action)] = _POLICY.malformed
    come_again: Annotated[bool, Truth()] = _POLICY.come_again
    doubted_last: Annotated[bool, Truth()] = _POLICY.doubted_last


class TablesSection(Section):
    """`tables`: how many entries each table may hold."""

    counters: Annotated[int, ENTRIES] = _TABLES.counters
    callers: Annotated[int, ENTRIES] = _TABLES.callers
    known: Annotated[int, ENTRIES] = _TABLES.known
    calls: Annotated[int, ENTRIES] = _TABLES.calls
    busied: Annotated[int, ENTRIES] = _TABLES.busied
    prefixes: Annotated[int, ENTRIES] = _TABLES.prefixes
