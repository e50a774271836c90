import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot, read_version
from screener.lab.samples import LabPorts
from screener.lab.share import sample_folder
from tests.e2e.asterisk_log import logged
from tests.e2e.conftest import lab_is_required

pytestmark = pytest.mark.e2e

DEFAULTS = LabPorts(sip=5060, operators=5070, agent=4591, http=8088, ami=5038, rtp=10000)
SUBROUTINES = (
    "screener",
    "screener-drop",
    "screener-captcha",
    "screener-outcome",
    "screener-hangup",
    "screener-answered",
    "screener-tell",
)
LOOPBACK_UP = 'ip link set lo up && exec "$0" "$@"'


def private_network() -> tuple[str, ...]:
    """Words that run a command in a network namespace of its own, with loopback up."""
    flags = "-n" if os.geteuid() == 0 else "-rn"
    words = ("unshare", flags, "sh", "-c", LOOPBACK_UP)
    if not shutil.which("unshare") or subprocess.run([*words, "true"], check=False).returncode:
        reason = "this machine gives no network namespace (unshare -n, ip)"
        assert not lab_is_required(), reason
        pytest.skip(reason)
    return words


class Unchanged(Asterisk):
    """Asterisk on the samples as they are."""

    def lay_out(self) -> None:
        super().lay_out()
        for sample in sample_folder().glob("*.conf"):
            shutil.copyfile(sample, self.folder / "etc" / sample.name)


def test_the_lab_boots_a_real_asterisk_that_answers_its_command_line(asterisk: Asterisk) -> None:
    said = asterisk.rx("core show version")

    assert read_version(said.removeprefix("Asterisk ")) >= (20, 6)
    assert asterisk.channels() == 0


def test_no_service_of_the_lab_listens_beyond_loopback(asterisk: Asterisk) -> None:
    """The resolver's two client sockets are on ports that the kernel chose, and serve nothing."""
    inodes = {
        link[8:-1]
        for fd in Path(f"/proc/{asterisk.pid}/fd").iterdir()
        if (link := str(fd.readlink())).startswith("socket:[")
    }
    bound = {
        (table, line[1].split(":")[0], int(line[1].split(":")[1], 16))
        for table in ("tcp", "udp", "tcp6", "udp6")
        for line in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if line[9] in inodes and line[3] in {"0A", "07"}
    }
    resolver = {one for one in bound if one[0].startswith("udp") and one[2] > 32767}
    resolver -= {("udp", "0100007F", asterisk.ports.sip)}

    assert bound - resolver == {
        ("tcp", "0100007F", asterisk.ports.http),
        ("udp", "0100007F", asterisk.ports.sip),
    }
    assert len(resolver) <= 2


def test_the_samples_boot_unchanged_on_their_own_ports(lab_root: LabRoot, lab_folder: Path) -> None:
    prefix = private_network()
    boxed = Unchanged(lab_root, lab_folder / "boxed", DEFAULTS)
    try:
        boxed.start(prefix=prefix)
        log = boxed.log.read_text(errors="replace")
        queue = boxed.rx("queue show operators")
        endpoints = boxed.rx("pjsip show endpoints")
        contexts = {
            name: boxed.rx(f"dialplan show {name}")
            for name in ("from-trunk", "screened", *SUBROUTINES)
        }
        http = boxed.rx("http show status")
        ami = boxed.rx("manager show settings")
        queues = boxed.rx("module show like app_queue")
        boxed.rx('dialplan set global SCREENER_AGENT ""')
        boxed.rx("channel originate Local/800@from-trunk/n application Wait 1")
        logged(boxed, r"Connecting to '127\.0\.0\.1:4591' failed")  # screener.conf's default
    finally:
        boxed.stop()

    assert [line for line in log.splitlines() if "ERROR" in line] == []
    assert not re.search(r"(WARNING|ERROR).*(pbx_config|extensions\.conf|screener\.conf)", log)
    assert queue.count("PJSIP/operator") == 3
    assert {name for name in ("trunk", "operator1", "operator2", "operator3") if name in endpoints}
    assert all("1 context" in shown for shown in contexts.values())
    assert "127.0.0.1:8088" in http
    assert re.search(r"Manager \(AMI\):\s+No", ami)
    assert "Running" in queues


def test_every_sample_opens_with_what_it_is_and_what_to_change() -> None:
    samples = sorted(sample_folder().glob("*.conf"))

    assert len(samples) >= 9
    for sample in samples:
        head = sample.read_text().split("\n\n", 1)[0].splitlines()
        assert head[0].startswith(f"; {sample.name} - "), sample.name
        assert any(word in " ".join(head) for word in ("What to change:", "What to edit:"))


def test_the_samples_hold_no_password_and_no_python() -> None:
    folder = sample_folder()

    assert list(folder.rglob("*.py")) == []
    for sample in folder.glob("*.conf"):
        live = [line for line in sample.read_text().splitlines() if not line.startswith(";")]
        assert not [line for line in live if re.match(r"(secret|password)\s*=\s*\S", line)]
