"""Which of the sounds that a captcha may need an Asterisk lacks.

A language's own sounds come first, then those of the language that it is a variety of (`pt_BR`,
then `pt`), as Asterisk itself looks for them.
"""

from collections.abc import Iterator, Mapping

from screener.core.captcha_flow import sounds_of
from screener.core.question import words_of
from screener.core.settings import CaptchaSettings


def needed_sounds(captcha: CaptchaSettings) -> tuple[str, ...]:
    """Return the names of all sounds that a captcha of these settings may play."""
    return sounds_of(words_of(captcha.kinds, captcha.tries), captcha.prompts)


def missing_sounds(
    captcha: CaptchaSettings, installed: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Return `language:sound` for each sound that is needed and not among those installed."""
    needed = needed_sounds(captcha)
    missing: list[str] = []
    for language in captcha.languages:
        there = frozenset[str]().union(*(installed.get(one, ()) for one in _tried(language)))
        missing += [f"{language}:{sound}" for sound in needed if sound not in there]
    return tuple(missing)


def _tried(language: str) -> Iterator[str]:
    while language:
        yield language
        language = language.rpartition("_")[0]
