"""Small makers of calls and callers for tests: only what a test names differs from the plain."""

from dataclasses import replace

from screener.core.call import Attestation, Call, Load
from screener.core.crowd import Crowd
from screener.core.crowds import CrowdMemory
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.limits import Tats
from screener.core.memory import CallNote, Memory
from screener.core.number import CallerClass, CallerId
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.settings import Mode, Settings
from screener.storage.memory import SegmentedTable

NOW = 1_800_000_000.0
DAY = 86_400.0


def a_caller(number: str = "+16515550142", kind: CallerClass = CallerClass.VALID) -> CallerId:
    """Return a caller id read as that number, or one that names nobody for the other classes."""
    if kind in {CallerClass.VALID, CallerClass.FOREIGN, CallerClass.UNALLOCATED}:
        return CallerId(
            kind=kind,
            identity=number,
            counter_key=number,
            prefix=number[:-4],
            masked=f"{number[:2]}...{number[-2:]}",
            e164=number,
        )
    return CallerId(kind=kind, identity="", counter_key="", prefix="", masked=kind.value, e164="")


def a_call(number: str = "+16515550142", **changes: object) -> Call:
    """Return an ordinary call from the number, with the named fields changed."""
    plain = Call(
        call_id="call-1",
        caller=a_caller(number),
        name="",
        did="+16515392200",
        trunk="trunk-a",
        source="127.0.0.1",
        attestation=Attestation.NONE,
        origid="",
        arrived_at=NOW,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the test names real fields


def an_engine(settings: Settings | None = None) -> Engine:
    """Return an engine with small tables, enforcing unless told otherwise."""
    return Engine(settings or Settings(mode=Mode.ENFORCE), a_memory())


def a_memory() -> Memory:
    """Return small tables."""
    return Memory(
        counters=SegmentedTable[Tats](1_000, 0),
        callers=SegmentedTable[Standing](1_000, 1_000),
        calls=SegmentedTable[CallNote](1_000, 0),
        busied=SegmentedTable[Busied](1_000, 0),
        crowds=CrowdMemory(SegmentedTable[Crowd](1_000, 0)),
    )


def a_decision(settings: Settings | None = None, **changes: object) -> Decision:
    """Return the decision on an ordinary call with the named fields changed."""
    call = replace(a_call(), **changes)  # type: ignore[arg-type]  # the test names real fields
    return an_engine(settings).decide(call, Load())


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
