"""A call at one edge of several: the store is asked before it is decided, and told of it after.

An answer is put into this edge's own tables, by which `Engine.decide` then judges as ever; so
they are always a recent copy, and without the store the edge goes on by them at once. What came of
a call, and of callers, is left to `sharing`.
"""

import asyncio
import logging
from collections import OrderedDict

from screener.core.call import Call, Load
from screener.core.decision import Decision
from screener.core.lane import watchdog_s
from screener.core.limits import Tats
from screener.core.settings import Action
from screener.core.shared import Note, Refund, Told, refund_of
from screener.core.sharing import (
    Consulted,
    adds_to,
    of_own,
    read_standing,
    read_tats,
    united,
)
from screener.errors import SharedStoreError
from screener.service.shared_edge import Edge
from screener.service.shared_lessons import Lesson
from screener.service.shared_telling import Telling
from screener.service.tally import LatencyTally

log = logging.getLogger("screener.sharing")

NOTE_S = 4 * 3_600.0
"""How long after its verdict any edge takes a call's outcome: the longest waits are of hours."""

_LONGEST_TRUNK = 80
_MOST_LINES = 10_000
_NOBODY = ("", 0)
_NO_MORE_S = 1e-3
"""By less than so much a counter's TAT is what the store was told of it (rounding, clocks)."""
_DROP, _CHALLENGE = Action.DROP, Action.CHALLENGE


