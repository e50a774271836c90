"""Where the samples stand that an admin copies: in a checkout, or in the installed wheel."""

from pathlib import Path

import screener
from screener.errors import MissingPartError


def sample_folder() -> Path:
    """Return the folder of Asterisk samples; raises MissingPartError where neither place has it."""
    package = Path(screener.__file__).parent
    for folder in (package.parent / "asterisk", package / "_share/asterisk"):
        if (folder / "screener.conf").is_file():
            return folder
    raise MissingPartError(f"the Asterisk samples are missing beside {package}: install again")
