"""The systemd unit in config/: what it starts is there, and it agrees with the rest on places."""

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from screener.config.edge import EDGE
from screener.config.load import parse_config
from screener.config.storage_folders import key_file, storage_folder
from tests.unit.cli.command import ROOT, run_here

UNIT = ROOT / "config/screener@.service"
PROGRAM = "/usr/local/bin/screener"


@pytest.fixture
def service() -> dict[str, str]:
    unit = configparser.ConfigParser(
        interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",)
    )
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
    unit.read(UNIT)
    return dict(unit["Service"])


def test_the_instance_is_the_edge(service: dict[str, str]) -> None:
    assert service["Environment"] == f"{EDGE}=%i"


@pytest.mark.parametrize("key", ["ExecStart", "ExecReload", "ExecStartPost"])
def test_what_it_runs_are_commands_of_ours(
    service: dict[str, str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(service[key])
    if words[0] == "/bin/sh":
        words = shlex.split(words[-1].partition(";")[0])[1:]
    program, command, option, file = words
    done = run_here(capsys, command, "--help")

    assert (program, file) == (PROGRAM, "/etc/screener/screener.yaml")
    assert done.status == 0
    assert option in done.out


def test_auto_finds_the_folders_that_it_makes(service: dict[str, str]) -> None:
    log, keys = (f"/var/lib/{name}" for name in service["StateDirectory"].split())
    environment = {"STATE_DIRECTORY": f"{log}:{keys}"}

    assert storage_folder("auto", environment) == log
    assert key_file("auto", environment) == f"{keys}/keys.json"


def test_what_it_says_of_the_configuration_is_a_configuration() -> None:
    told = [line for line in UNIT.read_text().splitlines() if line.startswith("#  ")]
    keys = [line.lstrip("# ") for line in told if line.rstrip().endswith("}")]
    config = parse_config("version: 1\n" + "\n".join(keys), UNIT.name, Path("/"))

    assert config.control.socket == "/run/screener/control.sock"
    assert config.storage.folder == "/var/lib/screener"
    assert config.storage.keys == "/var/lib/screener-keys/keys.json"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_no_fault_with_it(tmp_path: Path) -> None:
    program = tmp_path / "screener"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    instance = tmp_path / "screener@2.service"
    instance.write_text(UNIT.read_text().replace(PROGRAM, str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(instance)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if instance.name in line] == []
