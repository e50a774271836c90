"""What Asterisk's folder of sounds can say, on folders of made-up files."""

from pathlib import Path

import pytest

from screener.adapters.stock_sounds import (
    files_of,
    joined,
    kinds_said,
    languages,
    sound_folder,
    stock_name,
    words_lacking,
    words_said,
)
from screener.core.captcha_flow import sounds_of
from screener.core.question import WORDS, QuestionKind, Word, words_of
from screener.core.settings import Prompts
from screener.errors import MissingPartError


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def stock(folder: Path, *less: str) -> Path:
    names = [stock_name(word) for word in WORDS if word not in less]
    put(folder, *(f"{name}.gsm" for name in names if name))
    return folder


@pytest.mark.parametrize("kind", QuestionKind)
def test_a_kind_is_said_where_each_of_its_words_is_with_again_among_them(
    kind: QuestionKind,
) -> None:
    needed = {word for word in WORDS if kind not in kinds_said(set(WORDS) - {word})}
    assert needed == {*words_of([kind], 1), Word.AGAIN}


def test_stock_names_are_the_captchas_own() -> None:
    assert stock_name("press") == "vm-press"
    assert stock_name("7") == sounds_of(("7",), Prompts.STOCK)[0]
    assert stock_name("larger-of") is None


def test_a_whole_stock_folder_says_all_but_the_larger(tmp_path: Path) -> None:
    said = words_said(stock(tmp_path), Prompts.STOCK)
    assert kinds_said(said) == (QuestionKind.REPEAT, QuestionKind.SUM)
    assert words_lacking(QuestionKind.LARGER, said) == ("larger-of", "or")
    assert words_said(tmp_path, Prompts.SCREENER) == frozenset()


def test_without_plus_there_are_no_sums_and_without_a_digit_nothing(tmp_path: Path) -> None:
    assert kinds_said(words_said(stock(tmp_path / "a", "plus"), Prompts.STOCK)) == ("repeat",)
    assert kinds_said(words_said(stock(tmp_path / "b", "7"), Prompts.STOCK)) == ()


def test_a_set_that_was_made_says_what_has_a_file_of_any_format(tmp_path: Path) -> None:
    put(tmp_path, *(f"screener/{word}.{'wav' if word < 'm' else 'g722'}" for word in WORDS))
    put(tmp_path, "screener/none.wav", "screener/press.txt")
    assert words_said(tmp_path, Prompts.SCREENER) == set(WORDS)


def test_languages_are_the_folders_with_digits_or_a_set(tmp_path: Path) -> None:
    put(tmp_path, "en/digits/1.gsm", "de/screener/1.wav", "custom/hello.gsm", "beep.gsm")
    (tmp_path / "en_US").symlink_to("en")
    assert languages(tmp_path) == ["de", "en", "en_US"]


def test_the_sounds_are_where_was_said_or_in_the_first_usual_place(tmp_path: Path) -> None:
    usual = (tmp_path / "none", tmp_path / "one", tmp_path / "two")
    for folder in usual[1:]:
        folder.mkdir()
    assert sound_folder(None, usual) == tmp_path / "one"
    assert sound_folder(tmp_path / "two", usual) == tmp_path / "two"
    with pytest.raises(MissingPartError, match=r"none or .*gone: say with --sounds"):
        sound_folder(None, (tmp_path / "none", tmp_path / "gone"))
    with pytest.raises(MissingPartError, match=r"no folder .*/nowhere"):
        sound_folder(tmp_path / "nowhere", usual)


def test_a_sound_is_taken_in_every_format_that_is_there(tmp_path: Path) -> None:
    put(tmp_path, "vm-press.gsm", "vm-press.wav", "vm-press.mp3")
    assert set(files_of(tmp_path, "vm-press")) == {"gsm", "wav"}
    assert joined(tmp_path, ["vm-press"]) == {"gsm": b"vm-press.gsm", "wav": b"vm-press.wav"}


def test_sounds_are_joined_in_the_headerless_formats_that_all_have(tmp_path: Path) -> None:
    put(tmp_path, "a.gsm", "a.ulaw", "a.wav", "b/c.ulaw", "b/c.wav", "b/c.alaw")
    assert joined(tmp_path, ["a", "b/c", "a"]) == {"ulaw": b"a.ulawb/c.ulawa.ulaw"}


@pytest.mark.parametrize("names", [["none"], ["a", "none"], ["w", "w"]])
def test_sounds_that_are_not_there_are_named(tmp_path: Path, names: list[str]) -> None:
    put(tmp_path, "a.gsm", "w.wav")
    with pytest.raises(MissingPartError, match=f"{names[-1]} as "):
        joined(tmp_path, names)
