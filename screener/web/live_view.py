"""The live page's charts, the same by the minute, and its last calls, from what the hub knows.

Pure. What they stand in is the templates' business, the figures of now are `live_cards`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from screener.config.load import Config
from screener.core.settings import Mode
from screener.web.charts import (
    RULED_WORDS,
    Chart,
    calls_chart,
    class_of,
    gauge_chart,
)
from screener.web.hub import Snapshot, ruled_of
from screener.web.hub_seconds import Column, Gauge


@dataclass(frozen=True, slots=True)
class CallLine:
    """One of the last calls; `at` is seconds since 1970, `call_id` the id of its page."""

    call_id: str
    at: float
    verdict: str
    treatment: str
    kind: str
    would: str
    reasons: str
    caller: str
    did: str
    trunk: str
    outcome: str


@dataclass(frozen=True, slots=True)
class MinuteLine:
    """One minute of the charts as figures; empty where it is not known."""

    at: float
    calls: tuple[str, ...]
    waiting: str
    longest: str
    pressure: str


def is_observing(snapshot: Snapshot, config: Config) -> bool:
    """Say whether the agent, or, where none is there, the configuration only observes."""
    mode = snapshot.status.mode if snapshot.status else None
    return (mode or config.settings.mode) is Mode.OBSERVE


def charts(snapshot: Snapshot, columns: Sequence[Column], config: Config) -> list[Chart]:
    """Return the charts of ten minutes."""
    gauges = [column.gauge for column in columns]
    pressure = config.settings.pressure
    longest = gauge_chart(
        "longest",
        "Longest wait, seconds",
        columns,
        [one.longest_wait_s if one else None for one in gauges],
    )
    return [
        calls_chart(columns, observing=is_observing(snapshot, config)),
        gauge_chart(
            "waiting",
            "Callers waiting for an operator",
            columns,
            [one.waiting if one else None for one in gauges],
        ),
        *([longest] if config.ami.host else []),  # only a watched queue tells it
        gauge_chart(
            "pressure",
            f"Pressure: rising from {pressure.rising_at:g}, full from {pressure.full_at:g}",
            columns,
            [one.pressure if one else None for one in gauges],
            marks=(pressure.rising_at, pressure.full_at),
            top=1.0,
        ),
    ]


def minutes(columns: Sequence[Column]) -> list[MinuteLine]:
    """Return columns of a minute each as figures, the newest first."""
    return [_minute_line(one, one.gauge) for one in reversed(columns)]


def _minute_line(one: Column, gauge: Gauge | None) -> MinuteLine:
    return MinuteLine(
        one.at,
        tuple(f"{one.per_s(kind):.1f}" if one.calls else "" for kind in RULED_WORDS),
        _figure(gauge.waiting if gauge else None),
        _figure(gauge.longest_wait_s if gauge else None),
        f"{gauge.pressure:.2f} {gauge.level}" if gauge else "",
    )


def call_lines(snapshot: Snapshot) -> list[CallLine]:
    """Return the last calls, the newest first."""
    return [_call_line(one) for one in snapshot.recent]


def _call_line(event: Mapping[str, object]) -> CallLine:
    at, reasons = event.get("at"), event.get("reasons")
    would = event.get("would")
    return CallLine(
        _text(event, "id"),
        float(at) if isinstance(at, float | int) else 0.0,
        _text(event, "verdict"),
        _text(event, "treatment"),
        class_of(ruled_of(event)),
        f"would {would}" if isinstance(would, str) and would != event.get("verdict") else "",
        ", ".join(map(str, reasons)) if isinstance(reasons, list) else "",
        _text(event, "caller"),
        _text(event, "did"),
        _text(event, "trunk"),
        _text(event, "outcome").replace("_", " "),
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
