"""Where the control socket is, when the configuration says `auto`.

The agent and the commands that talk to it resolve it here alike; making the folder, with
mode 0700, is left to who listens.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

AUTO = "auto"
SYSTEM_FOLDER = Path("/run/screener")


def control_socket(
    declared: str, environment: Mapping[str, str], system_folder: Path = SYSTEM_FOLDER
) -> str:
    """Return the path of the control socket.

    `auto` is the user's run-time folder (XDG_RUNTIME_DIR), or the system's where we may write
    to it, or a folder of the user's own among the temporary files.
    """
    if declared != AUTO:
        return declared
    own = environment.get("XDG_RUNTIME_DIR", "")
    if own.startswith("/") and Path(own).is_dir():
        return str(Path(own) / "screener.sock")
    if os.access(system_folder, os.W_OK | os.X_OK):
        return str(system_folder / "control.sock")
    return str(Path(tempfile.gettempdir()) / f"screener-{os.getuid()}" / "control.sock")
