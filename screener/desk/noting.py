"""Writing a deed that changes no review into the reviews' audit: a configuration, an import.

Beside the reviews, as that file outlives a log that is set aside. Reviews write their own deeds
(`storage.review_store`); reading them all is `audit`.
"""

from contextlib import closing
from pathlib import Path

from screener.config.load import Config
from screener.desk.site_folder import as_owner
from screener.desk.site_keys import site_keys
from screener.errors import MissingPartError
from screener.storage.review_file import REVIEW_FILE
from screener.storage.review_store import Act, ReviewStore


def note(config: Config, act: Act, target: str) -> None:
    """Write down what is about to be done; `target` may hold no number and no path.

    What root makes for it belongs to the owner of the storage folder. Raises ScreenerError where
    it cannot be written down: then it must not be done either.
    """
    folder = Path(config.storage.folder)
    path = folder / REVIEW_FILE
    with as_owner(folder):
        try:
            keys = site_keys(config)
            if folder.is_dir():
                path.touch(0o600)  # SQLite, as root, gives its other files to the owner of this one
        except OSError as error:
            where = error.filename or config.storage.keys
            raise MissingPartError(f"{where} cannot be read: {error.strerror}") from None
    with closing(ReviewStore(path, keys)) as store:
        store.note(act, target)
