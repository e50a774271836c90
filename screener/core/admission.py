"""The cap on calls a second, well before the telephone system's own limit: known callers first.

An Asterisk that is asked for one step more than it can do delivers less than half of it, and goes
on so for half a minute. All calls are counted by the generic cell rate algorithm (`gcra`) with a
burst of one second. Who goes first is let on above the cap and still counted, so that the others
find so much less room: the sum stays at the cap unless those who go first exceed it alone. Saying
the verdict is left to `policy`, telling a proxy in front to refuse a share to `service.front`.
"""

from screener.core.lists import ListAction, ListHit
from screener.core.redial import Busied, busied_again
from screener.core.reputation import Standing, is_known, passed_lately
from screener.core.settings import AdmissionSettings, ReputationSettings
from screener.core.tables import Table

_MOST_OWED_S = 1.0
"""What calls above the cap take from the seconds to come, seconds at most."""

_SLACK = 1e-3
"""A thousandth of a call absorbs the rounding of large times, as in `gcra`."""

AIM = 0.9
"""The share of the cap that a proxy in front is to let through, so that the rest is for noise."""

_EASE_PER_S = 0.25
"""How fast a share to shed falls, a second: who comes in waves is not let in at each ebb."""


class Admission:
    """One cap over all calls; outlives the settings."""

    def __init__(self, settings: AdmissionSettings) -> None:
        self._tat = 0.0
        self.came = 0
        """Calls counted, those that were turned away too."""
        self.turned_away = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: AdmissionSettings) -> None:
        """Take another cap; what is used up of it stays."""
        self.cap = settings.calls_per_second
        self._interval = 1.0 / self.cap if self.cap else 0.0

    def is_full(self, now: float) -> bool:
        """Say whether one more call at `now` (seconds) would be above the cap; writes nothing."""
        backlog = self._tat - now
        # A backlog beyond what calls can owe means that time was set back: that is nobody's fault.
        if not self.cap or backlog > 1.0 + _MOST_OWED_S + _SLACK:
            return False
        return (1.0 - backlog) / self._interval + _SLACK < 1.0

    def take(self, now: float) -> None:
        """Count a call that is judged, above the cap or below it."""
        self.came += 1
        self._tat = min(max(self._tat, now) + self._interval, now + 1.0 + _MOST_OWED_S)

    def turn_away(self, identity: str, busied: Table[Busied], now: float) -> None:
        """Count a call that is told busy unjudged: it takes nothing of the cap, and may redial."""
        self.came += 1
        self.turned_away += 1
        if identity:
            busied.put(identity, busied_again(busied.get(identity), now))


def goes_first(
    hit: ListHit | None, standing: Standing | None, settings: ReputationSettings, now: float
) -> bool:
    """Say whether a caller is judged whatever comes: allowed, exempt, known-good or lately passed.

    Who is denied never is; all others can come again.
    """
    if hit is not None:
        return hit.action is not ListAction.DENY
    return standing is not None and (
        is_known(standing, settings, now) or passed_lately(standing, settings, now)
    )


def share_to_shed(cap: float, came: float, shed: float, share: float) -> float:
    """Return which share (0 to 1) of the unknown a proxy in front is to refuse in the next second.

    In the second before, `came` calls got through to us and `shed` were refused at `share`. The
    refused tell how many the unknown are; as long as none is refused, all count as unknown.
    """
    offered = came + shed
    if cap <= 0.0 or (share <= 0.0 and offered <= cap):
        return 0.0
    unknown = shed / share if share > 0.0 and shed > 0.0 else offered
    unknown = min(unknown, offered)
    wanted = (offered - AIM * cap) / unknown if unknown > 0.0 else 0.0
    wanted = min(max(wanted, 0.0), 1.0)
    return wanted if wanted >= share else max(wanted, share - _EASE_PER_S)
