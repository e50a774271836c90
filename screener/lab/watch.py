"""What came of a trial's calls, group by group, read from the agent's live feed.

Pure: events in, counts out. A call's group stands before the first `-` of its SIP Call-ID; calls
of nobody's group (somebody dialled in by hand) are counted apart.
"""

from collections import Counter
from dataclasses import dataclass, field
from statistics import quantiles

BY_HAND = "by hand"


@dataclass(slots=True)
class GroupCount:
    """One group's calls: verdicts and treatments by name, and each verdict's time in ms."""

    calls: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    treatments: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    def latency_ms(self, percent: int) -> float:
        """Return a percentile (1-99) of the time to a verdict, ms; 0 before there are two."""
        if len(self.latencies_ms) < 2:  # noqa: PLR2004 - a percentile needs two figures
            return self.latencies_ms[0] if self.latencies_ms else 0.0
        return quantiles(self.latencies_ms, n=100)[percent - 1]


class Watch:
    """Counts for every group of a trial and for calls made by hand."""

    def __init__(self, keys: list[str]) -> None:
        self.groups = {key: GroupCount() for key in [*keys, BY_HAND]}
        self.all = GroupCount()
        self.pressure = "calm"
        self.lost_events = 0
        self._group_of: dict[str, GroupCount] = {}

    def take(self, event: dict[str, object]) -> None:
        """Count one event of the feed: a decision, an outcome, or a word on lost events."""
        if "lost" in event:
            self.lost_events += int(str(event["lost"]))
        elif "outcome" in event:
            self._take_outcome(event)
        elif "verdict" in event:
            self._take_decision(event)

    def _take_decision(self, event: dict[str, object]) -> None:
        key = str(event.get("sip_call_id", "")).partition("-")[0]
        group = self.groups.get(key, self.groups[BY_HAND])
        self.pressure = str(event["pressure"])
        self._group_of[str(event["id"])] = group
        for count in (group, self.all):
            count.calls += 1
            count.verdicts[str(event["verdict"])] += 1
            if event.get("treatment"):
                count.treatments[str(event["treatment"])] += 1
            count.latencies_ms.append(float(str(event["latency_ms"])))

    def _take_outcome(self, event: dict[str, object]) -> None:
        group = self._group_of.get(str(event["id"]))
        if group is not None:
            group.outcomes[str(event["outcome"])] += 1
            self.all.outcomes[str(event["outcome"])] += 1
