"""The section of the configuration about the captcha: how it asks, and how many are asked."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from screener.config.sections import Finding, Items, Section
from screener.config.times import Duration
from screener.config.values import Number, Text, Whole, one_of
from screener.core.question import QuestionKind
from screener.core.settings import CaptchaSettings, EarlyKeys, Hold, Overflow, Prompts

_CAPTCHA = CaptchaSettings()

LANGUAGE = Text(20, 2, "[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,8})*", "a language such as en or pt_BR")


class CaptchaSection(Section):
    """`captcha`: the captcha lane."""

    digits: Annotated[int, Whole(2, 4)] = _CAPTCHA.digits
    kinds: Annotated[list[Annotated[QuestionKind, one_of(QuestionKind)]], Items(1, 3)] = Field(
        default_factory=lambda: list(_CAPTCHA.kinds)
    )
    tries: Annotated[int, Whole(1, 3)] = _CAPTCHA.tries
    key_wait: Annotated[float, Duration(2, 20)] = _CAPTCHA.key_wait
    early_keys: Annotated[EarlyKeys, one_of(EarlyKeys)] = _CAPTCHA.early_keys
    prompts: Annotated[Prompts, one_of(Prompts)] = _CAPTCHA.prompts
    languages: Annotated[list[Annotated[str, LANGUAGE]], Items(1, 50)] = Field(
        default_factory=lambda: list(_CAPTCHA.languages)
    )
    hold: Annotated[Hold, one_of(Hold)] = _CAPTCHA.hold
    hold_for: Annotated[float, Duration(0, 30)] = _CAPTCHA.hold_for
    seconds: Annotated[float, Duration(10, 120)] = _CAPTCHA.seconds
    places: Annotated[int, Whole(0, 10_000)] = _CAPTCHA.places
    share_of_channels: Annotated[float, Number(0, 1)] = _CAPTCHA.share_of_channels
    places_per_number: Annotated[int, Whole(1, 10_000)] = _CAPTCHA.places_per_number
    best_first_from: Annotated[float, Number(0, 1)] = _CAPTCHA.best_first_from
    when_full: Annotated[Overflow, one_of(Overflow)] = _CAPTCHA.when_full
    silent_places: Annotated[int, Whole(0, 10_000)] = _CAPTCHA.silent_places

    def check(self) -> Iterator[Finding]:
        """Each kind stands once and can be said; the wait before it leaves time to answer."""
        for number, kind in enumerate(self.kinds):
            if kind in self.kinds[:number]:
                yield Finding(("kinds", number), f'is "{kind}" again; each kind stands once')
            elif kind is QuestionKind.LARGER and self.prompts is Prompts.STOCK:
                told = 'is "larger", which Asterisk has no sounds for'
                yield Finding(("kinds", number), f"{told}; allowed: with prompts: screener")
        if self.hold_for + self.key_wait >= self.seconds:
            told = f"is {self.hold_for:g} s, and key_wait {self.key_wait:g} s"
            yield Finding(
                ("hold_for",), f"{told}; allowed: together less than seconds ({self.seconds:g} s)"
            )
