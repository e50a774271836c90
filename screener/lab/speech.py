"""An espeak-ng for the lab, without root: the system's own, or one fetched beside the lab's tree.

It is fetched only where something is to be spoken: it is 14 MB of archives that the lab itself
does not need. Speaking is `adapters.espeak`'s part.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.fetch import Fetched, Progress, fetch_tree, folder_trouble, lab_folder, locked

PACKAGES = ("espeak-ng",)

_SCRIPT = """\
#!/bin/sh
# The fetched espeak-ng through its own loader and with its own data.
here=$(dirname "$(readlink -f "$0")")
libraries=$(dirname "$(ls "$here"/usr/lib/*/ld-linux*.so.* | head -n 1)")
exec "$libraries"/ld-linux*.so.* --library-path "$libraries:$libraries/pulseaudio" \\
  "$here/usr/bin/espeak-ng" --path="$libraries" "$@"
"""


def ensure_espeak(
    say: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Return an espeak-ng to run: the system's own, the one fetched before, or a new one.

    SCREENER_LAB_FETCH=always passes the system's own by. Raises MissingPartError with one line
    that says what is missing and what to do.
    """
    system = shutil.which("espeak-ng")
    if system and os.environ.get("SCREENER_LAB_FETCH") != "always":
        return Path(system)
    folder = lab_folder()
    program = folder / "speech/espeak-ng"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", say):
            if not program.is_file():
                what = Fetched("espeak-ng", "about 25 MB", PACKAGES, _finish)
                fetch_tree(program.parent, what, say, progress)
    except OSError as error:
        raise MissingPartError(folder_trouble(folder, error)) from error
    return program


def _finish(tree: Path, archives: list[str]) -> None:
    """Leave the script that runs it; it is written last and so marks a whole tree."""
    del archives
    script = tree / "espeak-ng"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
