"""The bounded tables of one engine, for the agent and for whatever else lets an engine decide."""

from screener.core.crowd import Crowd
from screener.core.crowds import CrowdMemory
from screener.core.engine import CallNote, Memory
from screener.core.limits import Tats
from screener.core.redial import Busied
from screener.core.reputation import Standing
from screener.core.settings import Settings
from screener.storage.memory import SegmentedTable


def new_memory(settings: Settings) -> Memory:
    """Build empty tables of the sizes that the settings say."""
    sizes = settings.tables
    return Memory(
        counters=SegmentedTable[Tats](sizes.counters, 0),
        callers=SegmentedTable[Standing](sizes.callers, sizes.known),
        calls=SegmentedTable[CallNote](sizes.calls, 0),
        busied=SegmentedTable[Busied](sizes.busied, 0),
        crowds=CrowdMemory(SegmentedTable[Crowd](sizes.prefixes, 0)),
    )
