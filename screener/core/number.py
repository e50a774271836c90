"""Stub: see the helper's work."""
from dataclasses import dataclass
from enum import StrEnum


class CallerClass(StrEnum):
    """What kind of caller id a call carries."""

    VALID = "valid"
    FOREIGN = "foreign"
    UNALLOCATED = "unallocated"
    SHORT = "short"
    WITHHELD = "withheld"
    ANONYMOUS = "anonymous"
    ABSENT = "absent"
    JUNK = "junk"


@dataclass(frozen=True, slots=True)
class CallerId:
    """A caller id read under a numbering plan."""

    kind: CallerClass
    identity: str
    counter_key: str
    prefix: str
    masked: str
    e164: str


class NumberPlan:
    """Reads caller ids as one region writes them."""

    def __init__(self, region: str, *, prefix_tail: int = 4) -> None:
        self.region = region

    def read(self, text: str, presentation: str = "") -> CallerId:
        """Read."""
        raise NotImplementedError
