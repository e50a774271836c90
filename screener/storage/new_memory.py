"""The bounded tables of one engine, for the agent and for whatever else lets an engine decide."""

from sys import maxsize

from screener.core.crowd import Crowd
from screener.core.crowds import CrowdMemory
from screener.core.limits import Tats
from screener.core.memory import CallNote, Memory
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.settings import Settings
from screener.storage.memory import SegmentedTable
from screener.storage.packing import NOTES, NUMBERS, STANDINGS


def new_memory(settings: Settings, *, largest: int = maxsize) -> Memory:
    """Build empty tables of the sizes that the settings say.

    By default the same entries go first in every process where a table is full, as simulations
    must; but a table grows in steps of up to some tenths of a second. An agent takes `LARGEST`
    of `shards`: then no step takes long, and which of two entries that were used at about the same
    time goes first is up to the process.
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
