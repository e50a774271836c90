"""Taking in what is known of callers from earlier days: records of served and abandoned calls."""

from collections.abc import Iterable, Mapping

from screener.core.engine import Engine
from screener.core.outcome import read_outcome
from screener.errors import ScreenerError


def take_history(engine: Engine, records: Iterable[Mapping[str, object]]) -> int:
    """Learn the records, oldest first, and return how many named a caller that can be known.

    A record is `{"caller": number, "at": epoch seconds, "outcome": "answered" | "abandoned" |
    another event word, "talk_s": seconds, "trunk": optional}`. Raises ScreenerError with the
    record's place, from 1; the ones before it stay learned.
    """
    taken = 0
    for place, record in enumerate(records, start=1):
        at, talk, caller = record.get("at"), record.get("talk_s", 0.0), record.get("caller")
        outcome = read_outcome(str(record.get("outcome")), str(talk))
        if outcome is None or not isinstance(at, int | float) or not isinstance(caller, str):
            raise ScreenerError(
                f"history record {place}: needs caller (text), at (epoch seconds), outcome "
                "(answered or abandoned) and talk_s (seconds, 0 to 86400)"
            )
        identity = engine.plan.read(caller).identity
        if identity:
            engine.learn(identity, outcome, at=float(at), trunk=str(record.get("trunk", "")))
            taken += 1
    return taken
