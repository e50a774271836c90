"""One edge as its sharing sees it: the store that it asks, and its own engine, tables and clock."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.settings import ReputationSettings
from screener.ports import Clock, SharedStore
from screener.service.shared_names import SharedNames


class Guarded(SharedStore, Protocol):
    """A store that nobody waits for long, and that says whether it is there."""

    @property
    def available(self) -> bool:
        """Whether asking it is worth while."""
        ...

    @property
    def why(self) -> str:
        """Why it cannot be had, empty where it can."""
        ...


class Edge(NamedTuple):
    """One edge of several; `engine` returns the one in force, `name` is its own among the edges.

    The store is to know of a caller for `ttl` seconds after an outcome.
    """

    name: str
    store: Guarded
    names: SharedNames
    memory: Memory
    engine: Callable[[], Engine]
    clock: Clock
    ttl: float = 30 * 86_400.0

    @property
    def settings(self) -> ReputationSettings:
        """The settings of reputation in force."""
        return self.engine().settings.reputation
