import pytest
from pydantic import ValidationError

from screener.config.captcha_section import CaptchaSection
from screener.core.question import QuestionKind
from screener.core.settings import Prompts


def test_the_lane_may_have_no_places() -> None:
    assert CaptchaSection.model_validate({"places": 0}).places == 0


@pytest.mark.parametrize("prompts", Prompts)
@pytest.mark.parametrize("kind", QuestionKind)
def test_only_the_larger_of_two_needs_sounds_that_asterisk_lacks(
    kind: QuestionKind, prompts: Prompts
) -> None:
    given = {"kinds": [kind.value], "prompts": prompts.value}
    if kind is QuestionKind.LARGER and prompts is Prompts.STOCK:
        with pytest.raises(ValidationError):
            CaptchaSection.model_validate(given)
    else:
        assert CaptchaSection.model_validate(given).kinds == [kind]


@pytest.mark.parametrize(
    "captcha",
    [
        {"kinds": []},
        {"kinds": ["sum", "sum"]},
        {"digits": 1},
        {"digits": 5},
        {"tries": 0},
        {"languages": []},
        {"languages": ["../en"]},
        {"seconds": "9s"},
        {"hold_for": "20s", "key_wait": "10s"},
        {"share_of_channels": 1.1},
        {"places_per_number": 0},
        {"when_full": "drop"},
    ],
)
def test_a_captcha_that_could_not_be_asked_is_refused(captcha: object) -> None:
    with pytest.raises(ValidationError):
        CaptchaSection.model_validate(captcha)


@pytest.mark.parametrize("language", ["en", "es", "pt_BR", "en_US_f_Allison", "hmn", "zh-Hant-TW"])
def test_a_language_is_named_as_asterisk_names_it(language: str) -> None:
    assert CaptchaSection.model_validate({"languages": [language]}).languages == [language]
