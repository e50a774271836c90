"""One decision: a call, what the telephone side saw, and the verdict with its parts."""

from screener.core.call import Call, Load
from screener.core.lists import ListHit
from screener.core.policy import Verdict
from screener.core.records import record


@record
class Decision:
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

    def asking(self, captcha: str) -> "Decision":
        """Return the decision with digits to ask for."""
        return Decision(self.call, self.load, self.verdict, self.list_hit, captcha, self.latency_s)

    def after(self, latency_s: float) -> "Decision":
        """Return the decision that took so long."""
        return Decision(self.call, self.load, self.verdict, self.list_hit, self.captcha, latency_s)
