"""The desk of a command: the account that runs it decides, and the terminal is told."""

from contextlib import AbstractContextManager
from pathlib import Path

import typer

from screener.cli.asker import who
from screener.desk.reviewer import Desk
from screener.desk.reviewer import desk as desk_of


def desk(config: Path | None) -> AbstractContextManager[Desk]:
    """Open everything a review needs; raises ScreenerError."""
    return desk_of(config, who(), typer.echo)
