"""Building the decision log and its upkeep as the configuration has them."""

from collections.abc import Callable
from pathlib import Path

from screener.config.options import StorageOptions
from screener.storage.decision_log import DecisionLog
from screener.storage.log_upkeep import LogUpkeep
from screener.storage.retention import Retention
from screener.storage.site_files import LOG_FILE


def new_log(
    storage: StorageOptions, clock: Callable[[], float]
) -> tuple[DecisionLog | None, LogUpkeep | None]:
    """Build the decision log and its upkeep, or neither where it is turned off."""
    if not storage.log:
        return None, None
    decisions = DecisionLog(Path(storage.folder) / LOG_FILE, clock, storage.queue)
    retention = Retention(storage.keep_admitted, storage.keep_refused)
    return decisions, LogUpkeep(decisions, Path(storage.keys), retention, clock)
