"""A real agent beside a real Asterisk: starts the agent, places calls, hears what the agent says.

Calls are told apart by the mark that begins their SIP Call-ID, so that a test sees its own alone.
"""

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from screener.errors import ScreenerError
from screener.lab.agent_process import AgentProcess
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.sipp import Counts, Load, Sipp

Event = dict[str, object]

DAY = 86_400.0
DID = "+16515392200"
STAYS_MS = 60_000
"""How long a caller waits for an operator, who then ends the call."""

STEADY = """\
site: {channels: 10000}
pressure:
  queue: {calm: 900, full: 1000}
  arrivals: {calm: 900, full: 1000}
crowds: {learn: false}
"""
"""No load and no crowd makes this agent change its verdicts: they can be counted exactly."""

PATIENCE_S = 60.0
"""After so long a thing has not come; that it comes soon, a machine under load cannot promise."""

UNHURRIED = {"SCREENER_TIMEOUT": "10"}
"""Globals of a dialplan that gives a starved agent time: how soon one is left has its own tests."""

_folders = itertools.count(1)


LOGGED_S = 2.0
"""A log that others have locked is not waited for longer."""


def until(true: Callable[[], bool], limit_s: float = PATIENCE_S) -> bool:
    """Wait for something to become true; return whether it did in time."""
    deadline = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def numbers(count: int, start: int = 0) -> list[str]:
    """Return different telephone numbers, a hundred to a prefix."""
    return [f"+1651{2_220_000 + place * 100:07}" for place in range(start, start + count)]


def rows(callers: Iterable[str], hold_ms: int = STAYS_MS) -> list[tuple[str, str, str, str]]:
    """Return the fields of `scenarios/caller.xml`, one row for each caller."""
    return [(caller, "", DID, str(hold_ms)) for caller in callers]


def served_before(callers: Iterable[str]) -> list[Event]:
    """Say that each caller was served on two earlier days."""
    now = time.time()  # noqa: TID251 - the agent beside reads the same clock
    return [
        {"caller": caller, "at": now - days * DAY, "outcome": "answered", "talk_s": 60.0}
        for days in (9, 2)
        for caller in callers
    ]


@dataclass
class ScreenedSite:
    """One Asterisk, the agent that it asks, and the calls of one test."""

    root: LabRoot
    asterisk: Asterisk
    folder: Path
    heard: list[Event] = field(default_factory=list)
    _agents: list[AgentProcess] = field(default_factory=list)
    _runs: list[Sipp] = field(default_factory=list)

    @property
    def agent(self) -> AgentProcess:
        """The agent started last."""
        return self._agents[-1]

    def start_agent(self, extra: str = STEADY, *, enforce: bool = True, listen: str = "") -> None:
        """Start an agent where Asterisk asks, and listen to it."""
        folder = self.folder / f"agent{next(_folders)}"
        folder.mkdir()
        port = self.asterisk.ports.agent
        agent = AgentProcess(folder, port, enforce=enforce, extra=extra, listen=listen)
        self._agents.append(agent)
        agent.start()
        agent.listen_in()

    def call(
        self,
        mark: str,
        fields: Sequence[Sequence[str]],
        *,
        rate: float = 20.0,
        scenario: str | Path = "caller.xml",
        media_port: int = 0,
    ) -> Sipp:
        """Start calls, one for each row."""
        load = Load(len(fields), rate, fields, limit_s=90.0, mark=mark, media_port=media_port)
        folder = self.folder / f"calls{next(_folders)}"
        run = Sipp(self.root, folder, str(scenario), load, target=self.asterisk.ports.sip)
        self._runs.append(run)
        run.start()
        return run

    def called(self, mark: str, fields: Sequence[Sequence[str]], rate: float = 20.0) -> Counts:
        """Place calls and wait until they are over."""
        return self.call(mark, fields, rate=rate).wait()

    def decisions(self, mark: str, count: int = 0, limit_s: float = PATIENCE_S) -> list[Event]:
        """Wait until the agent has told of `count` calls of a mark; return all it told.

        They are in its log then, unless that takes nothing now: a call stands there a moment later.
        """

        def found() -> list[Event]:
            self.heard += self.agent.events()
            head = f"{mark}-"
            return [one for one in self.heard if str(one.get("sip_call_id")).startswith(head)]

        assert until(lambda: len(found()) >= count, limit_s), f"{len(found())} calls of {count}"
        if count:
            until(self.log_is_written, LOGGED_S)
        return found()

    def log_is_written(self) -> bool:
        """Say whether nothing that the agent decided waits for its log; so, too, if it is gone."""
        try:
            log = self.agent.ask({"op": "status"})["decision_log"]
        except (ScreenerError, OSError):
            return True
        return isinstance(log, dict) and log["queued"] == 0

    def results(self) -> Counter[str]:
        """Return how often the dialplan went on with what, since this Asterisk is up.

        Each call is counted once: by its verdict, or as an `error` where it had none.
        """
        log = self.asterisk.log.read_text(errors="replace")
        return Counter(re.findall(r"screener: (admit|challenge|drop|error)\b", log))

    def outcomes(self, mark: str, count: int, limit_s: float = PATIENCE_S) -> list[Event]:
        """Wait for `count` outcomes of the calls of a mark; return all in their order.

        That a call joined the queue is no outcome here.
        """

        def found() -> list[Event]:
            ids = {one["id"] for one in self.decisions(mark)}
            return [one for one in self.all_outcomes() if one["id"] in ids]

        assert until(lambda: len(found()) >= count, limit_s), f"{len(found())} of {count}"
        until(self.log_is_written, LOGGED_S)
        return found()

    def all_outcomes(self) -> list[Event]:
        """Return what was heard by now of how calls ended."""
        return [one for one in self.heard if one.get("outcome", "queue_joined") != "queue_joined"]

    def is_quiet(self, limit_s: float = PATIENCE_S) -> bool:
        """Wait until no channel is up any more."""
        return until(lambda: self.asterisk.channels() == 0, limit_s)

    def close(self) -> None:
        """Stop what this test started."""
        for run in self._runs:
            run.stop()
        for agent in self._agents:
            agent.stop()
