"""The inside that the wire's tests put behind the server: fixed answers, every question noted."""

import asyncio
from collections.abc import Mapping

from screener.core.call import Facts
from screener.core.outcome import Origin, Outcome
from screener.core.sharing import Consulted
from screener.ports import Send

ADMIT = {"SCREENER_VERDICT": "admit", "SCREENER_ID": "7"}
MALFORMED = {"SCREENER_VERDICT": "drop", "SCREENER_REASON": "malformed"}


class ScriptedScreening:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.facts: list[Facts] = []
        self.origins: list[Origin] = []
        self.failures: list[str] = []
        self.answer: Mapping[str, str] = ADMIT
        self.error: Exception | None = None
        self.asking: asyncio.Future[Consulted] | None = None
        """What `consult` returns: None while nobody else is to be asked."""
        self.consulted: list[Facts] = []
        self.told: list[Consulted | None] = []

    def consult(self, facts: Facts) -> asyncio.Future[Consulted] | None:
        self.consulted.append(facts)
        return self.asking

    def screen(
        self,
        facts: Facts,
        began: float | None = None,
        consulted: Consulted | None = None,
        send: Send | None = None,
    ) -> Mapping[str, str]:
        del began
        self.told.append(consulted)
        self.asked.append(f"screen {facts.number}")
        self.facts.append(facts)
        if self.error is not None:
            raise self.error
        if send is not None:
            send(self.answer)
        return self.answer

    def screen_malformed(self, origin: Origin, began: float | None = None) -> Mapping[str, str]:
        del began
        self.asked.append(f"malformed {origin.channel} {origin.uniqueid}: {origin.why}")
        self.origins.append(origin)
        return MALFORMED

    def report(self, call_id: str, outcome: Outcome, *, wait_s: float | None = None) -> bool:
        waited = "" if wait_s is None else f" after {wait_s:g}"
        self.asked.append(f"report {call_id} {outcome.event} {outcome.talk_s:g}{waited}")
        if self.error is not None:
            raise self.error
        return True

    def session_failed(self, peer: str, why: str) -> None:
        self.asked.append(f"failed {peer}: {why}")
        self.failures.append(why)
