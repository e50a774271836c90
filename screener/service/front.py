"""A proxy in front of Asterisk that refuses what we would refuse anyway: the agent's side of it.

Brings together what is to stand in the proxy's tables (`front_mirror`, judged by `front_blocks`),
what it refused (`front_counts`), and the share of unknown callers it is to shed while more come
than the cap allows (`core.admission`). It hears of calls and outcomes as a sink and never holds
one up; talking to the proxy is an adapter's (`adapters.kamailio_client`).
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence

from screener.config.options import FrontOptions
from screener.core.admission import share_to_shed
from screener.core.call import Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.front_key import is_prefix, key_of, masked_key, trunk_of
from screener.core.lists import Exact, Trunk
from screener.core.memory import Memory
from screener.core.outcome import Event, Outcome
from screener.core.reputation import is_known, passed_lately
from screener.core.settings import Action
from screener.ports import Clock, DecisionSink
from screener.service.front_blocks import Entries, FrontBlocks
from screener.service.front_counts import SEVERAL, FrontCounts
from screener.service.front_mirror import Mirror, Standing, Write
from screener.service.front_rows import row_of
from screener.service.front_trunks import addresses_of
from screener.service.reviewing import Changes

log = logging.getLogger("screener.front")

_OF_STANDING = frozenset({Event.ANSWERED, Event.CHALLENGE_PASSED, Event.CHALLENGE_FAILED})
_AT_ONCE = 2_000
"""Keys taken between two looks at the event loop (0.2 ms)."""

_ROWS_LOGGED = 10
"""Lines of the log about one second; the decision log has more."""


class Front:
    """What a proxy in front is told and tells."""

    def __init__(
        self,
        options: FrontOptions,
        engine: Callable[[], Engine],
        memory: Memory,
        complete: Callable[[Load], Load],
        clock: Clock,
    ) -> None:
        self.generation = secrets.token_hex(8)
        """Names this run: a proxy that shows another one holds what we know nothing of."""
        self._engine = engine
        self._memory = memory
        self._clock = clock
        self.sinks: tuple[DecisionSink, ...] = ()
        """They take a row for calls that were refused in front."""
        self.judge = FrontBlocks(engine, memory, complete, options.ttl, options.trunks)
        self.trunks = addresses_of(options.trunks)
        """The trunk of each address that a proxy may see."""
        self.blocks = Mirror(self._block, options.blocks)
        self.known = Mirror(self.judge.passes, options.known)
        self.counts = FrontCounts(options.rows_per_minute)
        self.share = 0.0
        self.state, self.why = "waiting", ""
        self._scanned: Engine | None = None
        self._rescan = True
        self._refusing = False
        self._all_known_told = False
        self.to_open = False
        """Whether all blocks are to go at once: nobody is refused any more."""
        self._came: int | None = None
        self.erased: list[str] = []
        """Keys that the proxy is to forget, and that it refused them."""

    def __call__(self, decision: Decision) -> None:
        """Hear of a decision: who was dropped may be refused in front the next time.

        And who is known by what another edge told is let through the next time.
        """
        verdict, identity = decision.verdict, decision.call.caller.identity
        if verdict.action is Action.DROP:
            if verdict.reasons[0] == "score":
                self._touch(identity)
        elif identity and (standing := self._memory.callers.get(identity)) is not None:
            settings, now = self._engine().settings.reputation, self._clock()
            known = is_known(standing, settings, now) or passed_lately(standing, settings, now)
            if known and key_of(identity) not in self.known:
                self._touch(identity)

    def told(self, call_id: str, outcome: Outcome) -> None:
        """Hear of an outcome: it may make a caller known, or blocked."""
        if outcome.event in _OF_STANDING and (note := self._memory.calls.get(call_id)) is not None:
            self._touch(note.identity)

    def heed(self, changes: Changes) -> None:
        """Hear of what people decided: it is in front before anything else is."""
        keys = [key_of(one.identity) for one in changes.let_in]
        for review in changes.made:
            if isinstance(review.entry, Exact):
                keys.append(key_of(review.entry.identity))
            else:
                self._rescan = True
                keys += [review.entry.text] if isinstance(review.entry, Trunk) else []
        self._rescan |= bool(changes.taken_back)
        self._touch_surely(keys)

    def forget(self, identity: str) -> None:
        """Forget an erased caller: in the proxy's tables, and what waits for a row."""
        if key := key_of(identity):
            self._touch_surely([key])
            self.counts.forget(key)
            self.erased.append(key)

    def rescan(self) -> None:
        """Take that many callers may have become known at once."""
        self._rescan, self._all_known_told = True, False

    def _touch(self, identity: str) -> None:
        if key := key_of(identity):
            self.blocks.touch(key)
            self.known.touch(key)

    def _touch_surely(self, keys: Iterable[str]) -> None:
        told = [key for key in keys if key]
        self.blocks.touch_surely(told)
        self.known.touch_surely(told)

    async def look(self) -> None:
        """Look at everything anew where rules, lists or whether anybody is refused have changed."""
        engine, now = self._engine(), self._clock()
        refusing = self.judge.is_refusing(now)
        if engine is self._scanned and refusing == self._refusing and not self._rescan:
            return
        self.to_open |= self._refusing and not refusing
        if engine is not self._scanned or refusing != self._refusing:
            self._all_known_told = False
        self._scanned, self._refusing, self._rescan = engine, refusing, False
        if not refusing:
            self.blocks.emptied(again=False)
            return
        proven = self._memory.callers.entries(protected=True)
        entries, keys, gone = await asyncio.to_thread(self._scan, proven, self.blocks.keys(), now)
        self.judge.heed(entries)
        # Who is denied no more does not wait for all who still are.
        self.blocks.touch_surely((*gone, *entries.trunks))
        # Who is let through a denied prefix is to stand there before it is refused.
        self.known.touch_surely(filter(is_prefix, entries.passed))
        await _touch_all(self.known, (*entries.passed, *keys))
        await _touch_all(self.blocks, (*entries.prefixes, *entries.denied))

    def _scan(
        self, proven: Iterable[str], standing: Iterable[str], now: float
    ) -> tuple[Entries, list[str], list[str]]:
        entries = self.judge.entries(now)
        still = {*entries.denied, *entries.prefixes, *entries.trunks}
        keys = [key for key in map(key_of, proven) if key]
        return entries, keys, [key for key in standing if key not in still]

    def next_writes(self, most: int) -> tuple[list[Write], list[Write]]:
        """Return what to write of who is known, and of blocks, after so many looks at most."""
        now = self._clock()
        known = self.known.next_writes(now, most)
        if self._refusing and not self._all_known_told and not self.known.waiting:
            self._all_known_told = True
            self.blocks.touch_surely(self.judge.denied_trunks)
        return known, self.blocks.next_writes(now, most - min(len(known), most // 2))

    def _block(self, key: str, now: float) -> Standing | None:
        """Return what is to be refused under a key; a trunk once all who are known stand there.

        Where not all of them find a place, it is left to the agent.
        """
        if trunk_of(key) and (self.known.left_out or not self._all_known_told):
            return None
        return self.judge.block(key, now)

    @property
    def lengths(self) -> str:
        """The lengths, with the `+`, of the prefixes to look up, longest first; empty for none."""
        return self.judge.lengths(shedding=self.share > 0.0) if self._refusing else ""

    def was_emptied(self) -> None:
        """Take that the proxy holds nothing of this run: it was started anew, or we were."""
        self.generation = secrets.token_hex(8)
        self.blocks.emptied(again=self._refusing)
        self.known.emptied()
        self._rescan, self._all_known_told = True, False

    def begin_to_count(self) -> None:
        """Take that the proxy was not looked at for a while: what came meanwhile is no rush."""
        self._came, self.share = None, 0.0

    def second(self, shed: int, seconds: float) -> int:
        """Take how many were shed in so many seconds; return how many of 1,000 to shed now."""
        engine = self._engine()
        before, self._came = self._came, engine.admission.came
        if before is None or seconds <= 0.0:
            return round(self.share * 1000)
        came = (engine.admission.came - before) / seconds
        refusing = self.judge.is_refusing(self._clock())
        cap = engine.admission.cap if refusing else 0
        self.share = share_to_shed(cap, came, shed / seconds, self.share)
        return round(self.share * 1000)

    def tell_rows(self) -> None:
        """Hand rows of what was refused in front to the sinks, as many as are due."""
        self._tell(self.counts.rows(self._clock()))

    def tell_all(self) -> None:
        """Hand over all rows that are left: at the end."""
        self._tell(self.counts.leftovers())

    def _tell(self, rows: list[tuple[str, int]]) -> None:
        engine, now = self._engine(), self._clock()
        for place, (key, times) in enumerate(rows):
            kind = "several" if key == SEVERAL else self.judge.kind(key, now) or "ended"
            if place < _ROWS_LOGGED:
                log.info("REFUSED-IN-FRONT caller=%s times=%d by=%s", masked_key(key), times, kind)
            decision = row_of(engine, key, times, kind, now)
            for sink in self.sinks:
                try:
                    sink(decision)
                except Exception as error:  # noqa: BLE001 - a sink's fault must not end this
                    log.warning("FRONT-TROUBLE a row is lost: %s", type(error).__name__)

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows."""
        told: dict[str, object] = {"state": self.state}
        if self.why:
            told["why"] = self.why
        told |= {"blocks": len(self.blocks), "let_through": len(self.known)}
        told["trunks"] = sum(key in self.blocks for key in self.judge.denied_trunks)
        told["waiting"] = self.blocks.waiting + self.known.waiting
        told["left_out"] = self.blocks.left_out + self.known.left_out
        told["shed_percent"] = round(self.share * 100.0, 1)
        told["refused"] = sum(self.counts.refused.values())
        told["untold"] = self.counts.pending
        told |= {f"refused_{kind}": count for kind, count in self.counts.refused.items()}
        return told


async def _touch_all(mirror: Mirror, keys: Sequence[str]) -> None:
    """Touch many keys, and all that stand there, between calls."""
    waiting = (*keys, *mirror.keys())
    for start in range(0, len(waiting), _AT_ONCE):
        mirror.touch_all(waiting[start : start + _AT_ONCE])
        await asyncio.sleep(0)


def new_front(
    options: FrontOptions,
    engine: Callable[[], Engine],
    memory: Memory,
    complete: Callable[[Load], Load],
    clock: Clock,
) -> Front | None:
    """Return the agent's side of a proxy in front, None where there is none."""
    if not options.socket:
        return None
    return Front(options, engine, memory, complete, clock)
