"""What makes a benchmark's process like the agent's own: its tables, its garbage collector."""

import sys

from screener import daemon
from screener.core.memory import Memory
from screener.core.settings import Settings
from screener.service import collector
from screener.storage.new_memory import new_memory
from screener.storage.shards import LARGEST


def agent_memory(settings: Settings) -> Memory:
    """Build empty tables as the agent does."""
    return new_memory(settings, largest=LARGEST)


def behave_as_agent() -> None:
    """Set the collector and the threads' turns as the agent does at its start."""
    sys.setswitchinterval(daemon._SWITCH_S)
    collector.collect_rarely()


def keep_what_is() -> None:
    """Collect once and look at what is there no more, as the agent does before its first call."""
    collector.keep_what_is()
