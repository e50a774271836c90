"""Whether a caller's number gets out: plant many, in every way they come, and search everything.

A real agent, at log level debug and with faults of ours in it, is called with made-up numbers in
all writings, is locked out of its database, killed and started again; people review, import,
replay and apply over them. Then the agent's log, what every command and the agent itself said, and
all files of the storage folder are searched. What shows numbers by design (`reveal`, `export`,
`lists export`: all audited) is not run.
"""

import io
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from screener.cli.main import main
from screener.errors import ScreenerError
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from tests.bench.figures import Scale, show
from tests.bench.log_kills import locked_by_others
from tests.bench.planted_agent import FAULTS
from tests.bench.planted_search import SEED, Found, Searcher, made_up, writings
from tests.unit.agents import ended
from tests.unit.call_records import START, cdr_line, queue_lines
from tests.unit.fastagi_client import Session, environment, question, screened

_CONFIG = """\
log: {level: debug}
policy:
  thresholds:
    calm: {challenge: 0.8, drop: 2.0}
    rising: {challenge: 0.8, drop: 2.0}
    full: {challenge: 0.4, drop: 1.5}
captcha: {places: 1000}
"""
_CALLS, _LIST = 0.75, 0.10
"""Shares of the numbers that call and that are on an imported list; the rest is in a CDR file."""

_LOCKED = 0.05
"""Share of the calls that come while the database is locked."""

_OUTCOMES = ("passed", "failed", "answered", "abandoned")
_HANDLED = 1 / 300
"""Share of the numbers that people handle by hand, four at least."""


class Agent(AgentProcess):
    """The agent with faults in it, as a process."""

    def _spawn(self, command: Sequence[str], output: Path, **more: Any) -> Any:  # noqa: ANN401 - as of it
        config = command[-1]
        return super()._spawn(
            [sys.executable, "-m", "tests.bench.planted_agent", config],
            output,
            folder=Path(__file__).parents[2],
            **more,
        )


