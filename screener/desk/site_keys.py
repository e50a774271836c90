"""The keys for a command that writes: those of the site, made only where nothing is sealed yet.

An agent that finds no keys makes new ones, since calls must go on. A person's command can wait
until the old file is restored, and must not put a new one in its way.
"""

from pathlib import Path

from screener.config.load import Config
from screener.errors import MissingPartError
from screener.storage.keys import Keys, load_keys, load_or_make_keys
from screener.storage.review_file import REVIEW_FILE
from screener.storage.site_files import LOG_FILE


def site_keys(config: Config) -> Keys:
    """Return the site's keys; raises ScreenerError, MissingPartError where they were lost."""
    path, folder = Path(config.storage.keys), Path(config.storage.folder)
    held = [name for name in (LOG_FILE, REVIEW_FILE) if (folder / name).exists()]
    try:
        return load_keys(path) if held else load_or_make_keys(path)
    except FileNotFoundError:
        raise MissingPartError(
            f"the key file {path} is gone, and {folder / held[0]} is sealed with it: restore "
            "it from a backup. An agent that starts without it makes new keys"
        ) from None
    except OSError as error:
        raise MissingPartError(f"{path} cannot be read: {error.strerror}") from None
