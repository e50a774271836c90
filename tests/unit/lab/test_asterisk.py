from pathlib import Path

import pytest

from screener.adapters.secret_file import read_secret
from screener.errors import MissingPartError
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabPorts, LabSettings

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


def test_the_secret_of_ari_is_the_agents_to_read_and_nobody_elses(place: Path) -> None:
    settings = LabSettings(ari_secret="5ec4e7")
    asterisk = Asterisk(rooted(place, "true"), place / "run", PORTS, settings)
    asterisk.lay_out()

    assert read_secret(asterisk.ari_secret_file) == "5ec4e7"
    assert "password = 5ec4e7" in (place / "run/etc/ari.conf").read_text()
    assert asterisk.ari_url == "http://127.0.0.1:1004"


def test_without_a_secret_nobody_may_log_in_to_ari(place: Path) -> None:
    asterisk = Asterisk(rooted(place, "true"), place / "run", PORTS)
    asterisk.lay_out()

    assert not asterisk.ari_secret_file.exists()
    assert "\npassword" not in (place / "run/etc/ari.conf").read_text()


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
