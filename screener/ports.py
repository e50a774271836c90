"""What the shells ask of the inside, and the inside of the shells, as protocols.

Adapters call `Screening`; services write to a `DecisionSink` and read a `Clock`. The daemon
brings the two sides together; tests put their own in their place.
"""

from asyncio import Future
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from screener.core.call import Facts
from screener.core.captcha_flow import Command, Ending
from screener.core.decision import Decision
from screener.core.outcome import Origin, Outcome
from screener.core.shared import Deed, Note, Posted, Question, SharedStanding, StandingChange, Told
from screener.core.sharing import Consulted


class Clock(Protocol):
    """Seconds since 1970 that never step: wall time at start plus monotonic time since."""

    def __call__(self) -> float:
        """Return the present time, seconds."""
        ...


Send = Callable[[Mapping[str, str]], None]
"""Gives the channel variables of a verdict to who asked for it."""


class Screening(Protocol):
    """The agent's answers to a telephone side; none of these methods raises or blocks."""

    def consult(self, facts: Facts) -> Future[Consulted] | None:
        """Ask what other edges know of a call that has come; None where there is nobody to ask.

        What is returned is done within the store's deadline and never failed; `screen` must be
        called with its result then, whether the caller is still there or not.
        """
        ...

    def screen(
        self,
        facts: Facts,
        began: float | None = None,
        consulted: Consulted | None = None,
        send: Send | None = None,
    ) -> Mapping[str, str]:
        """Decide one call; return the channel variables that carry the verdict.

        `send` is called with them, where it is given, once the call is kept and before all else is
        told of it; only what `send` raises is raised.

        `began` is when the telephone side started to ask, on `time.perf_counter`: the latency of
        the decision runs from there. `consulted` is what `consult` came to, where it was asked.
        Names are `SCREENER_*`; values are of `[A-Za-z0-9_.:-]`, never caller data.
        """
        ...

    def screen_malformed(self, origin: Origin, began: float | None = None) -> Mapping[str, str]:
        """Decide a call whose caller data broke the wire's grammar; return as `screen` does."""
        ...

    def report(self, call_id: str, outcome: Outcome, *, wait_s: float | None = None) -> bool:
        """Learn what became of a call; return False where the call is not known.

        `wait_s` is told with the end of a call that joined the queue: the seconds from there to
        the operator's answer or the hangup. What is below 0 or more than a day counts as not told.
        """
        ...

    def session_failed(self, peer: str, why: str) -> None:
        """Count and log a session that ended without a verdict through no caller's doing."""
        ...


class Line(Protocol):
    """One challenged caller's telephone line, as the captcha uses it."""

    async def perform(self, command: Command) -> str:
        """Carry out one command; return the keys pressed meanwhile that it heeds, else nothing.

        Raises:
            CallerGoneError: The caller has hung up.
            LineLostError: The way to the telephone is gone, the caller may be there still.
        """
        ...


class Asking(Protocol):
    """The captcha's conversations; what is asked over which line is the shells' affair."""

    def is_open(self, call_id: str) -> bool:
        """Say whether the call was challenged and its captcha has not ended yet."""
        ...

    async def ask(self, call_id: str, line: Line) -> Ending:
        """Ask one caller, learn what came of it, and return how it ended; never raises.

        Abandoned: the caller is gone. Lost: through no caller's doing, so the call goes on.
        """
        ...

    def give_up(self, call_id: str) -> None:
        """Take it that nobody will be asked any more for this call: its place is free again."""
        ...


class DecisionSink(Protocol):
    """Takes every decision as it is made; must neither block nor raise."""

    def __call__(self, decision: Decision, /) -> None:
        """Take one decision."""


class FaultSink(Protocol):
    """Takes every call that a fault of ours let pass undecided; must neither block nor raise."""

    def __call__(self, call_id: str, uniqueid: str, error: str) -> None:
        """Take one call; `error` is the fault's type, without caller data."""


class OutcomeSink(Protocol):
    """Takes every outcome of a known call; must neither block nor raise."""

    def __call__(self, call_id: str, outcome: Outcome, /) -> None:
        """Take one outcome."""


class SharedStore(Protocol):
    """What several edges keep together; `storage.shared_*` hold one contract.

    Every method may raise `SharedStoreError` (down, late, refused): the caller goes on alone.
    Each but `forget` is one round trip and one atomic step at the store. Everything kept there
    ends by itself, and a full store lets go of what ends soonest or was used least: nothing that
    must hold may be known to it alone. None connects but `ping`: where the connection is lost the
    others are refused at once.
    """

    async def consult(self, question: Question) -> Told:
        """Return what is known of a call, and spend its counters."""
        ...

    async def tell(self, deeds: Sequence[Deed]) -> None:
        """Take deeds in their order; telling them twice may count a refund twice, nothing else."""
        ...

    async def change(self, change: StandingChange) -> SharedStanding | None:
        """Change a standing; return None where done (or done before), else what is there now.

        That is `SharedStanding(0)` where nothing is there any more.
        """
        ...

    async def standing(self, caller: str) -> SharedStanding | None:
        """Return a caller's standing."""
        ...

    async def claim(self, call_id: str) -> Note | None:
        """Return the note of a call, wherever it was decided, None where nobody knows it."""
        ...

    async def forget(self, caller: str, line: str, counters: Sequence[str]) -> None:
        """Drop all that is kept of a caller, the notes of its calls too, and these counters.

        For people's deeds, not for calls: it may look through all notes.
        """
        ...

    async def post(self, edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        """Put an entry into the feed of a kind; return where it stands.

        The latest 10,000 of a kind are kept, at most `ttl` seconds.
        """
        ...

    async def since(self, kind: str, at: str, limit: int = 1000) -> Sequence[Posted]:
        """Return the entries of a kind after that place, oldest first; "" is the beginning.

        After a lost connection entries may be told again: what a reader does with one twice must
        be as once. Who was away longer than the ttl reads what is `kept`.
        """
        ...

    async def keep(self, key: str, body: bytes, *, ttl: float) -> None:
        """Keep a blob under a key, in the place of what was there."""
        ...

    async def kept(self, prefix: str) -> Mapping[str, bytes]:
        """Return the blobs whose key begins so."""
        ...

    async def ping(self) -> None:
        """Connect where that is needed, and return where the store answers."""
        ...

    async def close(self) -> None:
        """Let go of the store; what is told afterwards is refused."""
        ...
