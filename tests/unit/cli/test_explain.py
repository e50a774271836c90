import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from tests.unit.cli.command import Done, run_here, screener

NUMBER = "+16515550142"
WHOLE = re.compile(r"651[^0-9]{0,3}555[^0-9]{0,2}0142")
RISKY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, ESC among them, and marks that turn the direction of writing."""

ALONE = "the configuration alone (no agent answers)"
RUNNING = "the running agent, with what it has learned"
HISTORY: list[dict[str, object]] = [
    {"caller": NUMBER, "at": at, "outcome": "answered", "talk_s": 60.0}
    for at in (1_700_000_000.0, 1_700_400_000.0)
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration under which no agent runs."""
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\nmode: enforce\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
        "reputation: {good_half_life: 3650d}\n"
    )
    return path


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    agent = AgentProcess(
        tmp_path_factory.mktemp("agent"),
        free_ports(1)[0],
        enforce=True,
        extra="reputation: {good_half_life: 3650d}\n",
    )
    agent.start()
    agent.teach(HISTORY)
    yield agent
    agent.stop()


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    done = run_here(capsys, "explain", "-o", "json", *words)
    assert (done.status, done.err) == (0, "")
    told: dict[str, Any] = json.loads(done.out)
    return told


def names(told: dict[str, Any]) -> list[str]:
    return [part["name"] for part in told["signals"]]


@pytest.mark.parametrize(
    ("number", "presentation", "kind", "signals"),
    [
        (NUMBER, "allowed", "valid", ["new-caller"]),
        (NUMBER, "prohib", "withheld", ["withheld"]),
        ("anonymous", "allowed", "anonymous", ["withheld"]),
        ("", "allowed", "absent", ["no-number"]),
        ("<script>", "allowed", "junk", ["junk-number"]),
        ("+10005550142", "allowed", "unallocated", ["unallocated-number", "new-caller"]),
        ("911", "allowed", "short", ["allow-list", "short-number", "new-caller"]),
    ],
)
def test_without_an_agent_the_configuration_alone_speaks(  # noqa: PLR0917 - pytest names them
    capsys: pytest.CaptureFixture[str],
    config: Path,
    number: str,
    presentation: str,
    kind: str,
    signals: list[str],
) -> None:
    told = explained(capsys, number, "--presentation", presentation, "-c", str(config))
    assert told["source"] == ALONE
    assert told["caller_class"] == kind
    assert sorted(names(told)) == sorted(signals)
    assert sum(part["points"] for part in told["signals"]) == pytest.approx(told["score"])


