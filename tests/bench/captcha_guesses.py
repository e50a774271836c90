"""How often blind guesses pass the captcha, beside what chance allows: tries / 10^digits.

Plays whole conversations, so that what counts as a try is the captcha's own word. Two guessers:
one presses anything, one always the same keys. Run: python -m tests.bench guesses.
"""

import random
from collections.abc import Callable, Iterator

from screener.core.captcha_flow import AwaitKey, Ending, converse
from screener.core.question import QuestionKind
from screener.core.settings import CaptchaSettings, Prompts
from tests.bench.figures import Scale, show

TRIES = 1_000_000
BOUND = 1.2
"""How much better than chance the best guess may be."""

_SEED = 20_161_101

Guess = Callable[[], str]


def run(scale: Scale) -> None:
    """Print the share of conversations passed, beside chance, and the ratio of the two."""
    rows = []
    for digits, name, guesser in _cases():
        kinds = tuple(QuestionKind) if name == "mixed" else (QuestionKind(name),)
        settings = CaptchaSettings(digits=digits, kinds=kinds, prompts=Prompts.SCREENER)
        tries = scale.of(TRIES if name == "mixed" else TRIES // 4, 20_000)
        passed, held = guess_blindly(settings, guesser, tries)
        chance = settings.tries / 10**digits
        share = passed / held
        told = (tries, passed, held, 100 * share, 100 * chance, share / chance)
        rows.append((f"{digits} keys, {name}, {guesser}", *told))
    title = f"Blind guesses at the captcha (bound: {BOUND} x chance)"
    columns = ("keys, kind, guess", "tries", "passed", "of calls", "%", "chance %", "ratio")
    show(title, columns, rows)


def _cases() -> Iterator[tuple[int, str, str]]:
    for kind in QuestionKind:
        yield 2, kind.value, "anything"
    yield 2, "mixed", "anything"
    yield 2, "mixed", "the same"
    yield 3, "mixed", "anything"


def guess_blindly(settings: CaptchaSettings, guesser: str, tries: int) -> tuple[int, int]:
    """Return how many conversations passed and how many were held, for so many tries."""
    pick = random.Random(_SEED).randrange  # noqa: S311 - the same questions each time
    rng = random.Random(_SEED + 1)  # noqa: S311 - the same guesses each time
    below = 10**settings.digits

    def anything() -> str:
        return f"{rng.randrange(below):0{settings.digits}}"

    def the_same() -> str:
        return "5" * settings.digits

    guess = anything if guesser == "anything" else the_same
    passed = held = made = 0
    while made < tries:
        ending, used = _converse(settings, pick, guess)
        passed += ending is Ending.PASSED
        made += used
        held += 1
    return passed, held


def _converse(
    settings: CaptchaSettings, pick: Callable[[int], int], guess: Guess
) -> tuple[Ending, int]:
    conversation = converse(settings, pick)
    command, keys, tries = next(conversation), "", 0
    while True:
        pressed = ""
        if isinstance(command, AwaitKey):
            if command.seconds == settings.key_wait:
                keys, tries = guess(), tries + 1
            pressed, keys = keys[:1], keys[1:]
        try:
            command = conversation.send(pressed)
        except StopIteration as end:
            return Ending(end.value), tries