class SharedCalls:
    """Asks and tells of calls; a `DecisionSink`."""

    def __init__(self, edge: Edge, telling: Telling) -> None:
        self.latency = LatencyTally()
        """How long answers took."""
        self.alone = 0
        """Calls that were decided without an answer."""
        self.lines: OrderedDict[str, str] = OrderedDict()
        """The lines of this edge's open challenges by call."""
        self._edge = edge
        self._telling = telling
        self._flying: dict[str, int] = {}
        """How many calls of a counter are being asked of."""
        self._crossed: set[str] = set()
        self._current: Consulted | None = None
        self._before: list[tuple[str, Tats]] = []

    def consult(self, call: Call, load: Load) -> asyncio.Future[Consulted] | None:
        """Ask of a call that has come; None where there is no use in asking now.

        What is returned is done by the deadline, and never failed.
        """
        if not self._edge.store.available:
            return None
        asked = self._edge.names.question(call, load, self._edge.engine().counters_of(call))
        flying = self._flying
        for key in asked.keys:
            others = flying.get(key, 0)
            flying[key] = others + 1
            if others:
                self._crossed.add(key)
        return asyncio.get_running_loop().create_task(self._ask(asked))

    async def _ask(self, asked: Consulted) -> Consulted:
        began, store_clock = self._edge.clock(), self._telling.store_clock
        try:
            told = await self._edge.store.consult(asked.question)
        except SharedStoreError:
            return asked
        except Exception as error:  # noqa: BLE001 - what a store answers may be anything
            log.warning("SHARING-TROUBLE an answer was no such: %s", type(error).__name__)
            return asked
        now = self._edge.clock()
        self.latency.add(now - began)
        store_clock.told(told.now, began, now)
        return asked._replace(told=told, ahead_s=store_clock.ahead_s)

    def take_in(self, asked: Consulted) -> None:
        """Put what was told of a call into the tables; it must be decided next."""
        crossed = self._land(asked.keys)
        told = asked.told
        if told is None or len(told.tats) != len(asked.keys):
            return
        self._current = asked
        now = self._edge.clock()
        self._take_in_counters(asked, told, crossed, now)
        self._edge.engine().lane.at_all_edges = (
            asked.call.caller.counter_key,
            told.open_challenges,
        )
        if asked.question.caller:
            self._take_in_standing(asked, told, now)

    def is_alone(self, call_id: str) -> bool:
        """Say whether a call that was just decided had no answer; until it is told of."""
        return self._current is None or self._current.call.call_id != call_id

    def __call__(self, decision: Decision) -> None:
        """Tell of a call that was decided."""
        asked, self._current = self._current, None
        before, self._before = self._before, []
        self._edge.engine().lane.at_all_edges = _NOBODY
        call, verdict, now = decision.call, decision.verdict, self._edge.clock()
        if asked is None or asked.call.call_id != call.call_id:
            self.alone += 1
            asked = self._edge.names.question(
                call, decision.load, self._edge.engine().counters_of(call)
            )
        if verdict.would is not _DROP:
            self._tell_spent(asked, before, now)
        elif asked.told is not None:
            self._telling.outbox.add(self._refund(asked, asked.told), now)
        if verdict.action is not _DROP:
            self._note(asked, challenged=_CHALLENGE in (verdict.action, verdict.would), now=now)
        self._telling.wake()

    def _land(self, keys: tuple[str, ...]) -> set[str]:
        """Take it that a question was answered; return which keys were asked for twice at once."""
        crossed = self._crossed.intersection(keys) if self._crossed else self._crossed
        for key in keys:
            others = self._flying.pop(key, 1) - 1
            if others:
                self._flying[key] = others
            else:
                self._crossed.discard(key)
        return crossed

    def _take_in_counters(
        self, asked: Consulted, told: Told, crossed: set[str], now: float
    ) -> None:
        counters, outbox = self._edge.memory.counters, self._telling.outbox
        both = zip(asked.question.counters, told.tats, strict=True)
        for key, (counter, tats) in zip(asked.keys, both, strict=True):
            own = counters.get(key)
            if own is None and not any(tats):
                continue
            found = read_tats(tats, counter.windows, ahead_s=asked.ahead_s, now=now)
            if found is None:
                continue
            if own is not None and len(own) == len(found):
                # What the store knows nothing of at all it may have lost.
                if not any(tats) and max(own) > now:
                    outbox.spend(key, counter, own)
                if outbox.holds(key):
                    found = tuple(map(max, own, found))
                elif key in crossed:
                    self._before.append((key, own))
            counters.put(key, found)

    def _take_in_standing(self, asked: Consulted, told: Told, now: float) -> None:
        engine, lessons = self._edge.engine(), self._telling.lessons
        identity, name = asked.call.caller.identity, asked.question.caller
        own = self._edge.memory.callers.get(identity)
        if own is None and told.standing is None:
            return
        settings = engine.settings.reputation
        theirs = read_standing(told.standing, settings, ahead_s=asked.ahead_s, now=now)
        if lessons.waits(name):
            known = lessons.added(name, theirs)
        else:
            known = united(theirs, of_own(own), settings, now=now)
            if adds_to(known, theirs, now=now):
                version = told.standing.version if told.standing else 0
                event_id = f"offer:{self._edge.name}:{asked.call.call_id}"
                lessons.add(
                    Lesson(event_id, name, now, own=known, identity=identity, version=version)
                )
        if known.standing is not None:
            engine.keep_standing(identity, known.standing, now)

    def _tell_spent(self, asked: Consulted, before: list[tuple[str, Tats]], now: float) -> None:
        """Take note of what was spent here and the store does not know of."""
        counters, outbox, told = self._edge.memory.counters, self._telling.outbox, asked.told
        for key, own in before:
            spent = counters.get(key)
            if spent is not None and len(spent) == len(own):
                counters.put(key, tuple(map(max, own, spent)))
        for place, (key, counter) in enumerate(
            zip(asked.keys, asked.question.counters, strict=True)
        ):
            spent_here = counters.get(key)
            if spent_here is None:
                continue
            if told is not None and not outbox.holds(key):
                known = told.spent[place]
                least = asked.ahead_s + _NO_MORE_S
                # Rounding apart, it is what the asking left there.
                if all(
                    tat <= max(theirs + least, now)
                    for tat, theirs in zip(spent_here, known, strict=True)
                ):
                    continue
            outbox.spend(key, counter, spent_here)

    def _refund(self, asked: Consulted, told: Told) -> Refund:
        """Return what gives back what the asking spent, but where all of it is told anew."""
        refund, outbox = refund_of(asked.question, told), self._telling.outbox
        both = zip(asked.keys, refund.seconds, strict=True)
        return refund._replace(
            seconds=tuple((0.0,) * len(one) if outbox.holds(key) else one for key, one in both)
        )

    def _note(self, asked: Consulted, *, challenged: bool, now: float) -> None:
        call_id, caller, line, _ = asked.question
        outbox, trunk = self._telling.outbox, asked.call.trunk[:_LONGEST_TRUNK]
        note = Note(call_id, self._edge.name, caller, line, trunk, "", challenged, NOTE_S)
        if challenged and line:
            # A challenge is over long before nobody tells its call's outcome any more.
            seconds = float(watchdog_s(self._edge.engine().settings.captcha))
            outbox.add(note._replace(ttl=seconds), now)
            self.lines[call_id] = line
            if len(self.lines) > _MOST_LINES:
                self.lines.popitem(last=False)
        outbox.add(note._replace(challenged=False), now)
