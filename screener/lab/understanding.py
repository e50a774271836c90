"""What a captcha's words ask for: words in, keys out, as a person would work it out.

Pure. The words come from `ear`, the questions from `core.question`; this is its inverse, written
apart from it so that each checks the other. When a prompt is over is told by `attention`.
"""

from collections.abc import Callable, Sequence

from screener.core.question import Word


def keys_asked(words: Sequence[str]) -> str:
    """Return the keys that the words ask for; "" where they are no whole question.

    What was said before "try again" does not count. "Press" may be missing, for an ear that knows
    digits alone; anything else out of its place is no question.
    """
    rest = list(words)
    while Word.AGAIN in rest:
        del rest[: rest.index(Word.AGAIN) + 1]
    keys = ""
    while rest:
        form = next((one for one in _FORMS if _fits(one[0], rest)), None)
        if form is None:
            return ""
        shape, work_out = form
        keys += work_out([int(word) for word in rest[: len(shape)] if word.isdigit()])
        del rest[: len(shape)]
    return keys


_DIGIT = "digit"

_FORMS: tuple[tuple[tuple[str, ...], Callable[[list[int]], str]], ...] = (
    ((Word.LARGER_OF, _DIGIT, Word.OR, _DIGIT), lambda digits: str(max(digits))),
    ((Word.PRESS, _DIGIT, Word.PLUS, _DIGIT), lambda digits: str(sum(digits))),
    ((_DIGIT, Word.PLUS, _DIGIT), lambda digits: str(sum(digits))),
    ((Word.PRESS, _DIGIT), lambda digits: str(digits[0])),
    ((_DIGIT,), lambda digits: str(digits[0])),
)
"""How one key can be asked for, and how it is worked out of the digits said."""


def _fits(shape: Sequence[str], words: Sequence[str]) -> bool:
    return len(words) >= len(shape) and all(
        word.isdigit() if want is _DIGIT else word == want
        for want, word in zip(shape, words, strict=False)
    )