class Planting:
    """One site in a folder, everything that is done there, and the search through it."""

    def __init__(self, folder: Path, count: int) -> None:
        self.numbers = made_up(count)
        self.searcher = Searcher(self.numbers)
        self.agent = Agent(folder, free_ports(1)[0], enforce=True, extra=_CONFIG)
        self.verdicts: Counter[str] = Counter()
        self.ended: Counter[tuple[str, int]] = Counter()
        self.waiting_bytes = 0
        self.ids: list[str] = []
        self._folder = folder
        self._state = folder / "state"
        self._drawn = random.Random(SEED)  # noqa: S311 - the same in every run
        self._port = 0
        self._handled = max(4, int(count * _HANDLED))
        calls = int(count * _CALLS)
        self._callers = self.numbers.planted[:calls]
        self._listed = self.numbers.planted[calls : calls + int(count * _LIST)]
        self._logged = self.numbers.planted[calls + int(count * _LIST) :]

    def run(self) -> Found:
        """Do everything, search everything, and return what was found."""
        late = int(len(self._callers) * (1.0 - _LOCKED))
        with self.agent:
            self._call_all(self._callers[:late])
            self._ask_wrongly()
            with locked_by_others(self._state / "decisions.db"):
                self._call_all(self._callers[late:])
                self._search_files("storage while locked")
                waiting = self._state.glob("*waiting-*")
                self.waiting_bytes = sum(path.stat().st_size for path in waiting)
                os.kill(self.agent.pid, signal.SIGKILL)
                ended(self.agent)
            self.agent.start()
            self._work()
            self.agent.ask({"op": "save"})
            self._search_files("storage")
        self._search_files("storage after the end")
        self.searcher.look("agent's log", self.agent.log.read_bytes())
        return self.searcher.found

    def _call_all(self, numbers: Sequence[str]) -> None:
        self._port = int(str(self.agent.ask({"op": "status"})["port"]))
        self.agent.listen_in()
        for place, number in enumerate(numbers):
            self._call(place, number)
        self.searcher.look("events (follow)", repr(self.agent.events()))

    def _call(self, place: int, number: str) -> None:
        ways = writings(number)
        text = ways[place // 8 % len(ways)]
        more = self._drawn.choice(
            (
                {},
                {"ver": "failure", "att": "C"},
                {"ver": "success", "att": "A", "orig": "0b1e"},
                {"qw": "40", "ql": "3", "qr": "0", "ch": "90"},
            )
        )
        way = place % 8
        if way == 0:
            said = self._malformed(place // 8, number, text)
        elif way == 1:
            said = screened(self._port, text, f"fault-{FAULTS[place // 8 % len(FAULTS)]}", **more)
        elif way == 2:
            said = screened(self._port, text, **{**more, "pres": "prohib"})
        elif way == 3:
            said = screened(self._port, "anonymous", f"Ann {text}", **more)
        elif way == 4:
            sip = self._drawn.choice(ways[:3]) + f"-{place:x}@192.0.2.7"
            said = screened(self._port, text, sip=sip, **more)
        else:
            said = screened(self._port, text, f"{number} Ann", **more)
        self._note(said)

    def _malformed(self, kind: int, number: str, text: str) -> dict[str, str]:
        lines = question(text, f"Ann {number}")
        kinds = (
            question(text, f"Ann\nagi_x: {number}"),
            question(f"{text}\n\n{number}"),
            lines + f"{number}\n".encode(),
            lines.replace(b"agi_arg_1: num=", f"agi_arg_1: num={number}".encode()),
            environment("screen", f"num={number}%&{text}", text, text),
            environment("outcome", f"id={number}&event={text}&talk={number}"),
            environment(number, text),
            lines.replace(b"agi_calleridname", b"agi_calleridname\x00" + number.encode()),
        )
        with Session(self._port) as session:
            try:
                session.send(kinds[kind % len(kinds)])
                return session.variables()
            except OSError:  # closed on us: that is an answer too
                return {}

    def _note(self, said: dict[str, str]) -> None:
        self.searcher.look("channel variables", repr(said))
        self.verdicts[said.get("SCREENER_VERDICT", "none")] += 1
        call_id = said.get("SCREENER_ID", "")
        if not call_id:
            return
        self.ids.append(call_id)
        if self._drawn.random() < 0.5:
            event = self._drawn.choice(_OUTCOMES)
            with Session(self._port) as session:
                session.send(environment("outcome", f"id={call_id}&event={event}&talk=42"))
                session.variables()

    def _ask_wrongly(self) -> None:
        for number in self._callers[: self._handled]:
            asked: tuple[dict[str, object], ...] = (
                {"op": number},
                {"op": "explain", "facts": {"number": number, number: "x"}},
                {"op": "explain", "facts": {"number": number, "name": "fault-explain"}},
                {"op": "explain", "facts": {"number": f"+1{number}"}},
                {"op": "screen", "facts": f"num={number}%zz"},
                {"op": "outcome", "facts": f"id={number}&event={number}"},
                {"op": "learn", "records": [{"caller": number, "at": number}]},
                {"op": "forget", "identity": [number]},
            )
            for request in asked:
                try:
                    told = repr(self.agent.ask(request))
                except ScreenerError as error:
                    told = str(error)
                self.searcher.look("control replies", told)

    def _work(self) -> None:
        """Let people do what they do, by commands."""
        block, bad = self._file("block.csv", self._listed), self._folder / "bad.csv"
        bad.write_text("".join(f"{number}x,{number},,\n" for number in self._listed[:9]))
        cdr, queue = self._folder / "Master.csv", self._folder / "queue_log"
        self._write_history(cdr, queue)
        broken = self._folder / "Broken.csv"
        broken.write_text(f'"a"{self._logged[0]},b\n{self._logged[1]},x\n' + cdr.read_text())
        candidate = self._folder / "candidate.yaml"
        candidate.write_text(self.agent.config.read_text().replace("1000}", "999}"))
        file, every = str(self.agent.config), str(len(self.numbers.planted) * 2)
        self._review()
        for words in (
            ("lists import", block, "--action", "deny", "--name", "block"),
            ("lists import", str(bad), "--action", "deny"),
            ("lists show", "--all", "--limit", every),
            ("lists show", "--all", "--limit", every, "-o", "json"),
            ("import", "--cdr", str(broken), "--timezone", "UTC"),
            ("import", "--cdr", str(cdr), "--queue-log", str(queue), "--timezone", "UTC"),
            ("status",),
            ("status", "-o", "json"),
            ("stats", "--since", "2023-01-01T00:00:00Z"),
            ("stats", "--since", "1h", "--by", "reason", "-o", "json"),
            *(("log", "--limit", every, "-o", form) for form in ("table", "csv", "json")),
            ("audit",),
            ("audit", "-o", "csv"),
        ):
            self._command(words)
        window = ("--since", "2023-01-01T00:00:00Z")
        self._command(("replay", "--config", str(candidate), "--current", file, *window), bare=True)
        self._command(("apply", str(candidate), "--yes", *window))
        self._command(("rollback", "--yes"))
        self._command(("audit", "-o", "json"))

    def _review(self) -> None:
        for place, number in enumerate(self._callers[: self._handled]):
            ways = writings(number)
            call_id = self.ids[-1 - place]
            for words in (
                (("allow", "deny")[place % 2], ways[4 * place % len(ways)], "--reason", "he asked"),
                ("undo",),
                (("not-spam", "allow")[place % 2], call_id),
                ("explain", call_id),
                ("explain", ways[place % 3]),
                ("log", call_id),
                ("log", "--number", ways[place % 6], "-o", "json"),
            ):
                self._command(words)
        self._command(("erase", f"+1{self._callers[0]}", "--reason", "he asked", "--yes"))

    def _write_history(self, cdr: Path, queue: Path) -> None:
        with cdr.open("w") as calls, queue.open("w") as queued:
            for place, number in enumerate(self._logged):
                text, at = writings(number)[place % 7], START + 60 * place
                clid = f'"Ann {number}" <{text}>'
                calls.write(cdr_line(at, src=text, clid=clid, accountcode=number))
                queued.write(queue_lines(at, number=text, talk=None if place % 3 else 42))

    def _file(self, name: str, numbers: Sequence[str]) -> str:
        path = self._folder / name
        lines = (f"{writings(one)[place % 7]},{one} rude\n" for place, one in enumerate(numbers))
        path.write_text("number,description\n" + "".join(lines))
        return str(path)

    def _command(self, words: Sequence[str], *, bare: bool = False) -> None:
        """Run a command of this site in this process, and search what it says."""
        config = () if bare else ("--config", str(self.agent.config))
        head, *rest = words
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        before, sys.argv = sys.argv, ["screener", *head.split(), *rest, *config]
        try:
            with redirect_stdout(out), redirect_stderr(out):
                main()
        except SystemExit as end:  # where it was refused, what it said is searched all the same
            self.ended[head, int(end.code or 0)] += 1
        finally:
            sys.argv = before
        self.searcher.look(f"screener {head}", out.buffer.getvalue())

    def _search_files(self, place: str) -> None:
        for path in sorted(self._state.rglob("*")):
            if path.is_file():
                name = path.name.partition("-2")[0] if "waiting" in path.name else path.name
                self.searcher.look(f"{place}: {name}", path.read_bytes())


def run(scale: Scale) -> None:
    """Plant, search and print."""
    count = scale.of(10_000, 300)
    with tempfile.TemporaryDirectory(prefix="screener-bench-") as folder:
        planting = Planting(Path(folder), count)
        found = planting.run()
        log = planting.agent.log.read_text(errors="replace")
    rows = [
        (place, size, len(found.planted[place]), len(found.never[place]))
        for place, size in sorted(found.bytes_read.items())
    ]
    columns = ("searched", "bytes", "planted numbers in it", "others in it, by chance")
    show(f"planted: {count:,} numbers (seed {SEED}), and as many others", columns, rows)
    print(
        f"  verdicts {dict(planting.verdicts)}, {planting.waiting_bytes:,} bytes waited, ", end=""
    )
    print(f"{log.count('RuntimeError')} faults of ours in the log")
    done, refused = (
        sum(count for (_, status), count in planting.ended.items() if bool(status) is failed)
        for failed in (False, True)
    )
    print(f"  commands: {done} done, {refused} refused")
    print(f"  planted numbers found anywhere: {len(found.leaked)} of {count:,}")
    for line in found.seen[:40]:
        print(f"  {line}")
