"""What makes a process of a benchmark like the agent's own: its tables and its garbage collector.

Looked up by name, so that a benchmark measures an older tree as well, which has less of it.
"""

import gc
import importlib
import importlib.util
import inspect
import sys

from screener import daemon
from screener.core.memory import Memory
from screener.core.settings import Settings
from screener.storage.new_memory import new_memory

_SHARDS, _COLLECTOR = "screener.storage.shards", "screener.service.collector"
_OLD_THRESHOLDS = (5_000, 20, 100)


def agent_memory(settings: Settings) -> Memory:
    """Build empty tables as the agent does."""
    if "largest" not in inspect.signature(new_memory).parameters:
        return new_memory(settings)
    make = vars(importlib.import_module("screener.storage.new_memory"))["new_memory"]
    memory: Memory = make(settings, largest=importlib.import_module(_SHARDS).LARGEST)
    return memory


def behave_as_agent() -> None:
    """Set the collector and the threads' turns as the agent does at its start."""
    sys.setswitchinterval(daemon._SWITCH_S)
    if importlib.util.find_spec(_COLLECTOR) is None:
        gc.set_threshold(*_OLD_THRESHOLDS)
    else:
        importlib.import_module(_COLLECTOR).collect_rarely()


def keep_what_is() -> None:
    """Collect once and look at what is there no more, as the agent does before its first call."""
    gc.collect()
    gc.freeze()