def test_who_is_never_challenged_is_told_in_words(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    done = run_here(capsys, "explain", "711", "-c", str(config))
    assert "Never challenged: on the list relay." in done.out
    assert "Never" not in run_here(capsys, "explain", NUMBER, "-c", str(config)).out


def test_a_running_agent_speaks_of_what_it_has_learned(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, config: Path
) -> None:
    told = explained(capsys, NUMBER, "-c", str(agent.config))
    assert told["source"] == RUNNING
    assert names(told) == ["known-caller"]
    assert names(explained(capsys, NUMBER, "-c", str(config))) == ["new-caller"]


def test_asking_leaves_no_trace_in_the_agent(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    before = agent.ask({"op": "status"})
    answers = [explained(capsys, "+16515550199", "-c", str(agent.config)) for _ in range(12)]
    assert {tuple(names(told)) for told in answers} == {("new-caller",)}
    assert agent.ask({"op": "status"}) == before


def test_a_withheld_number_is_not_joined_to_its_history(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    told = explained(capsys, NUMBER, "--presentation", "prohib", "-c", str(agent.config))
    assert names(told) == ["withheld"]
    assert told["caller"] == "withheld"


@pytest.mark.parametrize(
    ("attestation", "signal"),
    [
        ("A", "attestation-a"),
        ("b", "attestation-b"),
        ("C", "attestation-c"),
        ("failed", "attestation-failed"),
    ],
)
def test_the_facts_of_a_call_can_be_named(
    capsys: pytest.CaptureFixture[str], config: Path, attestation: str, signal: str
) -> None:
    told = explained(capsys, NUMBER, "--attestation", attestation, "-c", str(config))
    assert signal in names(told)


def test_the_table_says_source_signals_score_and_every_level(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    done = run_here(capsys, "explain", NUMBER, "-c", str(config))
    assert (done.status, done.err) == (0, "")
    assert f"(valid), as seen by {ALONE}." in done.out
    assert re.search(r"new-caller +. history +. \+1\.00 +. yes", done.out)
    assert "Score 1.00 of what takes effect, 1.00 of everything (groups capped)" in done.out
    for level in ("calm (now)", "rising", "full"):
        assert f" {level} " in done.out


def test_a_closed_site_is_told_in_words_with_when_it_opens(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    now = datetime.now(UTC)  # noqa: TID251 - the command reads the same clock
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(now.weekday() + 3) % 7]
    with config.open("a") as file:
        file.write(f"hours: {{openings: [{day} 08:00-08:01]}}\n")
    done = run_here(capsys, "explain", NUMBER, "-c", str(config))
    assert (done.status, done.err) == (0, "")
    assert re.search(r"The site is closed; it opens \w{3} \d{4}-\d\d-\d\d 08:00 UTC\.", done.out)
    assert "Verdict now: drop, because of closed, new-caller." in done.out


def test_the_table_of_a_running_agent_says_so(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    done = run_here(capsys, "explain", NUMBER, "-c", str(agent.config))
    assert f"as seen by {RUNNING}." in done.out
    assert "known-caller" in done.out


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    "number", [NUMBER, "16515550142", "(651) 555-0142", "tel:+1-651-555-0142", "+16515550142;ext=7"]
)
def test_the_whole_number_is_never_shown(
    capsys: pytest.CaptureFixture[str], config: Path, number: str, form: str
) -> None:
    done = run_here(capsys, "explain", number, "-o", form, "-c", str(config))
    assert done.status == 0
    assert WHOLE.search(number) is not None
    assert WHOLE.search(done.out + done.err) is None


HOSTILE = (
    "[red]x[/red]",
    "[/nothing]",
    "\x1b[31mred\x1b]0;title\x07",
    "+1651555\x1b[8m0142",
    "line\nVERDICT id=1",
    ":smile: \u202e+1\u2066",
    "\uff16\uff15\uff11",
    "\udcff\udcfe",
    "x" * 5_000,
)


def inert(done: Done) -> None:
    assert done.status == 0
    assert done.err == ""
    assert RISKY.search(done.out) is None
    assert "VERDICT" not in done.out
    assert all(len(line) <= 160 for line in done.out.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("running", [False, True])
def test_hostile_text_comes_out_inert_as_a_table(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    config: Path,
    agent: AgentProcess,
    *,
    running: bool,
    text: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    used = str(agent.config if running else config)
    inert(run_here(capsys, "explain", text, "-c", used))
    facts = ("--name", text, "--did", text, "--trunk", text, "--attestation", text)
    inert(run_here(capsys, "explain", NUMBER, *facts, "-c", used))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(number=st.text(max_size=80), name=st.text(max_size=80), trunk=st.text(max_size=80))
def test_any_text_at_all_is_explained_and_comes_out_inert_as_json(
    capsys: pytest.CaptureFixture[str], config: Path, number: str, name: str, trunk: str
) -> None:
    facts = (f"--name={name}", f"--trunk={trunk}")
    done = run_here(capsys, "explain", "-o", "json", "-c", str(config), *facts, "--", number)
    assert (done.status, done.err) == (0, "")
    assert done.out.isascii()
    assert RISKY.search(done.out) is None
    told = json.loads(done.out)
    assert RISKY.search(told["trunk"]) is None
    assert told["caller_class"] != "junk" or told["caller"] == f"junk(len={len(number)})"


def test_bytes_that_are_no_text_are_explained_too(config: Path) -> None:
    done = screener("explain", "\udcff\x1b[31m", "--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert "junk(len=6)" in done.stdout


def test_a_configuration_that_is_wrong_is_refused_with_its_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\nmode: loud\n")
    done = run_here(capsys, "explain", NUMBER, "-c", str(path))
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith(f"screener: {path}:2:7: mode ")


def test_what_the_agent_refuses_is_one_line(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    done = run_here(capsys, "explain", "x" * 70_000, "-c", str(agent.config))
    assert (done.status, done.out) == (1, "")
    assert done.err == "screener: a message may hold at most 65536 bytes\n"
