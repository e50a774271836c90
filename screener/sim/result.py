"""What one run of the simulator leaves behind, before anything is judged: people, bots, minutes.

Figures such as the share served are made of it by `judging`, tables and plots by the commands.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Journey:
    """One person who wanted to be served: all calls from the first one to the last.

    `served_at` is when an operator answered, None where nobody ever did; `wait` the seconds in the
    queue before that. Counted are the calls (`attempts`) and what our side did to them; a full
    trunk (`trunk_full`) is nobody's verdict.
    """

    group: str
    first_at: float
    served_at: float | None = None
    wait: float = 0.0
    attempts: int = 0
    challenged: int = 0
    busied: int = 0
    refused: int = 0
    trunk_full: int = 0
    captcha_failed: int = 0
    abandoned: int = 0

    @property
    def dropped(self) -> bool:
        """Whether any of the calls was dropped by a verdict, busy or refused."""
        return self.busied + self.refused > 0


@dataclass(slots=True)
class Bots:
    """The attack's calls by what became of them; `stolen_s` is the operators' time it took."""

    calls: int = 0
    trunk_full: int = 0
    admitted: int = 0
    challenged: int = 0
    passed: int = 0
    busied: int = 0
    refused: int = 0
    served: int = 0
    stolen_s: float = 0.0


@dataclass(slots=True)
class Minute:
    """One minute of the plot.

    `people` and `bots` count calls by what was done: `admit`, `challenge`, `busy`, `refuse`,
    `trunk-full`. `waits` are the queue waits (s) of the people answered in it, `missed` how many
    people gave up for good in it. `waiting`, `channels`, `operators_busy` are as last seen.
    """

    people: Counter[str] = field(default_factory=Counter)
    bots: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    missed: int = 0
    waiting: int = 0
    channels: int = 0
    operators_busy: int = 0


@dataclass(slots=True)
class Run:
    """One scenario played once; times in it are seconds from the scenario's first moment."""

    scenario: str
    defence: str
    seed: int
    lasts: float
    judged: tuple[float, float]
    operators: int
    journeys: list[Journey] = field(default_factory=list)
    bots: Bots = field(default_factory=Bots)
    minutes: list[Minute] = field(default_factory=list)
    decisions: int = 0
    faults: int = 0
    """Exceptions of the defence; each such call was admitted."""
    talked_s: float = 0.0
    """Operator time spent with people."""
    decision_s: list[float] = field(default_factory=list)
    """How long each decision took, where the run was given a timer."""
