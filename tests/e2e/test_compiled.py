"""The wheel with the verdict path compiled: made as an admin makes it, then held to the sources."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
HELD_TO = (
    "tests/dialogs",
    "tests/unit/adapters/test_fastagi_session.py",
    "tests/unit/core/test_engine.py",
    "tests/unit/core/test_limits.py",
    "tests/unit/core/test_records.py",
    "tests/unit/storage/test_decision_log.py",
    "tests/unit/storage/test_state_keeper.py",
)
"""Tests that go the whole way of a call, run against the compiled modules."""

RECORDS = """
import dataclasses, importlib, pathlib, types
import screener
root = pathlib.Path(screener.__file__).parent
seen = set()
for found in root.rglob("*.so"):
    name = ".".join(("screener", *found.relative_to(root).parts))
    for one in vars(importlib.import_module(name.partition(".cpython")[0])).values():
        if isinstance(one, type) and dataclasses.is_dataclass(one):
            if importlib.import_module(one.__module__).__file__.endswith(".so"):
                assert not isinstance(one.__init__, types.FunctionType), one
                seen.add(one.__name__)
assert {"Call", "CrowdView", "Row", "Settings"} <= seen, seen
from screener.core.settings import Marks, PressureSettings
marks = Marks(0.5, full=2.0)
assert (repr(marks), hash(marks)) == ("Marks(calm=0.5, full=2.0)", hash((0.5, 2.0)))
assert marks == dataclasses.replace(PressureSettings().queue, calm=0.5) != Marks(0.5, 1.0)
try:
    marks.calm = 1.0
except dataclasses.FrozenInstanceError:
    pass
else:
    raise AssertionError("a frozen field was set")
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the compiled package; made without optimising, which takes a minute."""
    compiler = str(sysconfig.get_config_var("CC") or "cc").split()[0]
    header = Path(sysconfig.get_paths()["include"], "Python.h")
    if not (shutil.which(compiler) and header.exists()):
        if os.environ.get("SCREENER_REQUIRE_LAB"):
            pytest.fail("no C compiler, or no headers of Python")
        pytest.skip("no C compiler, or no headers of Python")
    folder = tmp_path_factory.mktemp("compiled")
    pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation")
    wanted = {"HATCH_BUILD_HOOK_ENABLE_CUSTOM": "1", "SCREENER_COMPILED_OPT": "0"}
    subprocess.run(
        [*pip, "--target", folder, ROOT], check=True, env=os.environ | wanted, cwd=folder
    )
    return folder


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT / "docs",  # nowhere from where the sources would be found first
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_what_every_call_goes_through_is_compiled(compiled: Path) -> None:
    names = ("core.engine", "core.crowds", "protocol.facts", "service.screening")
    code = "\n".join(
        f"import screener.{name}; assert screener.{name}.__file__.endswith('.so')" for name in names
    )
    run(compiled, "-c", code)


def test_no_record_is_made_by_interpreted_code_and_the_frozen_stay_so(compiled: Path) -> None:
    run(compiled, "-c", RECORDS)


def test_a_day_in_the_simulator_is_the_same_to_the_last_digit(compiled: Path) -> None:
    command = ("-m", "screener", "simulate", "--scenario", "clinic-night", "--seed", "7")
    rest = ("--defences", "policy", "--jobs", "1", "-o", "json")
    told = [json.loads(run(folder, *command, *rest)) for folder in (ROOT, compiled)]
    for one in told:
        for column in one["scenarios"][0]["columns"]:
            for timed in ("decisions_per_s", "decision_p99"):
                assert column["figures"].pop(timed) > 0.0
    assert told[0] == told[1]


def test_the_tests_of_a_whole_call_hold_for_it(compiled: Path) -> None:
    tests = [str(ROOT / path) for path in HELD_TO]
    paths = f"pythonpath={compiled} {ROOT}"
    run(compiled, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml",
        "--rootdir", ROOT, "-o", paths, *tests)  # fmt: skip
