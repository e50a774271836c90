"""What one agent remembers: its tables, and the note it keeps of a call until its outcome.

They are handed to an `engine`, which reads and writes them, and outlive its settings. How tables
are kept is left to `storage.memory`.
"""

from dataclasses import dataclass, field

from screener.core.crowds import CrowdMemory
from screener.core.limits import Tats
from screener.core.records import record
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.review import ReviewBook
from screener.core.tables import Table
from screener.core.usual import UsualWeek


@record
class CallNote:
    """What is kept of a decided call until its outcome is told."""

    identity: str
    trunk: str
    crowd: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """The tables of one agent; they outlive the settings."""

    counters: Table[Tats]
    callers: Table[Standing]
    calls: Table[CallNote]
    busied: Table[Busied]
    crowds: CrowdMemory
    reviews: ReviewBook = field(default_factory=ReviewBook)
    usual: UsualWeek = field(default_factory=UsualWeek)
