"""What the agent's `status` tells, as a page needs it: typed, and none of it trusted to be there.

An agent of another version may answer: what it does not tell, or tells oddly, is unknown. The
words of the reply are the agent's (`daemon`), asking for it is the hub's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from screener.core.settings import Level, Mode
from screener.web.hub_seconds import Gauge

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Attack:
    """The incident under way; `excess_per_s` are unwanted calls a second just now."""

    number: str
    began: float
    calls: int
    unwanted: int
    peak_per_minute: int
    excess_per_s: float
    marks: tuple[str, ...]
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueView:
    """The operator queue as the agent watches it: `off`, `fresh` (with figures) or `stale`."""

    state: str = "off"
    why: str = ""
    waiting: int | None = None
    longest_wait_s: int | None = None
    logged_in: int | None = None
    ready: int | None = None

    @property
    def busy(self) -> int | None:
        """Return how many operators are logged in and not free to take a call."""
        if self.logged_in is None or self.ready is None:
            return None
        return max(self.logged_in - self.ready, 0)


@dataclass(frozen=True, slots=True)
class SharingView:
    """What this edge shares with others; `alone_since` is 0 until it is known since when.

    `namesakes` are where other agents share under this edge's name, `waiting` is what the store
    is still to be told.
    """

    edge: str
    is_alone: bool
    alone_since: float
    why: str
    waiting: int
    namesakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """The agent at one moment; a moment is seconds since 1970, 0 for none."""

    version: str
    mode: Mode | None
    config: str
    up_since: float
    paused_until: float
    level: Level
    pressure: float
    parts: Mapping[str, float]
    queue: QueueView
    taken: int | None
    places: int | None
    attack: Attack | None
    faults: int
    not_recorded: int
    site: str
    sharing: SharingView | None

    @property
    def gauge(self) -> Gauge:
        """Return what is kept of it for the charts."""
        queue = self.queue
        return Gauge(
            self.level,
            self.pressure,
            queue.waiting,
            queue.longest_wait_s,
            taken=self.taken,
        )


_MOST = 1e15
"""What is larger, or no number at all (NaN), is nothing that an agent tells."""


def read_status(told: Told) -> AgentStatus:
    """Return what a reply tells; never raises."""
    pressure, captchas = _part(told, "pressure"), _part(told, "captchas")
    mode, level = _text(told, "mode"), _text(pressure, "level")
    parts = {name: _number(pressure, name) or 0.0 for name in ("queue", "channels", "arrivals")}
    return AgentStatus(
        version=_text(told, "version"),
        mode=Mode(mode) if mode in set(Mode) else None,
        config=_text(told, "config"),
        up_since=_number(told, "up_since") or 0.0,
        paused_until=_number(told, "paused_until") or 0.0,
        level=Level(level) if level in set(Level) else Level.CALM,
        pressure=_number(pressure, "value") or 0.0,
        parts=parts,
        queue=_queue(_part(told, "queue_feed")),
        taken=whole(captchas, "taken"),
        places=whole(captchas, "places"),
        attack=_attack(_part(told, "incident")),
        faults=sum(whole(_part(told, "faults"), name) or 0 for name in _part(told, "faults")),
        not_recorded=whole(_part(told, "decision_log"), "not_recorded") or 0,
        site=_text(_part(told, "site"), "state"),
        sharing=_sharing(_part(told, "sharing")),
    )


def whole(told: Told, name: str) -> int | None:
    """Return a count that is told, None where it is none."""
    value = told.get(name)
    return value if type(value) is int else None


def _queue(told: Told) -> QueueView:
    return QueueView(
        _text(told, "state") or "off",
        _text(told, "why"),
        whole(told, "waiting"),
        whole(told, "longest_wait_s"),
        whole(told, "logged_in"),
        whole(told, "ready"),
    )


def _sharing(told: Told) -> SharingView | None:
    if not told:
        return None
    namesakes = told.get("namesakes")
    return SharingView(
        _text(told, "edge"),
        told.get("state") == "alone",
        _number(told, "alone_since") or 0.0,
        _text(told, "why"),
        whole(told, "waiting_to_tell") or 0,
        tuple(one for one in namesakes if type(one) is str) if type(namesakes) is list else (),
    )


def _attack(told: Told) -> Attack | None:
    if told.get("state") != "active":
        return None
    return Attack(
        _text(told, "id"),
        _number(told, "began") or 0.0,
        whole(told, "calls") or 0,
        whole(told, "unwanted") or 0,
        whole(told, "peak_per_minute") or 0,
        _number(told, "excess_per_s") or 0.0,
        _sentences(told, "marks"),
        _sentences(told, "done"),
    )


def _sentences(told: Told, name: str) -> tuple[str, ...]:
    return tuple(part for part in _text(told, name).split("; ") if part)


def _part(told: Told, name: str) -> Told:
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(told: Told, name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _number(told: Told, name: str) -> float | None:
    value = told.get(name)
    if type(value) not in {int, float} or not -_MOST <= value <= _MOST:  # type: ignore[operator]  # told by its type
        return None
    return float(value)  # type: ignore[arg-type]  # the same
