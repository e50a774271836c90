"""Where the decision log and its keys are, when the configuration says `auto`.

Apart from each other, so that a copy of the one is worth nothing without the other. Making the
folders is left to who writes into them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from screener.config.control_socket import AUTO

SYSTEM_STATE = Path("/var/lib/screener")
SYSTEM_CONFIG = Path("/etc/screener")
KEY_FILE = "keys.json"


def storage_folder(
    declared: str, environment: Mapping[str, str], system_folder: Path = SYSTEM_STATE
) -> str:
    """Return the log's folder.

    `auto` is the first state folder of the systemd unit, or the system's where we may write to
    it, or the user's own (XDG base directories).
    """
    if declared != AUTO:
        return declared
    of_unit = environment.get("STATE_DIRECTORY", "").split(":")[0]
    if of_unit.startswith("/"):
        return of_unit
    if os.access(system_folder, os.W_OK | os.X_OK):
        return str(system_folder)
    return str(_users(environment, "XDG_STATE_HOME", ".local/state"))


def key_file(
    declared: str, environment: Mapping[str, str], system_folder: Path = SYSTEM_CONFIG
) -> str:
    """Return the path of the key file.

    `auto` is in the second state folder of the systemd unit, or in the system's folder of
    configurations where we may write to it, or in the user's own.
    """
    if declared != AUTO:
        return declared
    of_unit = environment.get("STATE_DIRECTORY", "").split(":")[1:2]
    if of_unit and of_unit[0].startswith("/"):
        return str(Path(of_unit[0]) / KEY_FILE)
    if os.access(system_folder, os.W_OK | os.X_OK):
        return str(system_folder / KEY_FILE)
    return str(_users(environment, "XDG_CONFIG_HOME", ".config") / KEY_FILE)


def _users(environment: Mapping[str, str], name: str, usual: str) -> Path:
    base = environment.get(name, "")
    home = environment.get("HOME", "")
    own = Path(home) if home.startswith("/") else Path("/var/lib/screener")
    return (Path(base) if base.startswith("/") else own / usual) / "screener"
