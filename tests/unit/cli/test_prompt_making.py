"""What each word is made of, before anything is written."""

from pathlib import Path

import pytest

from screener.adapters.stock_sounds import stock_name
from screener.cli.prompt_making import Source, Wishes, makers, source_of
from screener.core.question import WORDS
from screener.errors import MissingPartError, UsageError


def stock(folder: Path) -> Path:
    for word in WORDS:
        if name := stock_name(word):
            path = folder / f"{name}.gsm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
    return folder


def wishes(**given: object) -> Wishes:
    return Wishes(language="en", **given)  # type: ignore[arg-type]  # any of its fields


def test_installed_sounds_are_taken_where_there_are_enough(tmp_path: Path) -> None:
    assert source_of(stock(tmp_path / "en"), wishes()) is Source.INSTALLED
    assert source_of(tmp_path / "eo", wishes()) is Source.ESPEAK
    assert source_of(tmp_path / "eo", wishes(sound=("press=a",))) is Source.INSTALLED


@pytest.mark.parametrize(
    "given", [{"voice": "en"}, {"speed": 140}, {"pitch": 0}, {"program": "x"}, {"texts": Path("x")}]
)
def test_who_asks_for_a_voice_wants_it_to_speak(tmp_path: Path, given: dict[str, object]) -> None:
    assert source_of(stock(tmp_path), wishes(**given)) is Source.ESPEAK
    with pytest.raises(UsageError, match="--sound takes installed sounds"):
        source_of(tmp_path, wishes(sound=("press=a",), **given))
    with pytest.raises(UsageError, match="installed sounds have no voice"):
        source_of(tmp_path, wishes(**given), Source.INSTALLED)


def test_what_was_asked_for_is_taken(tmp_path: Path) -> None:
    assert source_of(stock(tmp_path), wishes(), Source.ESPEAK) is Source.ESPEAK
    assert source_of(tmp_path / "eo", wishes(), Source.INSTALLED) is Source.INSTALLED
    assert source_of(tmp_path, wishes(speed=100), Source.ESPEAK) is Source.ESPEAK
    with pytest.raises(UsageError, match="--sound takes installed sounds"):
        source_of(tmp_path, wishes(sound=("press=a",)), Source.ESPEAK)


def test_each_word_is_copied_from_its_stock_sound(tmp_path: Path) -> None:
    made = makers(stock(tmp_path), Source.INSTALLED, wishes())
    assert set(made) == set(WORDS) - {"or", "larger-of"}
    assert made["press"]() == {"gsm": b"vm-press"}
    assert made["4"]() == {"gsm": b"digits/4"}


def test_a_word_may_be_joined_of_other_sounds(tmp_path: Path) -> None:
    stock(tmp_path)
    for name in ("the", "larger"):
        (tmp_path / f"{name}.gsm").write_bytes(name.encode())
    wanted = wishes(sound=("larger-of=vm-press+the+larger", "press=the"))
    made = makers(tmp_path, Source.INSTALLED, wanted)
    assert made["larger-of"]() == {"gsm": b"vm-pressthelarger"}
    assert made["press"]() == {"gsm": b"the"}
    assert "or" not in made


@pytest.mark.parametrize(
    "wish", ["", "press", "press=", "pres=a", "press=../a", "press=/a", "press=a+", "press=a b"]
)
def test_a_sound_that_cannot_be_meant_is_refused(tmp_path: Path, wish: str) -> None:
    with pytest.raises(UsageError, match="--sound"):
        makers(stock(tmp_path), Source.INSTALLED, wishes(sound=(wish,)))


def test_a_sound_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match=r"none as gsm"):
        makers(stock(tmp_path), Source.INSTALLED, wishes(sound=("or=none",)))


def test_a_language_without_enough_sounds_says_what_to_install(tmp_path: Path) -> None:
    (stock(tmp_path) / "vm-press.gsm").unlink()
    (tmp_path / "digits/7.gsm").unlink()
    with pytest.raises(
        MissingPartError, match=r"lacks digits/7, vm-press: install .*sounds-en-gsm"
    ):
        makers(tmp_path, Source.INSTALLED, wishes())


def test_a_language_without_texts_or_program_is_told_before_anything_else(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="no texts for eo"):
        makers(tmp_path, Source.ESPEAK, Wishes(language="eo", program="/nowhere"))
    with pytest.raises(MissingPartError, match="no /nowhere"):
        makers(tmp_path, Source.ESPEAK, wishes(program="/nowhere"))
