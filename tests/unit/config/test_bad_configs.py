from pathlib import Path

import pytest

from screener.config.load import parse_config
from screener.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "bad_configs"
CASES = sorted(FOLDER.glob("*.yaml"))


def refusal_of(case: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(case.read_text("utf-8"), case.name, FOLDER)
    return str(caught.value).replace(f"{FOLDER}/", "") + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_wrong_configuration_is_refused_for_its_reason(case: Path) -> None:
    assert refusal_of(case) == case.with_suffix(".error").read_text("utf-8")


def test_every_expected_message_has_its_configuration() -> None:
    assert {path.stem for path in FOLDER.glob("*.error")} == {case.stem for case in CASES}


WHAT_IS_RIGHT = (
    "allowed",
    "again",
    "cannot be read",
    "comes first",
    "deeper than",
    "must have",
    "not valid YAML",
    "one file holds one",
    "quotes",
    "is not +",
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_message_names_its_place_and_what_is_right(case: Path) -> None:
    for line in refusal_of(case).splitlines():
        assert line.startswith((f"{case.name}:", "lists/nonsense.csv:4:3:")), line
        assert any(words in line for words in WHAT_IS_RIGHT), line


def test_no_message_repeats_what_stands_in_a_list() -> None:
    told = "".join(refusal_of(case) for case in CASES)
    for entry in ("call me", "not a number", "6515550142", "_19["):
        assert entry not in told
