"""The agent's clock: read once off the machine's, and never stepped with it afterwards."""

import time


def wall() -> float:
    """Return the machine's time, in which people and other programs tell theirs."""
    return time.time()  # noqa: TID251 - the one reading of the wall clock


class SteadyClock:
    """Seconds since 1970 that no step of the machine's clock moves: NTP, DST, an admin's hand."""

    def __init__(self) -> None:
        self._offset = wall() - time.monotonic()

    def __call__(self) -> float:
        """Return the present time."""
        return time.monotonic() + self._offset
