"""The texts of prompts: those built in, and a file of an admin's."""

from pathlib import Path

import pytest

from screener.config.prompt_texts import LONGEST, TEXTS, texts_for
from screener.core.question import Word
from screener.errors import ConfigError, MissingPartError

WORDS = [*"0123456789", *Word]
WHOLE = "".join(f'"{word}": text {word}\n' for word in WORDS)


def read(folder: Path, content: str, language: str = "eo") -> dict[str, str]:
    path = folder / "texts.yaml"
    path.write_text(content)
    return texts_for(language, path)


def refused(folder: Path, content: str, language: str = "eo") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, content, language)
    return [f"{Path(place.file).name}:{place.line} {text}" for place, text in caught.value.problems]


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_that_is_built_in_has_every_word(language: str) -> None:
    texts = TEXTS[language]
    assert list(texts) == WORDS
    assert all(text.isprintable() and 1 <= len(text) <= LONGEST for text in texts.values())
    digits = [texts[digit] for digit in "0123456789"]
    assert len(set(digits)) == 10
    assert len({texts[word] for word in Word}) == len(Word)


def test_a_region_speaks_its_language() -> None:
    assert texts_for("pt_BR") == texts_for("pt") == TEXTS["pt"]
    assert texts_for("EN-gb") == TEXTS["en"]


def test_a_language_that_is_not_built_in_needs_a_file() -> None:
    with pytest.raises(MissingPartError, match=r"no texts for eo .* only de, en, .* --texts"):
        texts_for("eo")


def test_a_file_gives_the_texts_of_any_language(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == {word: f"text {word}" for word in WORDS}


def test_a_file_may_change_some_words_of_a_language_that_is_built_in(tmp_path: Path) -> None:
    assert read(tmp_path, "press: please press\n", "en") == {**TEXTS["en"], "press": "please press"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "texts.yaml is empty; allowed: a map"),
        ("- press\n", "texts.yaml:1 is a sequence; allowed: a map"),
        ("pres: x\n", 'texts.yaml:1 pres is not known; did you mean "press"? allowed here: 0, 1'),
        ("press: x\npress: y\n", 'texts.yaml:2 key "press" stands here again'),
        ("1: one\n", "texts.yaml:1 a key must be a text"),
        ("press: 4\n", "texts.yaml:1 press is 4; allowed: a text of 1 to 80"),
        ("press: ''\n", 'texts.yaml:1 press is ""; allowed'),
        ("press: '...'\n", 'texts.yaml:1 press is "..."; allowed'),
        ("press: [a]\n", "texts.yaml:1 press is a sequence"),
        (f"press: {'a' * 81}\n", "texts.yaml:1 press is"),
        ('press: "a\\nb"\n', 'texts.yaml:1 press is "a?b"; allowed'),
        ("press: !!python/name:os.system x\n", "texts.yaml:1 tags (!name) are not allowed"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, content: str, told: str) -> None:
    problems = refused(tmp_path, content)
    assert any(problem.replace(":0 ", " ").startswith(told) for problem in problems), problems


def test_a_file_that_is_not_there_is_refused_at_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        texts_for("en", tmp_path / "none.yaml")


@pytest.mark.parametrize("lacking", ["7", "press", "or"])
def test_a_word_that_nobody_wrote_is_named(tmp_path: Path, lacking: str) -> None:
    content = WHOLE.replace(f'"{lacking}": text {lacking}\n', "")
    assert refused(tmp_path, content) == [f"texts.yaml:1 lacks {lacking}"]
