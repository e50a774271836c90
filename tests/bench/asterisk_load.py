"""The most calls/s that a real Asterisk bears: alone, with a dialplan's defence, with agents.

SIPp calls from numbers not seen before; each call is refused, or answered and ended by its
caller at once. The agents are asked by the project's own subroutine. Each way's highest rate is
looked for in steps, one step of each way in turn; a rate is borne where less than 1 % fail or go
without a verdict, less than 2 % of the messages are sent again and 99 % of the answers come within
half a second. After
a rate that was too much Asterisk is started afresh, as it takes half a minute to recover. The
floor and the agent are then told apart in finer steps, each rate's fate by two of three tries. At
last all ways carry one rate that each of them bears, in turns, for CPU and memory.
"""

import csv
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from statistics import median

from screener.errors import MissingPartError
from screener.lab.asterisk import Asterisk
from screener.lab.fetch import ensure_lab
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.share import sample_folder
from screener.lab.sipp import Load, Sipp
from tests.bench.agents import OurAgent, Peer, PeerProcess, floor
from tests.bench.bench_dialplan import bench_dialplan, fill_blacklist
from tests.bench.callers import spoofed
from tests.bench.figures import Scale, cpu_s, own_mb, quantile, show
from tests.bench.progress import step
from tests.bench.rate_search import FINE_RATIO, RateSearch, fine_search
from tests.bench.report import REPORT

STEP_S = 3.0
STEADY_ROUNDS = 2
STEADY_SHARE = 0.7
"""Of the lowest rate that any way bears: the rate at which all are compared."""

REST_S = 0.5
FAILED, REPEATED, P99_MS = 0.01, 0.02, 500.0
QUICK_RATE = 50

