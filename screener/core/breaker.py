"""A circuit breaker: when to stop asking somebody who does not answer, and when to try again.

Pure: time is an argument. It counts trouble, and successes take a part of it away; enough of it
opens the circuit, then nobody asks until a probe was answered. Asking and probing are left to
`service.shared_guard`.
"""

_FORGIVEN = 0.25
"""What a success takes off the count: a fifth of all answers late opens it in the end."""


class Breaker:
    """Open at first: nobody is asked before the first probe was answered.

    `failures` open it; those within `apart` seconds of one another count as one, since a stall
    of this process makes every answer late that is under way. Probes are `probe` seconds apart.
    """

    def __init__(self, failures: int, *, probe: float, apart: float) -> None:
        self._failures = failures
        self._probe = probe
        self._apart = apart
        self._count = 0.0
        self._counted_at = float("-inf")
        self._next_probe = float("-inf")
        self.is_open = True
        self.opened = 0
        """How many times it has opened since it was first closed."""

    def succeeded(self) -> None:
        """Take it that an answer came in time; of what was asked before it opened this is none."""
        if not self.is_open:
            self._count = max(self._count - _FORGIVEN, 0.0)

    def failed(self, now: float, chance: float) -> bool:
        """Take it that no answer came, or late; return whether this opens the circuit.

        `chance`, 0 to 1, spreads the probes of many who lost the same store.
        """
        if self.is_open or now - self._counted_at < self._apart:
            return False
        self._counted_at = now
        self._count += 1.0
        if self._count < self._failures:
            return False
        return self.open(now, chance)

    def open(self, now: float, chance: float) -> bool:
        """Open at once, as where the connection is lost; return whether it was closed."""
        was_closed = not self.is_open
        self.is_open = True
        self.opened += was_closed
        self.probed_in_vain(now, chance)
        return was_closed

    def probed_in_vain(self, now: float, chance: float) -> None:
        """Take it that a probe was not answered; wait half of `probe` to all of it."""
        self._next_probe = now + self._probe * (0.5 + 0.5 * chance)

    def probed_well(self) -> bool:
        """Close: a probe was answered; return whether it was open."""
        was_open = self.is_open
        self.is_open = False
        self._count = 0.0
        return was_open

    def probe_in(self, now: float) -> float:
        """Return the seconds until a probe is due while it is open, 0 where it is."""
        return max(self._next_probe - now, 0.0)
