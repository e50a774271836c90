"""Callers of the simulator whose every turn is written down, wherever their calls are played.

The simulator's center and the player over SIP ask a caller the same questions, so the same wrapper
tells of both what became of people. Moments are seconds of the day.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from screener.core.call import Facts
from screener.sim.model import Caller, End, Pressed

VERDICTS = ("admit", "challenge", "busy", "refuse", "trunk-full")
"""What was done with a call; a full trunk is nobody's verdict."""


@dataclass(slots=True)
class DayClock:
    """The present moment, set by whoever plays; nothing counts that happens after `lasts`."""

    lasts: float
    now: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether what happens now counts no more."""
        return self.now >= self.lasts


class WatchedCaller:
    """One caller as the simulator made it, with what became of it until the day was over.

    What it would do with a captcha is settled as it dials, so that its chances fall alike whether
    it is told beforehand where its sound goes or not.
    """

    __slots__ = (
        "_caller", "_captcha", "_day", "answered", "first_at", "group", "joined", "person", "told",
    )  # fmt: skip

    def __init__(self, caller: Caller, first_at: float, day: "Day") -> None:
        self.person = caller.person
        self.group = caller.group
        self.first_at = first_at
        self.told: Counter[str] = Counter()
        self.joined = False
        self.answered = False
        self._caller = caller
        self._day = day
        self._captcha = (Pressed.SILENT, 0.0)

    def facts(self) -> Facts:
        """Return what the wire tells of this attempt, and settle how a captcha would end."""
        self._day.dialling = self
        self._captcha = self._caller.captcha()
        return self._caller.facts()

    def captcha(self) -> tuple[Pressed, float]:
        """Return how a captcha ends with this attempt, and after how many seconds."""
        pressed, after = self._captcha
        return pressed, self._day.captcha_takes.get(pressed, after)

    def patience(self) -> float:
        """Return how long it waits in the queue, which it has joined now."""
        self.joined = self.joined or not self._day.clock.is_over
        return self._caller.patience()

    def talk(self) -> float:
        """Return how long it keeps the operator who has answered now."""
        self.answered = self.answered or not self._day.clock.is_over
        return self._caller.talk()

    def again(self, end: End) -> float | None:
        """Return after how many seconds it dials again after such an end, None for never."""
        return self._caller.again(end)


@dataclass(slots=True)
class Day:
    """What one play of the day came to; `verdicts` are those of calls before its end.

    `captcha_s` are the seconds from the verdict to a captcha's end, by how it ended, as it was
    played; `captcha_takes` those that it is to take, where its callers do not know better.
    `bots_passed` counts bots that passed one, `incidents` those that the agent told of.
    """

    clock: DayClock
    callers: list[WatchedCaller] = field(default_factory=list)
    people: Counter[str] = field(default_factory=Counter)
    bots: Counter[str] = field(default_factory=Counter)
    captcha_s: dict[Pressed, list[float]] = field(default_factory=dict)
    captcha_takes: Mapping[Pressed, float] = field(default_factory=dict)
    bots_passed: int = 0
    incidents: int = 0
    dialling: WatchedCaller | None = None
    """Who asked last what the wire tells of it: whose call is ruled on now."""

    def watch(self, caller: Caller, moment: float) -> WatchedCaller:
        """Return the caller, watched from its first attempt on."""
        watched = WatchedCaller(caller, moment, self)
        self.callers.append(watched)
        return watched

    def note(self, caller: WatchedCaller, verdict: str, dialled_at: float) -> None:
        """Count what was done with a call."""
        if dialled_at < self.clock.lasts:
            (self.people if caller.person else self.bots)[verdict] += 1
            caller.told[verdict] += 1


@dataclass(frozen=True, slots=True)
class Fates:
    """Of the people who first called while the attack lasted: shares, 0-1."""

    people: int
    answered: float
    queued: float
    challenged: float
    busied: float
    refused: float

    @classmethod
    def of(cls, callers: Sequence[WatchedCaller], since: float) -> "Fates":
        """Return what became of the people who first called from `since` on."""
        people = [one for one in callers if one.person and one.first_at >= since]
        total = max(len(people), 1)
        return cls(
            len(people),
            sum(one.answered for one in people) / total,
            sum(one.joined for one in people) / total,
            sum(one.told["challenge"] > 0 for one in people) / total,
            sum(one.told["busy"] > 0 for one in people) / total,
            sum(one.told["refuse"] > 0 for one in people) / total,
        )
