"""Showing the whole number of one recorded call: written into the audit first, with its reason.

The audit is this edge's own, also where the call is another one's and stands in the central log.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from screener.config.load import Config
from screener.core.call import inert
from screener.desk.finding import call_of
from screener.desk.log_reading import Tell, calls_of, keys_for, log_path, told_errors
from screener.desk.web_log import reads_central, web_calls
from screener.errors import ScreenerError
from screener.storage.call_log import CallLog
from screener.storage.keys import Keys
from screener.storage.subjects import Asker, Subjects

LONGEST = 200
"""Characters of a reason that the audit keeps."""

_SHORT = "short:"
"""How the identity of a short code begins, which nobody writes."""


def reveal(config: Config, call_id: str, asker: Asker, tell: Tell = lambda _: None) -> str:
    """Return the caller's whole number; raises ScreenerError where none was kept.

    Of a call that the log does not hold nothing is written down. The call may be another edge's
    where the web admin reads the central log.
    """
    asked = Asker(asker.who, inert(asker.reason.strip(), LONGEST), asker.at)
    with calls_of(config) as log:
        if not reads_central(config) or log.find(call_id) is not None:
            call_of(log, call_id)
            keys = keys_for(log, config, tell)
            with subjects_of(config, keys) as subjects:
                return subjects.reveal(call_id, asked).removeprefix(_SHORT)
    with web_calls(config) as log:
        return reveal_from(log, config, call_id, asked, tell)


def reveal_from(log: CallLog, config: Config, call_id: str, asked: Asker, tell: Tell) -> str:
    """Return the caller of a call of any log, once this edge's audit has it; raises as `reveal`."""
    call_of(log, call_id)
    keys = keys_for(log, config, tell)
    with subjects_of(config, keys) as subjects:
        subjects.ask_elsewhere("reveal", call_id, asked)
    identity = log.caller_of(call_id, keys)
    if not identity:
        raise ScreenerError(f"no number was kept of call {call_id}")
    return identity.removeprefix(_SHORT)


@contextmanager
def subjects_of(config: Config, keys: Keys) -> Iterator[Subjects]:
    """Open this edge's log to write its audit and read its numbers; raises as `log_path`."""
    with told_errors():
        subjects = Subjects(log_path(config), keys)
        try:
            yield subjects
        finally:
            subjects.close()
