"""One decision: a call, what the telephone side saw, and the verdict with its parts."""

from typing import NamedTuple

from screener.core.call import Call, Load
from screener.core.lists import ListHit
from screener.core.policy import Verdict


class Decision(NamedTuple):
    """Everything that was known and said of one call when it came.

    `latency_s` is the time from the telephone side's question to the verdict, in seconds;
    `captcha` the digits to ask for, empty unless challenged.
    """

    call: Call
    load: Load
    verdict: Verdict
    list_hit: ListHit | None = None
    captcha: str = ""
    latency_s: float = 0.0
