"""The `screener` command: as a process of its own, as a user types it, or in this process."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from screener.cli.main import main

PATIENCE_S = 30.0
ROOT = Path(__file__).parents[3]


def screener(
    *words: str, env: dict[str, str] | None = None, stdout: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Run `screener WORDS` to its end; `env` adds to the environment, an empty value removes."""
    around = {**os.environ, "COLUMNS": "160", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "screener", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
        env={name: value for name, value in around.items() if value},
    )


@dataclass(frozen=True)
class Done:
    """What a command came to in this very process."""

    status: int
    out: str
    err: str


def run_here(capsys: pytest.CaptureFixture[str], *words: str) -> Done:
    """Run `screener WORDS` in this process, which is quicker; the same `main` runs."""
    before, status = sys.argv, 0
    sys.argv = ["screener", *words]
    try:
        main()
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.argv = before
    said = capsys.readouterr()
    return Done(status, said.out, said.err)
