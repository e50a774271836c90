"""The agent's figures at a moment, for whoever keeps them over time; nothing is told per caller.

What a figure is called outside, and how it gets there, is an adapter's (`adapters.metrics`).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from screener.core.call import Load
from screener.core.demand import who_in
from screener.core.engine import Engine
from screener.core.settings import SEVERITY, Level
from screener.ports import Clock
from screener.service.front import Front
from screener.service.sharing import SharingFigures
from screener.service.tally import Tally

FRESH_S = 60.0
"""An estimate of the demand that is older tells of nothing that swells now."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures as of one moment; counts are since the agent's start.

    `latency` is (edge in seconds, calls up to it), rising, over `latency_sum` seconds in all.
    `swollen` counts crowds above their usual share by the kind of their callers. `sharing` is None
    where nothing is shared.
    """

    verdicts: Mapping[str, int]
    would: Mapping[str, int]
    faults: Mapping[str, int]
    latency: tuple[tuple[float, int], ...]
    latency_sum: float
    level: Level
    pressure: float
    places_taken: int
    places: int
    is_attacked: bool
    incidents: int
    excess_per_s: float
    swollen: Mapping[str, int]
    sharing: SharingFigures | None = None
    turned_away: int = 0
    """Calls above the cap."""
    refused_in_front: Mapping[str, int] = field(default_factory=dict)
    """Calls that a proxy in front refused, by the kind of block."""
    front_up: bool = False


class FigureReader:
    """Reads the figures of a running agent; `engine` returns the one in force."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        tally: Tally,
        complete: Callable[[Load], Load],
        clock: Clock,
        *,
        sharing: Callable[[], SharingFigures | None] = lambda: None,
        front: Front | None = None,
    ) -> None:
        self._sharing = sharing
        self._front = front
        self._engine = engine
        self._tally = tally
        self._complete = complete
        self._clock = clock

    def __call__(self) -> Figures:
        """Return the figures as of now."""
        now, engine, tally = self._clock(), self._engine(), self._tally
        watch = engine.incidents
        watch.pass_time(now)
        pressure = engine.pressure(self._complete(Load()), now)
        return Figures(
            {action.value: tally.verdicts[action.value] for action in SEVERITY},
            {action.value: tally.would[action.value] for action in SEVERITY},
            dict(tally.faults),
            tally.latency.up_to(),
            tally.latency.total_s,
            pressure.level,
            pressure.value,
            min(len(engine.lane), engine.lane.places),
            engine.lane.places,
            watch.active is not None,
            watch.begun,
            watch.excess_per_s(now),
            _swollen(engine, now),
            self._sharing(),
            engine.admission.turned_away,
            dict(self._front.counts.refused) if self._front else {},
            self._front is not None and self._front.state == "up",
        )


def _swollen(engine: Engine, now: float) -> Mapping[str, int]:
    demand = engine.crowds.demand
    if demand is None or now - demand.at > FRESH_S:
        return {}
    return Counter(who_in(key) for key in demand.swollen)
