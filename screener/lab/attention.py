"""When a prompt is over and what it asked for: one caller's attention to one stream.

Pure: packets and the time go in, digits to press come out. The words are `ear`'s; whose stream it
is, and pressing the keys, are left to `listener`.
"""

from dataclasses import dataclass

from screener.lab.ear import Ear, Templates

PAUSE_S = 0.25
"""Silence after the last word that ends a prompt; the stock prompts themselves end with 0.16 s."""

PATIENCE = 8
"""Pauses after which a prompt with too few or too many digits is given up."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a pause told: the digits of a whole prompt (or ""), or that it was no such prompt."""

    digits: str = ""
    misheard: bool = False


NOTHING = Understood()
"""It is not over yet, or there was no digit in it: music, an operator, silence."""


class Attention:
    """Waits in one stream for prompts that say `digits` digits and then pause for `pause_s`."""

    def __init__(self, templates: Templates, digits: int, pause_s: float = PAUSE_S) -> None:
        self._ear = Ear(templates)
        self._digits = digits
        self._pause_s = pause_s
        self._sounded_at: float | None = None
        self._asked = False

    def hear(self, sequence: int, payload: bytes, now: float) -> None:
        """Take one packet that came at `now` (seconds)."""
        if self._ear.hear(sequence, payload):
            self._sounded_at, self._asked = now, False

    def understand(self, now: float) -> Understood:
        """Say what is understood by `now`; cheap while somebody speaks and while nobody does.

        A whole prompt is told once, and then forgotten. A pause with fewer digits may be one
        between two words, so it is waited on.
        """
        if self._sounded_at is None:
            return NOTHING
        quiet_s = now - self._sounded_at
        given_up = quiet_s >= PATIENCE * self._pause_s
        if quiet_s < self._pause_s or (self._asked and not given_up):
            return NOTHING
        words = self._ear.words()
        self._asked = True
        whole = len(words) == self._digits
        if whole or given_up:
            self._ear.forget()
            self._sounded_at = None
        if whole:
            return Understood("".join(word.digit for word in words))
        return Understood(misheard=given_up and bool(words))
