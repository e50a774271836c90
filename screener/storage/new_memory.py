"""The bounded tables of one engine, for the agent and for whatever else lets an engine decide."""

from sys import maxsize

from screener.core.crowd import Crowd
from screener.core.crowds import CrowdMemory
from screener.core.engine import CallNote, Memory
from screener.core.limits import Tats
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.settings import Settings
from screener.storage.memory import SegmentedTable
from screener.storage.packing import NOTES, NUMBERS, STANDINGS
from screener.storage.shards import LARGEST


def new_memory(settings: Settings, *, largest: int = LARGEST) -> Memory:
    """Build empty tables of the sizes that the settings say.

    Of a table with more than `largest` entries it depends on the process which of two that were
    used at about the same time goes first where it is full, and no step takes long.
    """
    sizes = settings.tables
    return Memory(
        counters=SegmentedTable[Tats](sizes.counters, 0, NUMBERS, largest=largest),
        callers=SegmentedTable[Standing](sizes.callers, sizes.known, STANDINGS, largest=largest),
        calls=SegmentedTable[CallNote](sizes.calls, 0, NOTES, largest=largest),
        busied=SegmentedTable[Busied](sizes.busied, 0, NUMBERS, largest=largest),
        # Counted on in place, so kept as they are.
        crowds=CrowdMemory(SegmentedTable[Crowd](sizes.prefixes, 0, largest=largest)),
    )


def same_memory(settings: Settings) -> Memory:
    """Build tables in which the same go first in every process, as simulations must.

    They grow in steps of some tenths of a second, which no caller waits for.
    """
    return new_memory(settings, largest=maxsize)
