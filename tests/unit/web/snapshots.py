"""Snapshots of a hub for tests: only what a test names differs from the plain."""

from dataclasses import replace

from screener.config.load import Config, load_config
from screener.core.incident import Ruled
from screener.core.settings import Action
from screener.web.hub import Snapshot
from screener.web.hub_seconds import Calls, Column
from screener.web.hub_status import AgentStatus, read_status
from tests.unit.web.test_hub_status import TELLING

NOW = 1_800_000_000.0
CONFIG: Config = load_config(None)
HASH = CONFIG.settings.config_hash


def a_column(seconds: int = 10, *, would: Action = Action.ADMIT, **counts: int) -> Column:
    calls = Calls()
    for name, count in counts.items():
        for _ in range(count):
            calls.add(Ruled(name), would, 0.001)
    return Column(NOW, seconds, calls, None)


def a_status(**changes: object) -> AgentStatus:
    plain = read_status(
        {**TELLING, "config": HASH, "paused_until": 0.0, "incident": {}, "sharing": None}
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def a_snapshot(**changes: object) -> Snapshot:
    plain = Snapshot(
        NOW, "", NOW - 60, a_status(), a_column(admit=20), a_column(60, admit=9), 7, 40, (), 0
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name
