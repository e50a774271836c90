"""`screener lab` and `make run` as a newcomer meets them: to the end, cut short, and refused.

Whatever a run started carries a mark of its own in its environment, so that a process left behind
is found wherever it hides.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from screener.lab.groups import mixed_trial
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from tests.e2e.conftest import lab_is_required
from tests.e2e.screened_site import until

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534
MISSING_PART = 4
END_LIMIT_S = 90.0
"""From a signal to the end: some seconds for draining, the rest for a loaded machine."""

NO_PACKAGES = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": f"http://{LOOPBACK}:9/simple",
    "PIP_RETRIES": "0",
    "PIP_NO_CACHE_DIR": "1",
}


@dataclass
class Run:
    """One `screener` command under way; its output goes into a file."""

    child: subprocess.Popen[bytes]
    output: Path
    mark: str

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def says(self, words: str, limit_s: float = 60.0) -> bool:
        return until(lambda: words in self.said or self.child.poll() is not None, limit_s) and (
            words in self.said
        )

    def relatives(self) -> list[str]:
        """Return the command lines of all living processes that this run started."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if self.mark.encode() in environment and state != "Z":
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue  # it has ended meanwhile, or is not ours
        return found


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.child.poll() is None:
            run.child.terminate()
            run.child.wait(END_LIMIT_S)


@pytest.fixture
def lab(lab_root: LabRoot, tmp_path: Path, runs: list[Run]) -> Run:
    """A trial that would play for a minute."""
    assert lab_root.version
    return start(tmp_path, runs, "--seconds", "60")


def start(folder: Path, runs: list[Run], *words: str) -> Run:
    mark = f"SCREENER_TEST_MARK={uuid4()}"
    key, _, value = mark.partition("=")
    output = folder / "output"
    with output.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "screener", "lab", *words],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, key: value, "COLUMNS": "100"},
        )
    runs.append(Run(child, output, mark))
    return runs[-1]


