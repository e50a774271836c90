from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabPorts

PORTS = LabPorts(sip=1001, operators=1002, agent=1003, http=1004, ami=1005, rtp=2000)


def rooted(tmp_path: Path, script: str) -> LabRoot:
    """A root whose loader is a script: it does what a broken Asterisk would."""
    loader = tmp_path / "root/usr/lib/any/ld-linux-any.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text(f"#!/bin/sh\n{script}\n")
    loader.chmod(0o755)
    return LabRoot("22.0", tmp_path / "modules", tmp_path / "data", tmp_path / "root")


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a")


def test_the_run_folder_holds_every_directory_that_asterisk_is_told(place: Path) -> None:
    Asterisk(rooted(place, "true"), place / "run", PORTS).lay_out()

    lines = (place / "run/etc/asterisk.conf").read_text().splitlines()
    told = dict(line.split(" = ") for line in lines if line.startswith("ast"))
    own = {Path(path) for path in told.values() if path.startswith(f"{place}/run")}
    assert len(told) == 11
    assert told["astmoddir"] == str(place / "modules")
    assert all(path.is_dir() for path in own)
    assert "127.0.0.1:1001" in (place / "run/etc/pjsip.conf").read_text()


def test_an_asterisk_that_ends_while_starting_is_told_with_its_last_words(place: Path) -> None:
    broken = Asterisk(rooted(place, "echo no such module; exit 1"), place / "run", PORTS)

    with pytest.raises(MissingPartError, match="ended while starting: no such module"):
        broken.start()


def test_an_asterisk_that_never_comes_up_is_ended_and_told(place: Path) -> None:
    hung = Asterisk(rooted(place, "echo still loading; exec sleep 60"), place / "run", PORTS)

    with pytest.raises(MissingPartError, match=r"not up after 0\.2 s: still loading"):
        hung.start(limit_s=0.2)
    assert not hung.running


def test_an_asterisk_that_does_not_answer_its_command_line_is_told(place: Path) -> None:
    gone = Asterisk(rooted(place, "echo Unable to connect; exit 1"), place / "run", PORTS)

    with pytest.raises(MissingPartError, match="does not answer: Unable to connect"):
        gone.rx("core show version")
    with pytest.raises(MissingPartError, match="not running"):
        assert gone.pid
    gone.stop()


def test_a_folder_too_long_for_a_socket_is_refused(place: Path) -> None:
    deep = Asterisk(rooted(place, "true"), place / ("x" * 100), PORTS)

    with pytest.raises(MissingPartError, match="too long a name"):
        deep.lay_out()


def test_removing_takes_the_run_folder_away(place: Path) -> None:
    done = Asterisk(rooted(place, "true"), place / "run", PORTS)
    done.lay_out()

    done.remove()

    assert not (place / "run").exists()
