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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_message_names_its_place_and_what_is_right(case: Path) -> None:
    for line in refusal_of(case).splitlines():
        assert line.startswith((f"{case.name}:", "lists/")), line
        told = ("allowed", "quotes", "again", "write ", "holds one", "valid YAML", "deeper", "is refused")
        assert any(word in line for word in told), line
