"""Showing the whole number of one recorded call: written into the audit first, with its reason."""

from screener.config.load import Config
from screener.core.call import inert
from screener.desk.finding import call_of
from screener.desk.log_reading import Tell, calls_of, keys_for, log_path, told_errors
from screener.storage.subjects import Asker, Subjects

LONGEST = 200
"""Characters of a reason that the audit keeps."""

_SHORT = "short:"
"""How the identity of a short code begins, which nobody writes."""


def reveal(config: Config, call_id: str, asker: Asker, tell: Tell = lambda _: None) -> str:
    """Return the caller's whole number; raises ScreenerError where none was kept.

    Of a call that the log does not hold nothing is written down.
    """
    with calls_of(config) as log:
        call_of(log, call_id)
        keys = keys_for(log, config, tell)
    asked = Asker(asker.who, inert(asker.reason.strip(), LONGEST), asker.at)
    with told_errors():
        subjects = Subjects(log_path(config), keys)
        try:
            return subjects.reveal(call_id, asked).removeprefix(_SHORT)
        finally:
            subjects.close()
