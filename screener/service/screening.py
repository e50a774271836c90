"""Screening as a service: facts in, channel variables out, and whatever fails, fails open.

Puts the pure engine behind the `Screening` port: gives calls their ids and their time, draws
captcha digits, tells the sinks. Any exception on the way lets the call pass and is recorded.
"""

import os
import secrets
import time
from asyncio import Future
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from screener.core.call import NAME_LIMIT, Facts, Load, inert, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.outcome import Origin, Outcome, joined_queue
from screener.core.settings import Action
from screener.core.sharing import Consulted, arrived
from screener.ports import Clock, DecisionSink, FaultSink, OutcomeSink, Send
from screener.service import journal
from screener.service.answer import Route, open_answer, variables_of
from screener.service.tally import Tally

if TYPE_CHECKING:
    from screener.service.sharing import Sharing


_ID_DIGITS = 16
_IDS_DRAWN = 128
"""At once: one at a time costs four calls and a look into the kernel."""

_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)

ALONE = "alone"
"""The last reason of a call that this edge decided without the store that it shares."""


def new_call_id() -> str:
    """Return an id nobody can guess: an outcome is believed to whoever names the call."""
    try:
        return _drawn.pop()
    except IndexError:
        digits = os.urandom(_IDS_DRAWN * _ID_DIGITS // 2).hex()
        ids = [digits[at : at + _ID_DIGITS] for at in range(0, len(digits), _ID_DIGITS)]
        own = ids.pop()
        _drawn.extend(ids)
        return own


def _as_told(load: Load) -> Load:
    return load


def _no_route() -> Route | None:
    return None


def _as_alone(decision: Decision) -> Decision:
    """Return the decision as it is recorded: the caller and the dialplan are told nothing of it."""
    verdict = decision.verdict
    return replace(decision, verdict=replace(verdict, reasons=(*verdict.reasons, ALONE)))


class ScreeningService:
    """The `Screening` port over one engine, which a reload may exchange.

    `keep` is told of a decision before its answer leaves, `sinks` after, where that can be had.
    `complete` adds to a call's load what is known of it from elsewhere; `route` tells over what
    a challenged caller would be asked now, None for the dialplan itself. `sharing`, put there where
    there is one, is this edge's share in what several know.
    """

    def __init__(  # noqa: PLR0913 - all it tells stands in its own name
        self,
        engine: Engine,
        clock: Clock,
        tally: Tally,
        sinks: Sequence[DecisionSink] = (),
        *,
        keep: Sequence[DecisionSink] = (),
        outcome_sinks: Sequence[OutcomeSink] = (),
        fault_sinks: Sequence[FaultSink] = (),
        complete: Callable[[Load], Load] = _as_told,
        route: Callable[[], Route | None] = _no_route,
        new_id: Callable[[], str] = new_call_id,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._tally = tally
        self._keep = tuple(keep)
        self._sinks = (tally, *sinks)
        self._outcome_sinks = outcome_sinks
        self._fault_sinks = fault_sinks
        self._complete = complete
        self._route = route
        self._new_id = new_id
        self._timer = timer
        self.sharing: Sharing | None = None

    def consult(self, facts: Facts) -> Future[Consulted] | None:
        """Ask the store of one call, where there is one."""
        if self.sharing is None:
            return None
        try:
            call_id, now = self._new_id(), self._clock()
            call, load = read_call(facts, self.engine.plan, call_id=call_id, now=now)
            return self.sharing.calls.consult(call, load)
        except Exception as error:  # noqa: BLE001 - whatever it is, the call is decided here
            journal.write_unshared(facts.uniqueid, error)
            return None

    def screen(
        self,
        facts: Facts,
        began: float | None = None,
        consulted: Consulted | None = None,
        send: Send | None = None,
    ) -> Mapping[str, str]:
        """Decide one call."""
        return self._answer(facts, began, consulted, send)

    def screen_malformed(self, origin: Origin, began: float | None = None) -> Mapping[str, str]:
        """Decide a call whose caller data broke the wire's grammar: none of it is used."""
        facts = Facts(uniqueid=origin.uniqueid, channel=origin.channel)
        answer = self._answer(facts, began, None, None, malformed=True)
        self._tally.faults["malformed-caller"] += 1
        journal.write_malformed(
            answer["SCREENER_ID"], origin.peer, origin.channel, origin.uniqueid, origin.why
        )
        return answer

    def report(self, call_id: str, outcome: Outcome, *, wait_s: float | None = None) -> bool:
        """Learn what became of a call, and first, where its wait is told, that it was queued."""
        joined = None if wait_s is None else joined_queue(wait_s, outcome.talk_s)
        if joined is not None:
            self._learn(call_id, joined)
        known = self._learn(call_id, outcome)
        if known is False and self.sharing is not None:
            return self.sharing.elsewhere(call_id, outcome)
        if known is False:
            self.unknown_outcome(call_id)
        return bool(known)

    def challenge_over(self, call_id: str) -> None:
        """Tell other edges that nobody is asked any more in a call, without an outcome."""
        if self.sharing is not None:
            self.sharing.challenge_over(call_id)

    def unknown_outcome(self, call_id: str) -> None:
        """Count an outcome of a call that nobody knows."""
        del call_id
        self._tally.faults["unknown-outcome"] += 1

    def session_failed(self, peer: str, why: str) -> None:
        """Count and log a session without a verdict."""
        self._tally.faults["no-verdict"] += 1
        journal.write_session_failed(peer, why)

    def _answer(
        self,
        facts: Facts,
        began: float | None,
        consulted: Consulted | None,
        send: Send | None,
        *,
        malformed: bool = False,
    ) -> Mapping[str, str]:
        began = self._timer() if began is None else began
        call_id = ""
        try:
            call_id = self._new_id() if consulted is None else consulted.call.call_id
            decision = self._decide(facts, call_id, consulted, malformed=malformed)
            route = self._route() if decision.captcha else None
            answer = variables_of(decision, self.engine.settings, route)
        except Exception as error:  # noqa: BLE001 - whatever it is, the call goes through
            self._failed(call_id, facts.uniqueid, error)
            self._tell_fault(call_id, inert(facts.uniqueid, NAME_LIMIT), error)
            answer = open_answer(call_id)
            if send is not None:
                send(answer)
            return answer
        decision = decision.after(self._timer() - began)
        # One whose caller data could not be read asks nobody: no fault left it alone.
        if self.sharing is not None and not malformed and self.sharing.calls.is_alone(call_id):
            decision = _as_alone(decision)
        # Before the answer leaves: what is kept of a call is kept before anyone acts on it.
        self._tell(self._keep, decision)
        try:
            if send is not None:
                send(answer)
        finally:
            self._tell(self._sinks, decision)
            if self.sharing is not None:
                self._tell((self.sharing.calls,), decision)
        return answer

    def _decide(
        self, facts: Facts, call_id: str, consulted: Consulted | None, *, malformed: bool
    ) -> Decision:
        now = self._clock()
        if consulted is None:
            call, load = read_call(facts, self.engine.plan, call_id=call_id, now=now)
        else:
            call, load = arrived(consulted.call, now), consulted.load
            self._take_in(consulted)
        if malformed:
            load = Load()
        decision = self.engine.decide(call, self._complete(load), malformed=malformed)
        if decision.verdict.action is not Action.CHALLENGE:
            return decision
        digits = self.engine.settings.captcha.digits
        return decision.asking("".join(str(secrets.randbelow(10)) for _ in range(digits)))

    def _take_in(self, consulted: Consulted) -> None:
        try:
            if self.sharing is not None:
                self.sharing.calls.take_in(consulted)
        except Exception as error:  # noqa: BLE001 - then it is decided by what is known here
            journal.write_unshared(consulted.call.uniqueid, error)

    def _learn(self, call_id: str, outcome: Outcome) -> bool | None:
        """Learn one outcome; return whether the call is known, None where a fault of ours was."""
        try:
            known = self.engine.report(call_id, outcome, self._clock())
            for sink in self._outcome_sinks if known else ():
                sink(call_id, outcome)
            if known and self.sharing is not None:
                self.sharing.outcome(call_id, outcome)
        except Exception as error:  # noqa: BLE001 - no fault of ours may reach the call
            self._failed(call_id, "", error)
            return None
        return known

    def _tell(self, sinks: tuple[DecisionSink, ...], decision: Decision) -> None:
        for sink in sinks:
            try:
                sink(decision)
            except Exception as error:  # noqa: BLE001 - a sink's fault is no reason to lose a call
                self._failed(decision.call.call_id, decision.call.uniqueid, error)

    def _tell_fault(self, call_id: str, uniqueid: str, fault: Exception) -> None:
        for sink in self._fault_sinks:
            try:
                sink(call_id, uniqueid, type(fault).__name__)
            except Exception as error:  # noqa: BLE001 - a sink's fault is no reason to lose a call
                self._failed(call_id, uniqueid, error)

    def _failed(self, call_id: str, uniqueid: str, error: Exception) -> None:
        self._tally.faults["fail-open"] += 1
        journal.write_open(call_id, uniqueid, error)
