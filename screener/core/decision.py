"""One decision: a call, what the telephone side saw, and the verdict with its parts."""

from dataclasses import dataclass

from screener.core.call import Call, Load
from screener.core.lists import ListHit
from screener.core.policy import Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that was known and said of one call when it came.

    `latency_s` is the time the agent itself took, from the call's facts to its verdict, in
    seconds; `captcha` the digits to ask for, empty unless challenged; `error` the name of a
    fault of ours through which the call was let pass, empty when all went well.
    """

    call: Call
    load: Load
    verdict: Verdict
    list_hit: ListHit | None = None
    captcha: str = ""
    latency_s: float = 0.0
    error: str = ""
