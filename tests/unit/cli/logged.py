"""A log that commands can read without an agent: its configuration, calls and keys in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.config.load import Config, load_config
from tests.unit.storage.logs import OpenLog, a_log


class Logged:
    """An open log and the configuration that names it."""

    def __init__(self, folder: Path, log: OpenLog) -> None:
        self.log = log
        self.path = folder / "screener.yaml"
        self.path.write_text(
            f"version: 1\nmode: enforce\ncontrol: {{socket: {folder}/none.sock}}\n"
            f"storage: {{folder: {log.path.parent}, keys: {log.keys}}}\n"
        )

    @property
    def config(self) -> Config:
        return load_config(self.path)


@contextmanager
def logged(folder: Path) -> Iterator[Logged]:
    with a_log(folder) as log:
        yield Logged(folder, log)
