"""When a prompt is over and what it asked for: one caller's attention to one stream.

Pure: packets and the time go in, keys to press come out. The words are `ear`'s, what they ask for
is `understanding`'s; whose stream it is, and pressing the keys, are left to `listener`.
"""

from dataclasses import dataclass

from screener.lab.ear import Ear, Templates
from screener.lab.understanding import keys_asked

PAUSE_S = 0.5
"""Silence after the last word that ends a prompt.

Between two of the stock prompts there is 0.4 s at most ("press", "six"), and Asterisk takes a few
milliseconds more to open the next. A person is no quicker to be sure that nothing follows.
"""

PATIENCE = 4
"""Pauses after which a prompt that asks for too few or too many keys is given up."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a pause told: the keys that a whole prompt asks for, or that it was no such prompt."""

    keys: str = ""
    misheard: bool = False


NOTHING = Understood()
"""It is not over yet, or there was no word in it: music, an operator, silence."""


class Attention:
    """Waits in one stream for prompts that ask for `digits` keys and then pause for `pause_s`."""

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

        A whole prompt is told once, and then forgotten. A pause after less than a question may be
        one between two words, so it is waited on.
        """
        if self._sounded_at is None:
            return NOTHING
        quiet_s = now - self._sounded_at
        given_up = quiet_s >= PATIENCE * self._pause_s
        if quiet_s < self._pause_s or (self._asked and not given_up):
            return NOTHING
        words = self._ear.words()
        self._asked = True
        keys = keys_asked([word.said for word in words])
        whole = len(keys) == self._digits
        if whole or given_up:
            self._ear.forget()
            self._sounded_at = None
        if whole:
            return Understood(keys)
        return Understood(misheard=given_up and bool(words))
