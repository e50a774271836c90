import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from screener.lab.agent_process import AgentProcess
from screener.storage.keys import load_or_make_keys
from tests.unit.agents import an_agent, port_of, settled
from tests.unit.call_records import PERSON, START, cdr_line, queue_lines
from tests.unit.cli.command import Done, run_here
from tests.unit.fastagi_client import screened

Run = Callable[..., Done]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], config: Path) -> Run:
    """Run `screener import` with times in UTC."""

    def run_it(*words: str | Path, of: Path | None = None) -> Done:
        told = map(str, words)
        return run_here(capsys, "import", "--timezone", "UTC", *told, "--config", str(of or config))

    return run_it


@pytest.fixture
def cdr(tmp_path: Path) -> Path:
    path = tmp_path / "Master.csv"
    path.write_text("".join(cdr_line(START + second) for second in range(3)))
    return path


@pytest.fixture
def queue_log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    path.write_text(queue_lines(START) + queue_lines(START + 1, talk=None))
    return path


def logged(capsys: pytest.CaptureFixture[str], config: Path) -> list[dict[str, object]]:
    done = run_here(capsys, "log", "--config", str(config), "-o", "json", "--limit", "10000")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, list)
    return found


def outcomes(calls: list[dict[str, object]]) -> list[object]:
    return [one for call in calls for one in [call["outcomes"]]]


def test_before_any_agent_has_run_the_log_is_made_and_filled(
    run: Run, cdr: Path, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run("--cdr", cdr)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "3 calls brought in: 3 answered, 0 abandoned, 0 without an outcome",
        "from 2023-11-14T22:13:20Z to 2023-11-14T22:13:22Z, 1 distinct callers",
        "no agent runs; it learns what was brought in from the log when it starts",
    ]
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert [call["seq"] for call in logged(capsys, config)] == [0, -1, -2]
    audit = json.loads(run_here(capsys, "audit", "-o", "json", "--config", str(config)).out)
    assert [(one["what"], one["target"]) for one in audit] == [
        ("import-calls", "3 calls from 2023-11-14T22:13:20Z to 2023-11-14T22:13:22Z")
    ]


def test_the_queue_s_word_counts_for_what_became_of_calls(
    run: Run, cdr: Path, queue_log: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "2 answered, 1 abandoned" in run("--cdr", cdr, "--queue-log", queue_log).out
    assert outcomes(logged(capsys, config)) == [
        [{"at": START + 102.0, "event": "answered", "talk_s": 99.0}],
        [{"at": START + 31.0, "event": "abandoned", "talk_s": 0.0}],
        [{"at": START + 72.0, "event": "answered", "talk_s": 42.0}],
    ]


def test_a_queue_log_alone_is_enough_and_one_after_the_other_joins(
    run: Run, cdr: Path, queue_log: Path
) -> None:
    assert run("--queue-log", queue_log).out.startswith("2 calls brought in: 1 answered")
    again = run("--cdr", cdr)
    assert again.out.startswith("1 call brought in: 1 answered")
    assert "2 calls were there already; 0 got another outcome" in again.out


def test_the_same_twice_brings_nothing_in(run: Run, cdr: Path) -> None:
    run("--cdr", cdr)
    assert run("--cdr", cdr).out.splitlines() == [
        "0 calls brought in: 0 answered, 0 abandoned, 0 without an outcome",
        "from 2023-11-14T22:13:20Z to 2023-11-14T22:13:22Z, 1 distinct callers",
        "3 calls were there already; 0 got another outcome",
    ]


def test_a_dry_run_makes_nothing(run: Run, cdr: Path, tmp_path: Path) -> None:
    done = run("--cdr", cdr, "--dry-run")
    assert done.out.startswith("3 calls would be brought in: 3 answered")
    assert done.out.endswith("nothing was written\n")
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "keys.json").exists()


GOOD = cdr_line()


