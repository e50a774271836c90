"""An agent with faults of ours in it: some of its parts raise, with the caller in the message.

    python -m tests.bench.planted_agent CONFIG

A caller's name says which part: the engine, a sink, the decision log, the session, a callback or
a task of the event loop, a thread. All else is the agent as `screener serve` runs it.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from screener import daemon
from screener.adapters import fastagi_session
from screener.config.load import load_config
from screener.core.engine import Engine
from screener.service.tally import Tally
from screener.storage.decision_log import DecisionLog

FAULTS = ("engine", "tally", "log", "session", "callback", "task", "thread", "explain")


def broken(part: str, work: Callable[..., Any], fault: Callable[[str], None]) -> Callable[..., Any]:
    """Return the work, after a fault where the caller's name asks this part for one."""

    @wraps(work)
    def work_or_fail(*values: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
        told = repr((values[1:] or values, named))
        if f"fault-{part}'" in told or f'fault-{part}"' in told:
            fault(told)
        return work(*values, **named)

    return work_or_fail


def _raise(told: str) -> None:
    raise RuntimeError(f"planted: {told}")


def _raise_in_callback(told: str) -> None:
    asyncio.get_running_loop().call_soon(_raise, told)


def _raise_in_task(told: str) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        _raise(told)

    asyncio.get_running_loop().create_task(fail())


def _raise_in_thread(told: str) -> None:
    threading.Thread(target=_raise, args=(told,)).start()


def break_parts() -> None:
    """Put the faults into the agent's parts."""
    Engine.decide = broken("engine", Engine.decide, _raise)  # type: ignore[method-assign]
    Tally.__call__ = broken("tally", Tally.__call__, _raise)  # type: ignore[method-assign]
    for part, fault in (
        ("log", _raise),
        ("callback", _raise_in_callback),
        ("task", _raise_in_task),
        ("thread", _raise_in_thread),
    ):
        DecisionLog.__call__ = broken(part, DecisionLog.__call__, fault)  # type: ignore[method-assign]
    # As the modules that use them know them.
    vars(fastagi_session)["facts_of"] = broken("session", vars(fastagi_session)["facts_of"], _raise)
    vars(daemon)["facts_from"] = broken("explain", vars(daemon)["facts_from"], _raise)


if __name__ == "__main__":
    break_parts()
    path = Path(sys.argv[1])
    daemon.serve(load_config(path), path)
