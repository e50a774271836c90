"""The systemd units in config/: what they start is there, and they agree with the rest."""

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from screener.config.edge import EDGE
from screener.config.load import Config, parse_config
from screener.config.storage_folders import key_file, storage_folder
from tests.unit.cli.command import ROOT, run_here

AGENT, SHIPPER = ROOT / "config/screener@.service", ROOT / "config/screener-ship@.service"
PROGRAM = "/usr/local/bin/screener"

both = pytest.mark.parametrize("unit", [AGENT, SHIPPER], ids=lambda unit: unit.stem)


def section(unit: Path, name: str) -> dict[str, str]:
    read = configparser.ConfigParser(
        interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",)
    )
    read.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
    read.read(unit)
    return dict(read[name])


def told_configuration(unit: Path) -> Config:
    """Return the configuration that the unit's head tells an admin to write."""
    told = [line for line in unit.read_text().splitlines() if line.startswith("#  ")]
    keys = [line.lstrip("# ") for line in told if line.rstrip().endswith("}")]
    return parse_config("version: 1\n" + "\n".join(keys), unit.name, Path("/"))


@both
def test_the_instance_is_the_edge(unit: Path) -> None:
    assert f"{EDGE}=%i" in section(unit, "Service")["Environment"].split()


@pytest.mark.parametrize(
    ("unit", "key"),
    [
        (AGENT, "ExecStart"),
        (AGENT, "ExecReload"),
        (SHIPPER, "ExecStart"),
    ],
)
def test_what_it_runs_are_commands_of_ours(
    unit: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(section(unit, "Service")[key])
    program, command, option, file = words
    done = run_here(capsys, command, "--help")

    assert (program, file) == (PROGRAM, "/etc/screener/screener.yaml")
    assert done.status == 0
    assert option in done.out


@both
def test_one_that_hangs_is_ended_and_tells_where_but_nothing_of_callers(unit: Path) -> None:
    service = section(unit, "Service")
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    assert int(service["TimeoutAbortSec"]) < int(service["TimeoutStopSec"])
    assert service["Restart"] == "always"
    assert "PYTHONFAULTHANDLER=1" in service["Environment"].split()
    assert service["LimitCORE"] == "0"


@both
def test_auto_finds_the_folders_that_it_makes(unit: Path) -> None:
    folders = section(unit, "Service")["StateDirectory"].split()
    log, keys = (f"/var/lib/{name}" for name in folders)
    environment = {"STATE_DIRECTORY": f"{log}:{keys}"}

    assert storage_folder("auto", environment) == log
    assert key_file("auto", environment) == f"{keys}/keys.json"


@both
def test_what_it_says_of_the_configuration_is_a_configuration(unit: Path) -> None:
    config = told_configuration(unit)

    assert config.storage.folder == "/var/lib/screener"
    assert config.storage.keys == "/var/lib/screener-keys/keys.json"
    if unit is AGENT:
        assert config.control.socket == "/run/screener/control.sock"
    else:
        assert "sslmode=verify-full" in config.ship.dsn


def test_the_shipper_belongs_to_the_agent_and_never_the_other_way_round() -> None:
    agent, shipper = (section(unit, "Service") for unit in (AGENT, SHIPPER))
    same = ("User", "Group", "Environment", "StateDirectory", "StateDirectoryMode", "UMask")
    assert {name: shipper[name] for name in same} == {name: agent[name] for name in same}
    unit = section(SHIPPER, "Unit")
    assert "screener@%i.service" in unit["After"].split()
    # It goes on while the agent is down or restarted, and takes nobody down with it.
    assert not {"Requires", "BindsTo", "PartOf", "Requisite"} & unit.keys()
    assert "ship" not in AGENT.read_text()


@both
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_no_fault_with_it(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "screener"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for template in (AGENT, SHIPPER):
        one = tmp_path / template.name.replace("@", "@2")
        one.write_text(template.read_text().replace(PROGRAM, str(program)))
    instance = tmp_path / unit.name.replace("@", "@2")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(instance)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if instance.name in line] == []
