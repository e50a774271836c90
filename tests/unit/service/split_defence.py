"""The engine at several edges of one simulated center, that tell one another what they count.

Limits, standings, notes and busy tones are one table for all, as the shared store keeps them;
crowds, arrivals and the usual week are each edge's own, exchanged every second or never.
"""

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from screener.core.call import Facts
from screener.core.center_counts import CenterLedger
from screener.core.delta_bounds import EdgeBounds
from screener.core.engine import Engine
from screener.core.settings import Settings
from screener.service.played import EngineDefence
from screener.sim.model import CenterSite, PastCall, Ruling, Seen
from screener.storage.new_memory import new_memory

TELL_S = 1.0


class SplitDefence:
    """Plays at so many edges; `exchanging` says whether they tell one another."""

    def __init__(self, settings: Settings, edges: int, *, exchanging: bool = True) -> None:
        self.name = f"{edges} edges"
        self._exchanging = exchanging
        self.edges = [EngineDefence(f"edge {n}", settings, new_memory) for n in range(edges)]
        self._ledgers: list[CenterLedger] = []
        self._bounds = [EdgeBounds() for _ in range(edges)]
        self._told_at = 0.0
        self._decided: dict[str, int] = {}

    def begin(self, site: CenterSite, now: float) -> None:
        """Start anew."""
        self._ledgers.clear()
        for edge in self.edges:
            edge.begin(site, now)
            session, first = edge._session, self.edges[0]._session._memory
            session._memory = replace(
                session._memory,
                counters=first.counters,
                callers=first.callers,
                calls=first.calls,
                busied=first.busied,
            )

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        """Learn from earlier days, at one edge: standings are all edges'."""
        self.edges[0].learn(past, now)
        memories = [edge._session._memory for edge in self.edges]
        for memory in memories:
            memory.crowds.customers = memories[0].crowds.customers

    def see(self, seen: Seen, now: float) -> None:
        """Take the load, at each edge."""
        for edge in self.edges:
            edge.see(seen, now)

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        """Rule on a call at the edge whose trunk it comes by."""
        if self._exchanging and not 0.0 <= now - self._told_at < TELL_S:
            self._exchange(now + self.edges[0]._later)
            self._told_at = now
        place = crc32(call_id.encode()) % len(self.edges)
        self._decided[call_id] = place
        return self.edges[place].decide(facts, call_id, now, person=person)

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        """Take an event, at the edge that decided the call."""
        self.edges[self._decided[call_id]].tell(call_id, event, talk_s, now)

    def _exchange(self, now: float) -> None:
        engines = [self._engine(edge) for edge in self.edges]
        memories = [edge._session._memory for edge in self.edges]
        if not self._ledgers:
            pairs = zip(engines, memories, strict=True)
            self._ledgers = [CenterLedger(engine, memory, now) for engine, memory in pairs]
            return
        deltas = [
            ledger.draw(engine, now) for ledger, engine in zip(self._ledgers, engines, strict=True)
        ]
        for place, delta in enumerate(deltas):
            told = self._bounds[place].believed(delta, engines[place].settings)
            for other, ledger in enumerate(self._ledgers):
                if other != place:
                    ledger.fold(engines[other], told, now)

    @staticmethod
    def _engine(edge: EngineDefence) -> Engine:
        return edge._session._current_engine()
