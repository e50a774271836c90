"""A wheel whose verdict path is machine code, made from the same sources by mypyc.

Off unless asked for: `make compiled`, or HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 before `pip wheel .`.
It needs a C compiler and Python's headers; SCREENER_COMPILED_OPT=0 compiles quickly, for tests.
The sources stay as they are. In a copy, what mypyc cannot make fast is put in its words
(`compiled_records`). Every module is in the wheel as Python too; the compiled one goes first.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from mypyc.build import mypycify
from setuptools import setup

ON_THE_WAY = (
    "core/*.py",
    "protocol/agi_*.py",
    "protocol/facts.py",
    "protocol/lines.py",
    "service/answer.py",
    "service/decimals.py",
    "service/feed.py",
    "service/journal.py",
    "service/log_lines.py",
    "service/queue_watch.py",
    "service/screening.py",
    "service/tally.py",
    "storage/crowd_state.py",
    "storage/decision_log.py",
    "storage/facets.py",
    "storage/log_binding.py",
    "storage/log_kinds.py",
    "storage/log_rows.py",
    "storage/log_writer.py",
    "storage/memory.py",
    "storage/packing.py",
    "storage/pseudonyms.py",
    "storage/recent_ids.py",
    "storage/sealing.py",
    "storage/shards.py",
    "storage/spill.py",
    "storage/spill_lines.py",
    "storage/table_view.py",
    "storage/waiting.py",
    "adapters/fastagi.py",
    "adapters/fastagi_options.py",
    "adapters/fastagi_session.py",
    "adapters/wire_facts.py",
    "steady_clock.py",
)
"""Modules that every call goes through."""

LEFT_OUT = frozenset({"__init__.py", "records.py"})
"""`records` makes the dataclasses that compiled code makes by itself."""

PER_UNIT = (
    "-ffp-contract=off -fno-semantic-interposition -Wl,-Bsymbolic-functions "
    "--param=builtin-expect-probability=100"
)
"""No fused multiply-add: the same floats to the last bit as Python's, on every processor.

Our own functions call each other without a detour by the linker's table, and what is done where
something was raised stands apart: a call runs a quarter fewer instructions of ours (counted).
"""


class CompiledHook(BuildHookInterface):
    """Adds the compiled modules to a wheel."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Compile, and tell the builder where the results are."""
        del version
        _require_compiler()
        self._folder = tempfile.mkdtemp(prefix="screener-compiled-")
        root, tree = Path(self.root), Path(self._folder)
        shutil.copytree(
            root / "screener", tree / "screener", ignore=shutil.ignore_patterns("__pycache__")
        )
        subprocess.run([sys.executable, root / ".ci/compiled.py", tree], check=True)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for built in tree.rglob("*.so"):
            if "build" not in built.relative_to(tree).parts:
                build_data["force_include"][str(built)] = str(built.relative_to(tree))

    def finalize(self, version: str, build_data: dict, artifact_path: str) -> None:
        """Remove what was made on the way."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder, ignore_errors=True)


def _require_compiler() -> None:
    """End with one clear line where the machine cannot compile for this Python."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise SystemExit(f"compiled: no C compiler ({compiler}); on Debian: apt-get install gcc")
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not header.exists():
        raise SystemExit(f"compiled: {header} is missing; on Debian: apt-get install python3-dev")


def build(tree: Path) -> None:
    """Compile the modules of a copy of the project, in place."""
    # Here, since a builder that loads this file as its hook does not find what stands beside it.
    from compiled_records import in_mypyc_words  # noqa: PLC0415

    os.chdir(tree)
    found = sorted({path for one in ON_THE_WAY for path in Path("screener").glob(one)})
    modules = [path for path in found if path.name not in LEFT_OUT]
    for path in modules:
        path.write_text(in_mypyc_words(path.read_text("utf-8")), "utf-8")
    os.environ["CFLAGS"] = f"{os.environ.get('CFLAGS', '')} {PER_UNIT}".strip()
    setup(
        name="screener-compiled",
        script_args=["-q", "build_ext", "--inplace"],
        ext_modules=mypycify(
            ["--strict", *map(str, modules)],
            opt_level=os.environ.get("SCREENER_COMPILED_OPT", "3"),
            debug_level="0",
        ),
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
