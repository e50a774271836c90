import inspect
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from screener.cli.edge import edged, with_edge
from screener.cli.main import COMMANDS, build
from screener.config.edge import EDGE
from screener.storage.site_files import LOG_FILE
from tests.unit.cli.command import PATIENCE_S, ROOT, run_here, screener


def commands(group: object, prefix: str = "") -> dict[str, set[str]]:
    """Return the options of every command, those in groups too."""
    found: dict[str, set[str]] = {}
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # a group has
        if hasattr(command, "commands"):
            found |= commands(command, f"{name} ")
        else:
            found[prefix + name] = {word for one in command.params for word in one.opts}
    return found


def test_every_command_that_reads_an_agents_configuration_takes_an_edge() -> None:
    build(COMMANDS)  # once more: the option must not come twice
    options = commands(typer.main.get_command(build(COMMANDS)))

    assert {"log", "allow", "status", "users list", "lists import"} <= set(options)
    taking = {name for name, words in options.items() if "--edge" in words}
    assert taking >= {name for name, words in options.items() if "--config" in words}
    assert "check-config" in taking
    assert not taking & {"diff-config", "lab"}


def test_the_edge_is_the_environments_and_the_option_wins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(EDGE, "3")
    asked = run_here(capsys, "check-config", "--effective")
    told = run_here(capsys, "check-config", "--effective", "--edge", "2")

    assert json.loads(asked.out)["listen"]["port"] == 4611
    assert json.loads(told.out)["listen"]["port"] == 4601


@pytest.mark.parametrize("edge", ["0", "100", "two"])
def test_what_is_no_edge_is_wrong_usage(edge: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys, "check-config", "--edge", edge)
    assert (done.status, done.out) == (2, "")
    assert "--edge" in done.err


def test_a_wrong_edge_in_the_environment_is_a_refused_configuration() -> None:
    done = screener("check-config", env={EDGE: "many"})
    assert (done.returncode, done.stderr) == (
        3,
        "screener: SCREENER_EDGE: is not an edge; allowed: 1 to 99\n",
    )


def test_the_command_itself_never_sees_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EDGE, "1")
    seen: list[object] = []

    def command(config: Path | None = None, *, count: int = 1) -> None:
        seen.append((config, count))

    run = with_edge(command)
    run(count=2, edge=5)

    assert seen == [(None, 2)]
    assert os.environ[EDGE] == "5"
    assert list(inspect.signature(run).parameters) == ["config", "count", "edge"]
    assert edged(run) is run


def test_a_command_without_a_configuration_stays_as_it_is() -> None:
    def command(count: int = 1) -> None:
        del count

    assert with_edge(command) is command


def test_two_agents_serve_with_one_file_and_each_is_asked_by_its_edge(tmp_path: Path) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        "version: 1\nlisten: {port: 0}\n"
        f"control: {{socket: {tmp_path}/control.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    words = ("serve", "--config", str(config))
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "screener", *words, *edge],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for edge in ((), ("--edge", "2"))
    ]
    try:
        for child in children:
            assert child.stderr is not None
            assert any(" READY " in line for line in child.stderr)
        ports = [
            json.loads(screener("status", "-o", "json", *edge, "-c", str(config)).stdout)["port"]
            for edge in ((), ("--edge", "2"))
        ]
        assert screener("reload", "--edge", "2", "-c", str(config)).returncode == 0
        for child in children:
            os.kill(child.pid, signal.SIGTERM)
        told = [child.communicate(timeout=PATIENCE_S)[1] for child in children]
    finally:
        for child in children:
            child.kill()

    assert len(set(ports)) == 2
    assert [" RELOADED " in one for one in told] == [False, True]
    assert "takes effect at the next start" not in told[1]
    assert (tmp_path / "state/edge-2" / LOG_FILE).exists()
    assert (tmp_path / "keys.json").exists()
