"""Storms: 50 calls a second into a screened site while its agents meet with a fault.

`pytest --log-cli-level=INFO` prints the figures of each storm.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.e2e.screened_site import ScreenedSite, numbers, rows, until

RATE = 50.0
CALLS = 400
FAULT_AT_S = 2.0

log = logging.getLogger("e2e.storm")


@dataclass(frozen=True, slots=True)
class Storm:
    """What became of a storm's calls; each is counted once, by the dialplan and by SIPp.

    The times are those until a call is answered; they are told and never asserted.
    """

    answered: int
    served: int
    failed: int
    verdicts: int
    errors: int
    slowest_ms: float
    usual_ms: float


def storm(site: ScreenedSite, fault: Callable[[], None], calls: int = CALLS) -> Storm:
    """Play calls of people whom every agent admits, with a fault in the middle; none is lost."""
    seen = site.asterisk.log.stat().st_size

    def said(pattern: str) -> int:
        with site.asterisk.log.open("rb") as file:
            file.seek(seen)
            return len(re.findall(pattern, file.read().decode(errors="replace")))

    run = site.call("storm", rows(numbers(calls)), rate=RATE)
    time.sleep(FAULT_AT_S)
    fault()
    counts = run.wait()
    assert site.is_quiet()
    assert until(lambda: said("screener: (admit|error)") == calls)
    times = run.response_times_ms()
    found = Storm(
        counts.code(200),
        counts.received["BYE"],
        counts.failed,
        said("screener: admit"),
        said("screener: error"),
        max(times),
        median(times),
    )
    log.info("%d calls: %s", calls, found)
    assert (found.answered, found.served, found.failed) == (calls, calls, 0)
    return found
