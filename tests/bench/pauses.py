"""Watching Python's garbage collector: how often it stopped the process, and for how long."""

import gc
import time
from collections import defaultdict
from types import TracebackType
from typing import Self

from tests.bench.figures import quantile


class Pauses:
    """Notes every collection between entering and leaving, milliseconds by generation."""

    def __init__(self) -> None:
        self.ms: dict[int, list[float]] = defaultdict(list)
        self._started = 0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        gc.callbacks.remove(self._note)

    def row(self, generation: int) -> tuple[int, float, float, float]:
        """Return how many, their p50, their longest and their sum, milliseconds."""
        found = self.ms[generation]
        return len(found), quantile(found, 0.5), max(found, default=0.0), sum(found)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._started = time.perf_counter_ns()
        else:
            self.ms[info["generation"]].append((time.perf_counter_ns() - self._started) / 1e6)
