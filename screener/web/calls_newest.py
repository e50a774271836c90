"""The newest calls that a filter lets through, as much of them as can be found in a moment.

The log is read in pages of bounded work (`storage.log_query`); a page of ours goes on as long as
it is quick, and otherwise says how far back it looked.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from screener.config.load import Config
from screener.desk.web_log import web_calls
from screener.storage.log_query import Filter, Found

ON_A_PAGE = 50
PATIENCE_S = 0.05
"""How long a further page of the log is begun; one takes up to as long again."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Calls, newest first; `before` is where the next page begins, None after the last call.

    `looked_back_to` is when the last call looked at came, where the page ends before it is full.
    `tip` is the place of the log's newest call then, 0 for none.
    """

    calls: list[Found]
    before: int | None
    looked_back_to: float | None
    tip: int


def newest(
    config: Config,
    wanted: Filter,
    before: int | None,
    timer: Callable[[], float] = time.perf_counter,
) -> Newest:
    """Return a page of calls; raises as `desk.web_log.web_calls`."""
    until = timer() + PATIENCE_S
    with web_calls(config) as log:
        tip = log.tip()
        calls: list[Found] = []
        while True:
            found = log.page(wanted, limit=ON_A_PAGE - len(calls), before=before)
            calls += found.calls
            before = found.before
            if before is None or len(calls) >= ON_A_PAGE or timer() >= until:
                break
        back = None
        if before is not None and len(calls) < ON_A_PAGE:
            last = log.call_at(before)
            back = None if last is None else float(str(last["at"]))
    return Newest(calls, before, back, tip)
