"""Many FastAGI sessions at a server, by `generator.c`, or in Python where nothing can compile it.

The C one takes some 60 us a session, the Python one as much as the agent. Both write the very
same environments and are told apart in the output.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from screener.errors import MissingPartError
from tests.bench import python_generator
from tests.bench.environments import environment
from tests.bench.played import Played

SOURCE = Path(__file__).with_suffix(".c")
_GRACE_S = 15.0
"""What is open when the time is up is waited for, 5 s at most."""


class Generator:
    """Plays Asterisk against servers on loopback; a context manager, for its folder."""

    def __init__(self) -> None:
        self._indices = count()
        self._program: Path | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="screener-bench-")
        self._program = compiled(Path(self._folder.name))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    @property
    def what(self) -> str:
        """How it plays, in words."""
        if self._program is None:
            return "a Python generator (no C compiler): it is the limit, look at CPU per session"
        return "a C generator"

    def play(self, port: int, sessions: int, at_once: int, limit_s: float = 60.0) -> Played:
        """Play at most so many sessions from numbers not used before, and for so long at most.

        Raises MissingPartError where the generator breaks.
        """
        indices = islice(self._indices, sessions)
        if self._program is None:
            return python_generator.play(port, indices, at_once, limit_s)
        return self._play_compiled(self._program, port, indices, at_once, limit_s)

    def _play_compiled(
        self, program: Path, port: int, indices: Iterator[int], at_once: int, limit_s: float
    ) -> Played:
        environments = Path(self._folder.name) / "environments"
        with environments.open("wb") as file:
            file.writelines(map(environment, indices))
        words = [str(program), str(port), str(at_once), f"{limit_s:g}", str(environments)]
        said = subprocess.run(
            words, capture_output=True, text=True, timeout=limit_s + _GRACE_S, check=False
        )
        if said.returncode:
            raise MissingPartError(f"the generator ended: {said.stderr.strip()}")
        return Played(**json.loads(said.stdout))


def compiled(folder: Path) -> Path | None:
    """Compile the generator into a folder; None where there is no compiler that can."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    program = folder / "generator"
    words = [compiler, "-O2", "-D_GNU_SOURCE", "-o", str(program), str(SOURCE)]
    done = subprocess.run(words, capture_output=True, check=False)
    return program if done.returncode == 0 else None
