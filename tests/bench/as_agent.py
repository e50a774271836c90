"""What makes a benchmark's process like the agent's own: its tables, its garbage collector."""

import sys

from screener import daemon
from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.number_validity import compile_all
from screener.core.settings import Settings
from screener.service import collector
from screener.service.explaining import explain
from screener.storage.new_memory import new_memory
from screener.storage.shards import LARGEST


def agent_memory(settings: Settings) -> Memory:
    """Build empty tables as the agent does."""
    return new_memory(settings, largest=LARGEST)


def behave_as_agent() -> None:
    """Set the collector and the threads' turns as the agent does at its start."""
    sys.setswitchinterval(daemon._SWITCH_S)
    collector.collect_rarely()


def warm_up(engine: Engine, now: float) -> None:
    """Load and compile what the rules need, as the agent does before its first call."""
    compile_all(engine.plan.country_code)
    explain(engine, Facts(number="+16515550100"), now)
    keep_what_is()


def keep_what_is() -> None:
    """Collect once and look at what is there no more, as the agent does before its first call."""
    collector.keep_what_is()
