"""The hurried day over real SIP: the simulator's callers dial a real Asterisk, a real agent rules.

People wait, give up, dial again and talk as the simulator made them, a tenth as long; who calls
again is told by what the wire said. A trunk as wide as the site's is kept here, since Asterisk
has no end of channels. Captchas are spoken, heard and answered at their own pace: who passes
listens, who presses one key does so whatever is said.
"""

import asyncio
import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from screener.lab.agent_process import AgentProcess
from screener.lab.listener import Listener
from screener.lab.presser import MAX_CALLS, Press, Presser
from screener.sim.model import End, Pressed
from tests.bench.day_dialler import Dial, Dialler
from tests.bench.day_people import Day, WatchedCaller
from tests.bench.day_plan import HURRY, Plan

TICK_S = 0.01
MARK = "day"
LAST_CALLS_S = 3.0
"""What is under way at the end is heard for so long, since verdicts before it count."""

HANGS_UP_S = 4.0
"""A caller who hangs up on a captcha does so after this, which is not hurried."""

ONE_KEY = (Press(5.5, "1"), Press(16.0, "1"))
"""One key into each try's wait, counted from the first sound: two that are right would pass."""

_ENDINGS = {
    "challenge_passed": Pressed.PASSED,
    "challenge_failed": Pressed.FAILED,
    "challenge_silent": Pressed.SILENT,
}

_QUEUED = re.compile(r"\d+\|([\d.]+)\|[^|]*\|[^|]*\|(ENTERQUEUE|CONNECT)\|")


@dataclass(slots=True)
class Call:
    """One attempt under way."""

    call_id: str
    caller: WatchedCaller
    dialler: Dialler
    dialled_at: float
    pressed: Pressed
    verdict: str = ""
    ruled_s: float = 0.0
    answered: bool = False
    joined: bool = False
    connected: bool = False
    leaving: bool = False
    over: bool = False


@dataclass(slots=True)
class Ears:
    """Where callers' sound goes: to who listens, to who presses one key, to nobody."""

    listener: Listener
    pressers: list[Presser]
    nobody: int

    def port_for(self, pressed: Pressed) -> int:
        """Return the port for a caller whose captcha is to end so."""
        if pressed is Pressed.PASSED:
            return self.listener.ports[0]
        if pressed is Pressed.FAILED:
            idle = (one for one in self.pressers if one.calls < MAX_CALLS * 3 // 4)
            return next(idle, self.pressers[-1]).port
        return self.nobody


@dataclass(frozen=True, slots=True)
class Parts:
    """What a day is played with: trunks by name, ears, the agent, and the queue's log."""

    diallers: Mapping[str, Dialler]
    ears: Ears
    agent: AgentProcess
    queue_log: Path


@dataclass(slots=True)
class Wire:
    """What the wire and the agent told beside the verdicts; milliseconds in `latencies_ms`."""

    latencies_ms: list[float] = field(default_factory=list)
    dialled: int = 0
    most_up: int = 0
    unruled: int = 0
    late_s: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)


