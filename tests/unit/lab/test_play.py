"""What of a trial can be seen without Asterisk; a whole one is played in `tests/e2e`."""

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from screener.errors import MissingPartError
from screener.lab import play
from screener.lab.agent_process import AgentProcess
from screener.lab.asterisk import Asterisk
from screener.lab.fetch import Progress
from screener.lab.groups import Caller, Group, Trial
from screener.lab.play import LabRun, Show, wire_summary
from screener.lab.root import LabRoot
from screener.lab.sipp import Load, Sipp
from screener.lab.stage import Stage
from screener.lab.watch import Watch

SECONDS = 0.4
PEOPLE = Group("people", "people", 5.0, 0.0, 1.0, (Caller("+16515550142", 3.0),), listens=True)
FLOOD = Group("flood", "a flood", 9.0, 0.5, 1.0, (Caller("+16515550143", 2.5),), unwanted=True)
EVENT: dict[str, object] = {
    "id": "1",
    "verdict": "admit",
    "pressure": "calm",
    "latency_ms": 0.5,
    "sip_call_id": "people-1@127.0.0.1",
}


class QuietStage(Stage):
    """A stage without Asterisk, whose callers have nothing to do and are noted."""

    def __init__(self, folder: Path) -> None:
        root = LabRoot("22.10.1", folder, folder)
        super().__init__(root, lambda _: None, enforce=True)
        self.folder = folder
        self.agent = AgentProcess(folder, self.ports.agent, enforce=True)
        self.asterisk = Asterisk(root, folder / "asterisk", self.ports)
        self.called: list[tuple[str, list[tuple[str, ...]], float, float, bool]] = []

    def callers(
        self,
        mark: str,
        rows: Sequence[Sequence[str]],
        rate: float,
        limit_s: float,
        *,
        listens: bool,
    ) -> Sipp:
        self.called.append((mark, [tuple(row) for row in rows], rate, limit_s, listens))
        return Sipp(self.root, self.folder / mark, "caller.xml", Load(), target=self.ports.sip)


def a_show(watch: Watch | None = None) -> Show:
    console = Console(file=io.StringIO(), width=80)
    run = LabRun(seconds=SECONDS, stay=False)
    return Show(console, run, Trial((PEOPLE, FLOOD), ()), watch or Watch(["people", "flood"]))


async def test_every_group_calls_once_in_its_order_and_the_end_is_seen(tmp_path: Path) -> None:
    stage = QuietStage(tmp_path)
    runs = await play._traffic(a_show(), stage, asyncio.Event())
    assert [mark for mark, *_ in stage.called] == ["people", "flood"] == list(runs)


async def test_people_are_patient_and_machines_are_not(tmp_path: Path) -> None:
    stage = QuietStage(tmp_path)
    await play._traffic(a_show(), stage, asyncio.Event())
    (_, people, rate, limit, listens), (_, flood, _, _, deaf) = stage.called
    assert people == [("+16515550142", "", "+16515392200", "45000")]
    assert flood == [("+16515550143", "", "+16515392200", "2500")]
    assert (rate, listens, deaf) == (5.0, True, False)
    assert limit == pytest.approx(SECONDS + 45.0 + play.LAST_CALLS_S)


async def test_what_the_agent_tells_meanwhile_is_counted(tmp_path: Path) -> None:
    stage, watch = QuietStage(tmp_path), Watch(["people", "flood"])
    stage.agent._events.extend([EVENT, {"id": "1", "outcome": "answered", "talk_s": 3.0}])
    await play._traffic(a_show(watch), stage, asyncio.Event())
    assert watch.groups["people"].verdicts == {"admit": 1}
    assert watch.groups["people"].outcomes == {"answered": 1}


async def test_a_stop_ends_the_traffic_before_it_begins(tmp_path: Path) -> None:
    stage, stop = QuietStage(tmp_path), asyncio.Event()
    stop.set()
    assert await play._traffic(a_show(), stage, stop) == {}
    assert stage.called == []


async def test_what_is_set_up_is_called_off_by_a_stop_and_else_done() -> None:
    stop, ended = asyncio.Event(), asyncio.Event()

    async def never() -> bool:
        try:
            stop.set()
            return await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # it takes its time to clear up
            ended.set()

    assert await play._unless(stop, asyncio.sleep(0, "done")) == "done"
    assert await play._unless(stop, never()) is None
    assert ended.is_set()


async def test_a_fault_while_setting_up_is_told() -> None:
    async def fails() -> None:
        raise MissingPartError("no Asterisk")

    with pytest.raises(MissingPartError, match="no Asterisk"):
        await play._unless(asyncio.Event(), fails())


async def test_it_stays_up_until_told_to_stop(tmp_path: Path) -> None:
    stage, stop = QuietStage(tmp_path), asyncio.Event()
    stop.set()
    async with asyncio.timeout(5.0):
        await play._stay(stage, Watch([]), stop)


async def test_it_does_not_stay_up_without_one_of_its_parts(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="the lab's agent has ended by itself"):
        await play._stay(QuietStage(tmp_path), Watch([]), asyncio.Event())


def a_run(folder: Path, counts: str, totals: str) -> Sipp:
    """SIPp as it leaves its figures behind."""
    folder.mkdir()
    (folder / "caller_1_counts.csv").write_text(counts)
    (folder / "totals.csv").write_text(totals)
    root = LabRoot("22.10.1", folder, folder)
    return Sipp(root, folder, "caller.xml", Load(), target=5060)


def test_the_wire_is_summed_up_beside_what_the_agent_said(tmp_path: Path) -> None:
    watch = Watch([])
    watch.all.verdicts["drop"] = 5
    head = "TotalCallCreated;SuccessfulCall(C);FailedCall(C);\n"
    counts = "CurrentTime;0_INVITE_Sent;1_486_Recv;2_603_Recv;3_200_Recv;\n"
    runs = {
        "a": a_run(tmp_path / "a", f"{counts}now;9;3;0;6;\n", f"{head}9;9;0;\n"),
        "b": a_run(tmp_path / "b", f"{counts}now;7;0;2;4;\n", f"{head}7;6;1;\n"),
    }
    assert wire_summary(runs, watch) == (
        "On the wire: 16 calls made, 10 answered, 5 refused with 486 or 603 "
        "(the agent dropped 5), 1 failed in any other way."
    )


def test_a_trial_that_made_no_call_is_summed_up_too() -> None:
    assert wire_summary({}, Watch([])).startswith("On the wire: 0 calls made, 0 answered")


def test_a_fetch_shows_its_bytes_and_gives_the_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = LabRoot("22.10.1", tmp_path, tmp_path)

    def ensure(say: object, progress: object) -> LabRoot:
        assert callable(say)
        assert callable(progress)
        say("Fetching Asterisk and SIPp")
        for done in (0, 50, 100):
            progress(Progress("download", done, 100, "bytes"))
        progress(Progress("unpack", 1, 2, "packages"))
        return root

    monkeypatch.setattr(play, "ensure_lab", ensure)
    console = Console(file=io.StringIO(), width=80)
    assert play.fetch_with_progress(console) is root
    assert isinstance(console.file, io.StringIO)
    assert "Fetching Asterisk and SIPp" in console.file.getvalue()


def test_a_run_plays_a_minute_enforces_and_stays_unless_told_otherwise() -> None:
    assert LabRun() == LabRun(seconds=60.0, stay=True, enforce=True)
