import sys
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from screener.lab.agent_process import AgentProcess
from screener.lab.asterisk import Asterisk
from screener.lab.groups import mixed_trial
from screener.lab.root import LabRoot
from screener.lab.show import by_hand, live_table, own_command, summary_table
from screener.lab.stage import Stage
from screener.lab.watch import BY_HAND, Watch
from screener.lab.web_process import WebProcess
from tests.builders import NOW

GROUPS = mixed_trial(5.0, NOW).groups


def shown(what: RenderableType, width: int = 100, *, soft_wrap: bool = False) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as caught:
        console.print(what, soft_wrap=soft_wrap)
    return caught.get().splitlines()


def cells(lines: list[str], who: str) -> list[str]:
    """Return the figures of one row."""
    (row,) = [line for line in lines if line.startswith(who)]
    return row.removeprefix(who).split()


def a_watch() -> Watch:
    watch = Watch([group.key for group in GROUPS])
    group = watch.groups["one"]
    group.calls = watch.all.calls = 9
    group.verdicts.update(admit=2, challenge=3, drop=4)
    group.treatments.update(busy=1, refuse=2, announce=1)
    group.outcomes.update(challenge_passed=1, answered=5)
    group.latencies_ms += [0.5, 0.5, 0.5]
    watch.all.calls, watch.all.latencies_ms = 28_800, [1234.5, 1234.5]
    return watch


def test_a_group_shows_its_calls_verdicts_treatments_and_times() -> None:
    lines = shown(summary_table(GROUPS, a_watch()))
    assert cells(lines, "flood from one number") == ["9", "2", "3", "1", "1", "3", "0.50", "0.50"]
    assert cells(lines, "people with history") == ["0", "0", "0", "0", "0", "0", "0.00", "0.00"]


def test_admitted_challenged_and_dropped_calls_add_up_in_every_row() -> None:
    calls, admit, challenge, _, busy, refuse, *_ = cells(
        shown(summary_table(GROUPS, a_watch())), "flood from one number"
    )
    assert int(calls) == int(admit) + int(challenge) + int(busy) + int(refuse)


def test_calls_by_hand_are_shown_once_there_are_some() -> None:
    watch = a_watch()
    assert not [line for line in shown(summary_table(GROUPS, watch)) if "by hand" in line]
    watch.groups[BY_HAND].calls = 1
    assert cells(shown(summary_table(GROUPS, watch)), "by hand")[0] == "1"


def test_a_live_table_says_how_long_and_how_loaded() -> None:
    watch = a_watch()
    watch.pressure = "full"
    title = shown(live_table(GROUPS, watch, 12.0, 60.0))[0]
    assert title.strip() == "28800 calls, 48 s of traffic left, pressure full"
    assert " 0 s of traffic left" in shown(live_table(GROUPS, watch, 70.0, 60.0))[0]


def test_a_pressure_without_a_colour_is_shown_all_the_same() -> None:
    watch = a_watch()
    watch.pressure = "[red]odd"
    assert "pressure [red]odd" in shown(live_table(GROUPS, watch, 0.0, 60.0))[0]


@pytest.mark.parametrize("width", [80, 100])
def test_a_table_fits_the_terminal_and_cuts_no_figure(width: int) -> None:
    lines = shown(summary_table(GROUPS, a_watch()), width)
    assert max(len(line) for line in lines) <= width
    assert not [line for line in lines if "\u2026" in line]


def a_stage(folder: Path) -> Stage:
    """A stage that is set up but not started: the words come from where things will stand."""
    root = LabRoot("22.10.1", folder, folder)
    stage = Stage(root, lambda _: None, enforce=True)
    stage.agent = AgentProcess(folder, stage.ports.agent, enforce=True)
    stage.web = WebProcess(stage.agent.config, folder / "web.log")
    stage.web.address, stage.web.secret = "http://127.0.0.1:4592", "once-and-no-more"
    stage.asterisk = Asterisk(root, folder / "asterisk", stage.ports)
    return stage


def test_the_lines_to_type_name_this_stage(tmp_path: Path) -> None:
    stage = a_stage(tmp_path)
    lines = shown(by_hand(stage, "+16125550142"), 80, soft_wrap=True)
    text = "\n".join(lines)
    assert f"sip:+16515392200@127.0.0.1:{stage.ports.sip}" in text
    assert f"screener explain '+16125550142' --config {stage.agent.config}" in text
    for words in ("log --verdict drop", "log -f", "pause 2m", "apply COPY"):
        assert f"screener {words} --config {stage.agent.config}" in text
    assert stage.asterisk.console in text
    assert str(stage.agent.log) in text
    assert "http://127.0.0.1:4592/setup" in text
    assert "once-and-no-more" in text
    assert lines[0] == "Still up, until Ctrl-C"


def test_a_folder_with_brackets_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "[red]"
    folder.mkdir()
    stage = a_stage(folder)
    assert str(stage.agent.log) in "\n".join(shown(by_hand(stage, ""), soft_wrap=True))


@pytest.mark.parametrize(
    ("program", "typed"),
    [
        ("{here}/.venv/bin/screener", ".venv/bin/screener"),
        ("{here}/on-path/screener", "screener"),
        ("{elsewhere}/bin/screener", "{elsewhere}/bin/screener"),
        ("{elsewhere}/screener/__main__.py", "screener"),
    ],
)
def test_our_command_is_shown_as_it_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, typed: str
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    on_path = here / "on-path" / "screener"
    on_path.parent.mkdir(parents=True)
    on_path.write_text("#!/bin/sh\n")
    on_path.chmod(0o755)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.setattr(sys, "argv", [program.format(here=here, elsewhere=elsewhere)])
    assert own_command() == typed.format(elsewhere=elsewhere)
