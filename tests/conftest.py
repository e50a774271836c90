"""No test reads or writes what an agent of this machine's user keeps: state, log and keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long a property takes is a benchmark's affair: a busy machine is no fault.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Put the places that a configuration of `auto` means into a folder of this run."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as around:
        around.delenv("STATE_DIRECTORY", raising=False)
        around.setenv("XDG_STATE_HOME", str(home / "state"))
        around.setenv("XDG_CONFIG_HOME", str(home / "config"))
        yield home