REFUSED = ("plain", "defence", "floor", "agent", "pyst2")
TOLD_APART = ("floor", "agent")
ANSWERED = ("plain-answer", "floor-answer", "agent-answer")
_WORDS = {
    "plain": "bare",
    "defence": "dialplan defence",
    "floor": "floor agent (uvloop)",
    "agent": "agent",
    "pyst2": "pyst2, threads",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rate tried: shares of calls failed and of messages sent again; CPU us a call."""

    rate: float
    failed: float
    repeated: float
    p99_ms: float
    asterisk_us: float
    agent_us: float

    @property
    def borne(self) -> bool:
        """Whether that was not too much."""
        return self.failed < FAILED and self.repeated < REPEATED and self.p99_ms < P99_MS


@dataclass(slots=True)
class _Way:
    """All that is known of one way through the dialplan."""

    search: RateSearch = field(default_factory=RateSearch)
    fine: RateSearch | None = None
    steady: list[Step] = field(default_factory=list)
    agent_mb: float = 0.0


class _Site:
    """The Asterisk called, started afresh when asked, and who it may ask."""

    def __init__(self, root: LabRoot, folder: Path, asked: dict[str, Peer]) -> None:
        self._root, self._folder, self._asked = root, folder, asked
        text = (sample_folder() / "screener.conf").read_text()
        dialplan = bench_dialplan(text, {name: peer.port for name, peer in asked.items()})
        self._settings = LabSettings(extra={"extensions.conf": dialplan})
        self._numbers = map(spoofed, count())
        self._runs = count()
        self.asterisk: Asterisk | None = None

    def start(self) -> None:
        """Start a fresh Asterisk in the place of the one there."""
        self.stop()
        self.asterisk = Asterisk(self._root, self._folder / "asterisk", settings=self._settings)
        self.asterisk.lay_out()
        fill_blacklist(self.asterisk.folder)
        self.asterisk.start()
        self.play("plain", QUICK_RATE, 1.0)

    def stop(self) -> None:
        """End it."""
        if self.asterisk is not None:
            self.asterisk.remove()
            self.asterisk = None

    def agent(self, way: str) -> Peer | None:
        """Return who a way asks."""
        return self._asked.get(way.removesuffix("-answer"))

    def play(self, way: str, rate: float, seconds: float = STEP_S) -> Step:
        """Call at a rate for some seconds."""
        asterisk = self.asterisk
        if asterisk is None:
            raise MissingPartError("Asterisk is not running")
        calls = int(rate * seconds)
        rows = [(number, "", f"bench-{way}", "0") for number in islice(self._numbers, calls)]
        limit_s = seconds + 5.0
        load = Load(calls, rate, rows, at_once=calls, limit_s=limit_s, mark="bench")
        run = Sipp(
            self._root,
            self._folder / f"sipp-{next(self._runs)}",
            "caller.xml",
            load,
            target=asterisk.ports.sip,
        )
        agent = self.agent(way)
        before = cpu_s(asterisk.pid), cpu_s(agent.pid) if agent else 0.0
        with run:
            counts = run.wait(limit_s + 5.0)
        after = cpu_s(asterisk.pid), cpu_s(agent.pid) if agent else 0.0
        well = counts.code(200 if way.endswith("-answer") else 403)
        times = run.response_times_ms()
        return Step(
            rate,
            1.0 - min(well, calls - counts.failed) / calls,
            repeated(run.folder) / calls,
            quantile(times, 0.99),
            (after[0] - before[0]) / calls * 1e6,
            (after[1] - before[1]) / calls * 1e6,
        )


def run(scale: Scale) -> None:
    """Measure and print; raises MissingPartError where there is no Asterisk to be had."""
    root = ensure_lab(lambda text: print(f"  {text}", flush=True))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        asked: dict[str, Peer] = {
            "floor": stack.enter_context(floor()),
            "agent": stack.enter_context(OurAgent(folder / "agent")),
            "pyst2": stack.enter_context(PeerProcess("pyst2_agent")),
        }
        site = _Site(root, folder, asked)
        stack.callback(site.stop)
        ways = {name: _Way() for name in (*REFUSED, *ANSWERED)}
        site.start()
        if scale.quick:
            _look(site, ways)
        else:
            _search(site, ways)
            _search_finely(site, ways)
            _steady(site, ways)
        _print(ways, quick=scale.quick)
    if not scale.quick:
        _judge(ways)


def _look(site: _Site, ways: dict[str, _Way]) -> None:
    """See that every way works."""
    for name, way in ways.items():
        way.steady.append(site.play(name, QUICK_RATE, 1.0))


def _search(site: _Site, ways: dict[str, _Way]) -> None:
    """Look for each way's highest rate, one step of each in turn."""
    while any(way.search.next is not None for way in ways.values()):
        for name, way in ways.items():
            rate = way.search.next
            if rate is None:
                continue
            step(f"{name} at {rate} calls/s")
            tried = site.play(name, rate)
            way.search.tell(borne=tried.borne)
            if tried.borne:
                time.sleep(REST_S)
            else:
                site.start()


def _search_finely(site: _Site, ways: dict[str, _Way]) -> None:
    """Tell apart the ways that are compared, where both bore a rate at all."""
    found = [ways[name].search.found for name in TOLD_APART]
    if not all(found):
        return
    for name in TOLD_APART:
        ways[name].fine = fine_search(min(found), max(found))
    searching = True
    while searching:
        searching = False
        for name in TOLD_APART:
            fine = ways[name].fine
            rate = None if fine is None else fine.next
            if fine is not None and rate is not None:
                searching = True
                fine.tell(borne=_is_borne(site, name, rate))


def _is_borne(site: _Site, name: str, rate: int) -> bool:
    """Say whether two of three tries of a rate are borne; the third only where it decides."""
    fates: list[bool] = []
    while max(fates.count(True), fates.count(False)) < 2:
        step(f"{name} at {rate} calls/s, in steps of {FINE_RATIO - 1.0:.0%}")
        fates.append(site.play(name, rate).borne)
        if fates[-1]:
            time.sleep(REST_S)
        else:
            site.start()
    return fates.count(True) > 1


def _steady(site: _Site, ways: dict[str, _Way]) -> None:
    """Compare the ways at one rate for the refused and one for the answered."""
    site.start()
    for names in (REFUSED, ANSWERED):
        # A way may have borne not even the lowest rate, on a machine that others use as well.
        rate = STEADY_SHARE * min(ways[name].search.found or QUICK_RATE for name in names)
        for _ in range(STEADY_ROUNDS):
            for name in names:
                step(f"{name} at the common rate of {rate:.0f} calls/s")
                ways[name].steady.append(site.play(name, rate))
                if (agent := site.agent(name)) is not None:
                    ways[name].agent_mb = own_mb(agent.pid)
                time.sleep(REST_S)


def repeated(folder: Path) -> int:
    """Return how many messages a SIPp had to send again."""
    for path in folder.glob("totals.csv"):
        lines = path.read_text().split("\n")[:-1]
        if len(lines) > 1:
            head, last = csv.reader([lines[0], lines[-1]], delimiter=";")
            return int(dict(zip(head, last, strict=False)).get("Retransmissions(C)", 0))
    return 0


def _print(ways: dict[str, _Way], *, quick: bool) -> None:
    for names, what in ((REFUSED, "INVITE -> 403"), (ANSWERED, "INVITE -> 200 -> BYE")):
        base = max(ways[names[0]].search.found, 1)
        rows = []
        for name in names:
            way = ways[name]
            asterisk_us, agent_us = _cpu(way)
            rows.append(
                (
                    _WORDS[name.removesuffix("-answer")],
                    way.search.found or "-",
                    f"{way.search.found / base:.2f} x" if not quick else "-",
                    round(asterisk_us),
                    round(agent_us) or "-",
                    f"{agent_us / asterisk_us:.0%}" if agent_us and asterisk_us else "-",
                    round(way.agent_mb) or "-",
                    f"{max((one.failed for one in way.steady), default=0.0):.1%}",
                )
            )
        rate = ways[names[0]].steady[0].rate if ways[names[0]].steady else 0
        columns = (
            *(what, "most calls/s", "to bare", f"at {rate:.0f}/s: Asterisk us", "agent us"),
            *("of Asterisk's", "agent PSS MB", "failed"),
        )
        show(
            f"asterisk: {what} in steps of {STEP_S:g} s and 22 %, SIPp on the same cores",
            columns,
            rows,
        )


def _cpu(way: _Way) -> tuple[float, float]:
    if not way.steady:
        return 0.0, 0.0
    return (
        median(one.asterisk_us for one in way.steady),
        median(one.agent_us for one in way.steady),
    )


def _judge(ways: dict[str, _Way]) -> None:
    found = {name: _most_borne(ways[name]) for name in TOLD_APART}
    told = ", ".join(f"{name} {rate}/s" for name, rate in found.items())
    print(f"  most borne, in steps of {FINE_RATIO - 1.0:.0%}: {told}", flush=True)
    ratio = found["agent"] / found["floor"] if found["floor"] else None
    REPORT.at_least("asterisk: most calls/s with the agent to the floor's", ratio, 0.9)
    asterisk_us, agent_us = _cpu(ways["agent"])
    share = agent_us / asterisk_us if asterisk_us else None
    REPORT.at_most("asterisk: CPU of the agent to Asterisk's", share, 0.2)


def _most_borne(way: _Way) -> int:
    fine = way.fine.found if way.fine is not None else 0
    return fine or way.search.found
