"""The figures of a span of the log as plain data; counting them is `storage.log_stats`'s."""

from typing import Any

from screener.config.load import Config
from screener.core.outcome import Event
from screener.core.settings import SEVERITY, Treatment
from screener.desk.log_reading import calls_of
from screener.storage.log_stats import By, Stats, Tally

TOP_REASONS = 10

Ends = tuple[float | None, float | None]
"""Both ends of a span, seconds since 1970, None for open ones."""


def count(config: Config, ends: Ends, by: By | None = None, *, central: bool = False) -> Stats:
    """Return the figures of the span, of this edge or of all; raises as `log_reading.calls_of`."""
    with calls_of(config, central=central) as log:
        return log.stats(*ends, by)


def as_data(found: Stats, since: float | None, until: float | None) -> dict[str, Any]:
    """Return the figures under the names that JSON has."""
    return {
        "since": since,
        "until": until,
        **tally_data(found.total),
        "wait_p80_s": found.wait_p80_s,
        "latency_ms": found.latency_ms,
        "reasons": dict(found.reasons.most_common(TOP_REASONS)),
        "answered_callers_dropped": found.refused,
        "answered_callers_would_drop": found.would_refuse,
        "groups": {name: tally_data(tally) for name, tally in found.groups.items()},
    }


def tally_data(tally: Tally) -> dict[str, Any]:
    """Return what is counted of some calls as plain data."""
    return {
        "calls": tally.calls,
        "imported": tally.imported,
        "faults": tally.faults,
        "verdicts": {action.value: tally.verdicts[action.value] for action in SEVERITY},
        "would": {action.value: tally.would[action.value] for action in SEVERITY},
        "treatments": {one.value: tally.treatments[one.value] for one in Treatment},
        "outcomes": {event.value: tally.outcomes[event.value] for event in Event},
        "pass_rate": rounded(tally.pass_rate, 4),
        "mean_wait_s": rounded(tally.mean_wait_s, 1),
        "mean_talk_s": rounded(tally.mean_talk_s, 1),
    }


def ordered(found: Stats, by: By | None) -> list[tuple[str, Tally]]:
    """Return the groups: hours in their order, others by how many calls they have."""
    groups = list(found.groups.items())
    if by is By.HOUR:
        return sorted(groups, key=lambda one: (not one[0].isdigit(), one[0].zfill(12)))
    return sorted(groups, key=lambda one: (-one[1].calls, one[0]))


def rounded(value: float | None, digits: int) -> float | None:
    """Return the value with so many digits; None for none."""
    return None if value is None else round(value, digits)
