"""How far a replay can be believed: does the configuration in force say again what was said then?

What differs has its causes: another configuration at the time, knowledge from before the log,
reviews and a pause that people made, outcomes that never were told. Nothing is judged here.
"""

from collections import Counter
from typing import TYPE_CHECKING

from screener.core.policy import Verdict
from screener.core.recorded import RecordedCall

if TYPE_CHECKING:
    from screener.core.settings import Action

MOST_KINDS = 500
TOLD = 10


class Fidelity:
    """How far the replay of the configuration in force says again what was said then."""

    def __init__(self, config_hash: str) -> None:
        self._config_hash = config_hash
        self.compared = 0
        self.agreeing = 0
        self.other_config = 0
        self._differing: Counter[tuple[Action, Action, str]] = Counter()

    def add(self, record: RecordedCall, verdict: Verdict) -> None:
        """Compare one call; nobody of ours judged an imported one."""
        if record.imported:
            return
        self.compared += 1
        self.other_config += record.config != self._config_hash
        if record.would is verdict.would:
            self.agreeing += 1
            return
        key = record.would, verdict.would, leading_reason(verdict)
        if key in self._differing or len(self._differing) < MOST_KINDS:
            self._differing[key] += 1

    @property
    def share(self) -> float | None:
        """The share of agreeing verdicts; None where there was nothing to compare."""
        return self.agreeing / self.compared if self.compared else None

    def differing(self) -> list[tuple[str, str, str, int]]:
        """Return recorded and replayed verdict, leading reason and calls, the most first."""
        return [
            (was.value, now.value, reason, calls)
            for (was, now, reason), calls in self._differing.most_common(TOLD)
        ]

    def told(self) -> dict[str, object]:
        """Return the figures as JSON-safe data."""
        return {
            "compared": self.compared,
            "agreeing": self.agreeing,
            "share": self.share,
            "under_other_configurations": self.other_config,
            "differing": [
                {"recorded": was, "replayed": now, "reason": reason, "calls": calls}
                for was, now, reason, calls in self.differing()
            ],
        }


def leading_reason(verdict: Verdict) -> str:
    """Return the signal that weighs most, or the cause where it is not the score."""
    reasons = verdict.reasons
    return reasons[1] if len(reasons) > 1 and reasons[0] == "score" else reasons[0]