def refused(environment: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Run a command that must fail; return its status and its error output."""
    done = subprocess.run(
        [sys.executable, "-m", "screener", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stderr


def test_a_trial_ends_by_itself_with_every_group_summed_up_and_nothing_left(
    lab_root: LabRoot, tmp_path: Path, runs: list[Run]
) -> None:
    assert lab_root.version
    run = start(tmp_path, runs, "--seconds", "8", "--once")
    assert run.says("Starting Asterisk")
    assert until(lambda: len(run.relatives()) >= 2)  # it says so before it starts it
    status = run.child.wait(180)
    titles = [group.title for group in mixed_trial(8, 0.0).groups]

    assert status == 0
    assert [title for title in titles if title not in run.said] == []
    assert ", 0 failed in any other way." in " ".join(run.said.split())
    assert "nothing is left running" in run.said
    assert run.relatives() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_trial_in_the_middle_and_leaves_nothing(
    lab: Run, number: signal.Signals
) -> None:
    assert lab.says("people who listen")
    assert until(lambda: any("sipp" in one for one in lab.relatives()))
    assert until(lambda: len(lab.relatives()) >= 5)  # this, agent, Asterisk, operators, callers
    lab.child.send_signal(number)
    status = lab.child.wait(END_LIMIT_S)

    assert status == 0
    assert "Stopping." in lab.said
    assert "Traceback" not in lab.said
    assert lab.relatives() == []


def test_a_signal_ends_a_trial_that_is_still_starting(lab: Run) -> None:
    assert lab.says("Starting Asterisk")
    lab.child.send_signal(signal.SIGINT)
    status = lab.child.wait(END_LIMIT_S)

    assert status == 0
    assert "Traceback" not in lab.said
    assert lab.relatives() == []


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "screener.yaml"
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(
            f"version: 1\nlisten: {{port: {port}}}\ncontrol: {{socket: {tmp_path}/c.sock}}\n"
            f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
        )
        status, said = refused({}, "serve", "--config", str(config))

    assert status == 1
    assert "Traceback" not in said
    assert said.splitlines()[-1] == (
        f"screener: cannot listen for AGI on {LOOPBACK} port {port}: another program holds it; "
        "stop that program or choose another port"
    )


def test_without_asterisk_and_without_apt_it_says_what_to_install(tmp_path: Path) -> None:
    nothing = tmp_path / "bin"
    nothing.mkdir()
    environment = {"PATH": str(nothing), "SCREENER_LAB_DIR": str(tmp_path / "lab")}
    status, said = refused(environment, "lab", "--once")

    assert status == MISSING_PART
    assert said == (
        "screener: no apt-get and no dpkg-deb and no dpkg on this system, and no Asterisk and SIPp "
        "on PATH: install asterisk (20.6 or later) and sipp by this system's own means\n"
    )


@pytest.mark.skipif(not shutil.which("apt-get"), reason="the mirror is apt's")
def test_without_a_network_it_says_so_and_leaves_nothing_half(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    nowhere = {f"{name}_proxy": f"http://{LOOPBACK}:9" for name in ("http", "https")}
    environment = {**nowhere, "SCREENER_LAB_DIR": str(lab), "SCREENER_LAB_FETCH": "always"}
    status, said = refused(environment, "lab", "--once")

    assert status == MISSING_PART
    assert said == (
        "screener: cannot read the package mirror: the mirror cannot be reached: "
        "is there a network?\n"
    )
    assert [path.name for path in lab.iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if os.geteuid():
        tmp_path.chmod(0o500)
    folder = (Path("/proc") if not os.geteuid() else tmp_path) / "lab"
    environment = {"SCREENER_LAB_DIR": str(folder), "SCREENER_LAB_FETCH": "always"}
    status, said = refused(environment, "lab", "--once")

    assert status == MISSING_PART
    assert said.startswith(f"screener: cannot write {folder} (")
    assert said.endswith("): set SCREENER_LAB_DIR to a folder of your own\n")
    assert said.count("\n") == 1


@pytest.fixture
def bare_checkout() -> Iterator[Path]:
    """What `make run` begins with, before anything is set up, where everybody may look."""
    with tempfile.TemporaryDirectory(prefix="screener-checkout-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / ".ci").mkdir()
        for part in ("Makefile", "pyproject.toml", "requirements.lock", ".ci/venv"):
            shutil.copy(CHECKOUT / part, folder / part)
        yield folder
        folder.chmod(0o755)


def make_run(folder: Path, *words: str) -> tuple[int, list[str]]:
    """Run `make run` as a user who is not root; return its status and error lines."""
    if not shutil.which("make"):
        assert not lab_is_required(), "this machine has no make"
        pytest.skip("this machine has no make")
    root = os.geteuid() == 0
    done = subprocess.run(
        ["make", "--no-print-directory", "run", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
        check=False,
        user=NOBODY if root else None,
        group=NOBODY if root else None,
        extra_groups=[] if root else None,
    )
    return done.returncode, done.stderr.splitlines()


def test_make_run_in_a_read_only_checkout_ends_with_one_clear_line(bare_checkout: Path) -> None:
    bare_checkout.chmod(0o555)
    status, (said, *makes_own) = make_run(bare_checkout)

    assert status != 0
    assert said == "setup: this folder is read-only; clone the project where you may write"
    assert all(re.match(r"make(\[\d+\])?: ", line) for line in makes_own)
    assert len(makes_own) <= 1


def test_make_run_without_a_new_enough_python_ends_with_one_clear_line(
    bare_checkout: Path,
) -> None:
    bare_checkout.chmod(0o777)
    status, (said, *makes_own) = make_run(bare_checkout, "PYTHON=python-of-nobody")

    assert status != 0
    assert said == ("setup: no python-of-nobody on this system; Python 3.11 or newer is needed")
    assert all(re.match(r"make(\[\d+\])?: ", line) for line in makes_own)
    assert not (bare_checkout / ".venv").exists()


def test_make_run_without_a_network_ends_with_one_clear_line(bare_checkout: Path) -> None:
    assert shutil.which("make"), "this machine has no make"
    done = subprocess.run(
        ["make", "--no-print-directory", "run", f"PYTHON={sys.executable}"],
        cwd=bare_checkout,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, **NO_PACKAGES, "LC_ALL": "C"},
        check=False,
    )
    said, *makes_own = done.stderr.splitlines()

    assert done.returncode != 0
    assert said == (
        "setup: the packages could not be fetched; is the network up? "
        "What pip says: .venv/setup.log"
    )
    assert all(re.match(r"make(\[\d+\])?: ", line) for line in makes_own)
    assert "Traceback" not in done.stdout
