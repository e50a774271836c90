from dataclasses import replace

import pytest

from screener.adapters.ari_prompts import missing_sounds, needed_sounds
from screener.core.question import QuestionKind
from screener.core.settings import CaptchaSettings, Prompts

STOCK = CaptchaSettings()
ALL = frozenset(needed_sounds(STOCK))


def test_the_default_captcha_needs_ten_digits_and_two_words() -> None:
    assert needed_sounds(STOCK) == (
        *(f"digits/{digit}" for digit in range(10)),
        "vm-press",
        "please-try-again",
    )


def test_a_single_try_never_says_again() -> None:
    assert "please-try-again" not in needed_sounds(replace(STOCK, tries=1))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (QuestionKind.REPEAT, set()),
        (QuestionKind.SUM, {"screener/plus"}),
        (QuestionKind.LARGER, {"screener/larger-of", "screener/or"}),
    ],
)
def test_each_kind_of_question_has_its_words(kind: QuestionKind, more: set[str]) -> None:
    plain = replace(STOCK, prompts=Prompts.SCREENER)
    needed = set(needed_sounds(replace(plain, kinds=(QuestionKind.REPEAT, kind))))
    assert needed - set(needed_sounds(plain)) == more


def test_nothing_is_missing_where_all_is_there() -> None:
    assert missing_sounds(STOCK, {"en": ALL}) == ()


def test_what_is_missing_is_told_by_language() -> None:
    captcha = replace(STOCK, languages=("en", "de"))
    without = ALL - {"digits/7"}
    assert missing_sounds(captcha, {"en": ALL, "de": without}) == ("de:digits/7",)
    assert len(missing_sounds(captcha, {"en": ALL})) == len(ALL)
    assert len(missing_sounds(captcha, {})) == 2 * len(ALL)


def test_a_variety_of_a_language_falls_back_on_the_language_alone() -> None:
    captcha = replace(STOCK, languages=("pt_BR",))
    assert missing_sounds(captcha, {"pt": ALL}) == ()
    split = {"pt_BR": ALL - {"vm-press"}, "pt": frozenset({"vm-press"})}
    assert missing_sounds(captcha, split) == ()
    assert len(missing_sounds(captcha, {"p": ALL, "pt_PT": ALL})) == len(ALL)