class Player:
    """Plays one day; `play` returns when it is over."""

    def __init__(self, plan: Plan, day: Day, parts: Parts) -> None:
        self.wire = Wire()
        self._plan = plan
        self._day = day
        self._parts = parts
        self._due: list[tuple[float, int, WatchedCaller]] = []
        self._order = count()
        self._ids = count(1)
        self._calls: dict[str, Call] = {}
        self._by_unique: dict[str, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._lines: list[tuple[str, str]] = []
        self._read = 0
        self._up = 0
        self._began = 0.0

    async def play(self) -> None:
        """Dial everybody in their time, and hear the last calls a little longer."""
        loop = asyncio.get_running_loop()
        firsts = self._plan.callers()
        following = next(firsts, None)
        self._read = self._parts.queue_log.stat().st_size if self._parts.queue_log.exists() else 0
        self._began = loop.time()
        while not self._day.clock.is_over:
            self._pass_time()
            now = self._day.clock.now
            while following is not None and following[0] <= now:
                self._dial_at(following[0], self._day.watch(following[1], following[0]))
                following = next(firsts, None)
            while self._due and self._due[0][0] <= now:
                moment, _, caller = heapq.heappop(self._due)
                self._dial_at(moment, caller)
            self._hear_agent()
            self._hear_queue()
            await asyncio.sleep(TICK_S)
        until = loop.time() + LAST_CALLS_S
        while loop.time() < until:
            self._hear_agent()
            await asyncio.sleep(TICK_S)
        self.wire.unruled = sum(not call.verdict for call in self._calls.values())

    def heard(self, call_id: str, said: str) -> None:
        """Take what SIPp said of a call."""
        call = self._calls.get(call_id)
        if call is None or call.over:
            return
        if said == "answered":
            call.answered = True
            if call.leaving:
                call.dialler.hang_up(call_id)
        elif said in {"busy", "refused", "over"}:
            call.over = True
            self._up -= 1
            self._end(call.caller, _end_of(call, said))

    def _pass_time(self) -> None:
        elapsed = asyncio.get_running_loop().time() - self._began
        self._day.clock.now = elapsed * HURRY

    def _dial_at(self, moment: float, caller: WatchedCaller) -> None:
        self.wire.late_s = max(self.wire.late_s, (self._day.clock.now - moment) / HURRY)
        if self._up >= self._plan.site.channels:
            self._day.note(caller, "trunk-full", moment)
            self._end(caller, End.TRUNK_FULL)
            return
        facts = caller.facts()
        pressed, _ = caller.captcha()
        call_id = f"{MARK}-{next(self._ids)}@loopback"
        dialler = self._parts.diallers[facts.trunk]
        call = Call(call_id, caller, dialler, moment, pressed)
        self._calls[call_id] = call
        self._up += 1
        self.wire.dialled += 1
        self.wire.most_up = max(self.wire.most_up, self._up)
        dialler.dial(Dial(call_id, facts.number, facts.did, self._parts.ears.port_for(pressed)))

    def _end(self, caller: WatchedCaller, end: End) -> None:
        after = caller.again(end)
        if after is not None:
            heapq.heappush(self._due, (self._day.clock.now + after, next(self._order), caller))

    def _leave(self, call: Call, after_s: float) -> None:
        """Have a caller hang up so many seconds from now."""
        asyncio.get_running_loop().call_later(max(after_s, 0.0), self._leave_now, call)

    def _leave_now(self, call: Call) -> None:
        if not call.over and not call.leaving:
            call.leaving = True
            if call.answered:
                call.dialler.hang_up(call.call_id)

    def _hear_agent(self) -> None:
        now = asyncio.get_running_loop().time()
        for event in self._parts.agent.events():
            if "verdict" in event:
                self._ruled(event, now)
            elif "outcome" in event:
                self._told(str(event["id"]), str(event["outcome"]), now)

    def _ruled(self, event: dict[str, object], now: float) -> None:
        call = self._calls.get(str(event["sip_call_id"]))
        if call is None:
            return
        drop = event["verdict"] == "drop"
        call.verdict = str(event["treatment"] if drop else event["verdict"])
        call.ruled_s = now
        self._by_unique[str(event["uniqueid"])] = call
        self._by_id[str(event["id"])] = call
        self.wire.latencies_ms.append(float(str(event["latency_ms"])))
        verdict = "refuse" if drop and call.verdict != "busy" else call.verdict
        self._day.note(call.caller, verdict, call.dialled_at)
        if verdict == "challenge" and call.pressed is Pressed.ABANDONED:
            self._leave(call, HANGS_UP_S)

    def _told(self, agent_id: str, outcome: str, now: float) -> None:
        self.wire.outcomes[outcome] = self.wire.outcomes.get(outcome, 0) + 1
        call = self._by_id.get(agent_id)
        pressed = _ENDINGS.get(outcome)
        if call is None or pressed is None:
            return
        self._day.captcha_s.setdefault(pressed, []).append(now - call.ruled_s)
        self._day.bots_passed += pressed is Pressed.PASSED and not call.caller.person

    def _hear_queue(self) -> None:
        with self._parts.queue_log.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        self._lines += [
            (found[1], found[2]) for found in _QUEUED.finditer(whole.decode("ascii", "replace"))
        ]
        self._lines = [line for line in self._lines if not self._queued(*line)]

    def _queued(self, unique: str, what: str) -> bool:
        """Take a line of the queue's log; False where its call is not known yet."""
        call = self._by_unique.get(unique)
        if call is None:
            return False
        if what == "ENTERQUEUE":
            call.joined = True
            self._waits(call, call.caller.patience())
        else:
            call.connected = True
            self._leave(call, call.caller.talk() / HURRY)
        return True

    def _waits(self, call: Call, patience: float) -> None:
        def give_up() -> None:
            if not call.connected:
                self._leave_now(call)

        if patience < float("inf"):
            asyncio.get_running_loop().call_later(patience / HURRY, give_up)


def _end_of(call: Call, said: str) -> End:
    if said != "over":
        return End.BUSY if said == "busy" else End.REFUSED
    if call.connected:
        return End.SERVED
    if call.joined:
        return End.ABANDONED
    if call.verdict == "challenge":
        return End.CAPTCHA_ABANDONED if call.leaving else End.CAPTCHA_FAILED
    return End.ABANDONED
