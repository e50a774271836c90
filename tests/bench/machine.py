"""What stands at the head of every run: the machine and the versions that its figures belong to."""

import importlib.metadata
import os
import platform
import re
import sqlite3
import subprocess
import sys
import sysconfig
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.fetch import lab_folder
from screener.lab.root import LabRoot, fetched_root, system_root

_LIBRARIES = ("uvloop", "panoramisk", "pyst2")


def load() -> float:
    """Return this machine's load, an average of the last minute."""
    return os.getloadavg()[0]


def describe() -> dict[str, str]:
    """Return the words for the head; nothing is fetched for them."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = os.cpu_count()
    optimised = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
    python = f"{platform.python_version()} {'with' if optimised else 'without'} PGO"
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return {
        "machine": f"{_processor()}, {cores} cores, {memory:.0f} GiB, load {load():.1f}",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": f"{python}, SQLite {sqlite3.sqlite_version}, {libraries}",
        "Asterisk": _lab(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def _lab() -> str:
    try:
        root = system_root() or fetched_root(lab_folder() / "root")
    except MissingPartError:
        return "none yet: the first benchmark that needs one fetches it, and SIPp"
    return f"{root.version}, SIPp {sipp_version(root)}"


def sipp_version(root: LabRoot) -> str:
    """Return SIPp's version as it says it."""
    said = subprocess.run(
        [*root.command("sipp"), "-v"], capture_output=True, text=True, timeout=30, check=False
    )
    found = re.search(r"SIPp v([\w.]+)", said.stdout)
    return found[1] if found else "of unknown version"


if __name__ == "__main__":
    sys.stdout.writelines(f"{what:<10}{said}\n" for what, said in describe().items())
