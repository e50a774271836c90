"""How soon somebody may try a password again: by account and by address, locking nobody out.

Three rules, of which the slowest decides:

- each address, at each account, waits longer after each failure, up to a quarter of an hour, or
  to a minute where it signed in to that account before (it is *proven* there);
- an account takes five tries a minute from all other addresses together. A proven address has
  its own, so that who tries an account from elsewhere does not keep its owner out;
- an address takes ten a minute at all accounts together, proven ones apart: many people can stand
  behind one address.

Pure: time is an argument, seconds of a clock that never goes back. Refused tries cost nothing,
and a try counts from its begin on, so that many at once are no way around. Entries are dropped,
oldest first, beyond `MOST_KEPT`: what hashing lets through in the quarter of an hour that an
entry matters is fewer.
"""

from dataclasses import dataclass

from cachetools import FIFOCache

from screener.core.gcra import check, spend
from screener.core.settings import Window

FREE_TRIES = 2
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
LONGEST_WAIT_PROVEN_S = 60.0
FORGOTTEN_S = 3_600.0
"""An address that did not fail at an account for so long begins anew there."""

OF_ACCOUNT = Window(3, 90.0)
"""Three at once and one each 30 s: five in any minute."""
OF_ADDRESS = Window(20, 120.0)

MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries what from where; `proven` says that the address signed in to the account before."""

    account: str
    address: str
    proven: bool = False


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: float
    until: float


class Throttle:
    """Counts tries and says how long to wait."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        # What was written longest ago goes first.
        self._pairs: FIFOCache[tuple[str, str], _Failures] = FIFOCache(most)
        self._accounts: FIFOCache[str, float] = FIFOCache(most)
        self._addresses: FIFOCache[str, float] = FIFOCache(most)

    def ask(self, attempt: Attempt, now: float) -> float:
        """Take a try as begun, and failed until `passed` says else; return 0.

        Or return the seconds to wait, and take nothing.
        """
        wait = self._wait(attempt, now)
        if wait > 0.0:
            return wait
        pair = (attempt.account, attempt.address)
        before = self._pairs.get(pair)
        count = 1
        if before is not None and now - before.last < FORGOTTEN_S:
            count = before.count + 1
        self._pairs[pair] = _Failures(count, now, now + _wait_after(count, attempt))
        if not attempt.proven:
            _spend(self._accounts, attempt.account, OF_ACCOUNT, now)
            _spend(self._addresses, attempt.address, OF_ADDRESS, now)
        return 0.0

    def passed(self, attempt: Attempt) -> None:
        """Take back what a try cost, as it was no failure, and what failed there before it."""
        self._pairs.pop((attempt.account, attempt.address), None)
        if not attempt.proven:
            _refund(self._accounts, attempt.account, OF_ACCOUNT)
            _refund(self._addresses, attempt.address, OF_ADDRESS)

    @property
    def kept(self) -> int:
        """Return how many entries the largest table has."""
        return max(len(self._pairs), len(self._accounts), len(self._addresses))

    def _wait(self, attempt: Attempt, now: float) -> float:
        failures = self._pairs.get((attempt.account, attempt.address))
        waits = [failures.until - now if failures else 0.0]
        if not attempt.proven:
            spent = self._accounts.get(attempt.account) or 0.0
            waits.append(check(OF_ACCOUNT, spent, now).retry_in)
            spent = self._addresses.get(attempt.address) or 0.0
            waits.append(check(OF_ADDRESS, spent, now).retry_in)
        return max(*waits, 0.0)


def _wait_after(failures: int, attempt: Attempt) -> float:
    if failures < FREE_TRIES:
        return 0.0
    longest = LONGEST_WAIT_PROVEN_S if attempt.proven else LONGEST_WAIT_S
    doublings = min(failures - FREE_TRIES, 16)
    return min(FIRST_WAIT_S * 2.0**doublings, longest)


def _spend(table: FIFOCache[str, float], key: str, window: Window, now: float) -> None:
    table[key] = spend(window, table.get(key) or 0.0, now)


def _refund(table: FIFOCache[str, float], key: str, window: Window) -> None:
    spent = table.get(key)
    if spent is not None:
        table[key] = spent - window.per / window.calls