@pytest.mark.parametrize(
    ("content", "words", "status", "said"),
    [
        (b"", (), 1, "holds no records"),
        (GOOD.encode() + b'"a",b\n', (), 1, "Master.csv:2:1: 2 columns"),
        (GOOD.encode() + b'"a"b\n', (), 1, "Master.csv:2:1: the quotes do not match"),
        (GOOD.replace(",", ";").encode(), (), 1, "commas separate the fields"),
        (cdr_line(start="2023-02-30 00:00:00").encode(), (), 1, "no moment of the calendar"),
        (gzip.compress(GOOD.encode() * 99)[:-9], (), 1, "a damaged gzip file"),
        (os.urandom(5_000) + b"\n", (), 1, "nothing was changed"),
        (GOOD.encode() + b"x" * 99_999 + b"\n", (), 1, "longer than 65536 bytes"),
        (GOOD.encode(), ("--timezone", "Mars/Olympus"), 2, "no such zone"),
        (GOOD.encode(), ("--timezone", "Asia/Tokyo"), 1, "lie 9 h before"),
        (GOOD.encode(), ("--context", "kunden"), 1, "from-trunk: 1"),
        (GOOD.encode(), ("--since", "soon"), 2, "--since 'soon'"),
        (GOOD.encode() + cdr_line(START + 1).encode(), ("--most", "1"), 1, "--since 30d"),
        (GOOD.encode(), ("--queue-log", "/nowhere"), 4, "there is no file /nowhere"),
    ],
)
def test_what_is_wrong_is_said_and_the_log_stays_as_it_was(  # noqa: PLR0917 - fixtures
    run: Run,
    cdr: Path,
    tmp_path: Path,
    content: bytes,
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    run("--cdr", cdr)
    state = {path: path.read_bytes() for path in (tmp_path / "state").iterdir()}
    cdr.write_bytes(content)
    done = run("--cdr", cdr, *words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert {path: path.read_bytes() for path in (tmp_path / "state").iterdir()} == state


def test_broken_lines_can_be_left_out(run: Run, cdr: Path) -> None:
    with cdr.open("a") as file:
        file.write("a caller's line end\n" + cdr_line(START + 9) + '"half')
    refused = run("--cdr", cdr)
    assert refused.status == 1
    assert "--skip-broken brings in all other lines" in refused.err
    done = run("--cdr", cdr, "--skip-broken")
    assert done.out.startswith("4 calls brought in")
    assert "1 broken lines left out" in done.out
    assert "the last line has no end yet" in done.out


def test_without_a_file_it_is_wrong_usage(run: Run) -> None:
    done = run()
    assert done.status == 2
    assert "name a file" in done.err


def test_a_log_that_is_turned_off_or_anothers_is_refused(
    run: Run, cdr: Path, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = tmp_path / "off.yaml"
    off.write_text(config.read_text().replace("storage: {", "storage: {log: false, "))
    assert "storage.log" in run("--cdr", cdr, of=off).err
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    assert "run this as the user of the agent" in run("--cdr", cdr).err


def test_a_damaged_log_is_left_to_the_agent(run: Run, cdr: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    load_or_make_keys(tmp_path / "keys.json")
    (tmp_path / "state" / "decisions.db").write_bytes(b"no database" * 1_000)
    done = run("--cdr", cdr)
    assert done.status == 1
    assert "start the agent, which sets it aside" in done.err


def test_neither_a_number_nor_a_name_is_said_or_shown(
    run: Run, cdr: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cdr.write_text(cdr_line() + cdr_line(START + 1, src="=cmd|' /C calc'!A1\x1b[2J"))
    done = run("--cdr", cdr)
    shown = run_here(capsys, "log", "--config", str(config), "-o", "csv")
    for text in (done.out, done.err, shown.out):
        assert PERSON[2:] not in text
        assert "calc" not in text
        assert "\x1b" not in text


def standing(agent: AgentProcess) -> set[str]:
    facts = {"number": PERSON, "trunk": "trunk-a"}
    return {
        str(signal["name"])
        for signal in agent.ask({"op": "explain", "facts": facts})["signals"]  # type: ignore[attr-defined]  # a list
    }


def test_a_running_agent_learns_at_once_and_keeps_its_own_rows_on_top(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cdr = tmp_path / "Master.csv"
    with an_agent(tmp_path) as agent:
        status = agent.ask({"op": "status"})
        assert status["ready"]
        screened(port_of(agent), PERSON)
        settled(agent)
        (own,) = logged(capsys, agent.config)
        before = {"new-caller"} & standing(agent)
        first = int(float(str(own["at"]))) - 20 * 86_400
        days = [cdr_line(first + 86_400 * day) for day in range(15)]
        cdr.write_text("".join(days))
        done = run("--cdr", cdr, of=agent.config)
        assert "the running agent has learned of 15 served calls" in done.out
        assert before == {"new-caller"}
        assert "new-caller" not in standing(agent)
        found = logged(capsys, agent.config)
        assert [call["seq"] for call in found[:2]] == [1, 0]
        assert len(found) == 16


def test_calls_that_the_agent_recorded_itself_are_not_brought_in_again(
    run: Run, tmp_path: Path
) -> None:
    cdr = tmp_path / "Master.csv"
    with an_agent(tmp_path) as agent:
        moment = int(agent.config.stat().st_mtime)
        screened(port_of(agent), PERSON, uid=f"{moment}.7")
        settled(agent)
        cdr.write_text(cdr_line(moment) + cdr_line(moment - 60))
        done = run("--cdr", cdr, of=agent.config)
        assert done.out.startswith("1 call brought in")
        assert "1 call left out that the agent has recorded itself" in done.out
