from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from screener.config.sections import Section
from screener.config.simulation_sections import (
    LEVELS,
    NOT_EMPTY,
    SHARE,
    SHARES,
    TRUNK,
    LognormalSection,
    RedialSection,
    each_key,
    levels,
    named_levels,
    of_lognormal,
    of_redial,
    read_document,
)
from screener.errors import ConfigError
from screener.sim.model import Lognormal, People, Redial


class Mixes(Section):
    vouched: Annotated[dict[str, Annotated[float, SHARE]], LEVELS, SHARES] = Field(
        default_factory=dict
    )
    ways: Annotated[dict[str, Annotated[float, SHARE]], NOT_EMPTY, each_key(TRUNK), SHARES] = Field(
        default_factory=dict
    )


def refusal_of(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_document(path, Mixes)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_a_duration_by_chance_is_read_with_its_units() -> None:
    section = LognormalSection.model_validate({"median": "2m", "sigma": 0.5})
    assert section.value() == Lognormal(120.0, 0.5)


def test_a_redial_is_read_with_its_share() -> None:
    section = RedialSection.model_validate({"share": 0.5, "median": "45s", "sigma": 0.8})
    assert section.redial() == Redial(0.5, Lognormal(45.0, 0.8))


@pytest.mark.parametrize("sigma", [-0.1, 3.1, "1", True])
def test_a_scatter_out_of_range_is_refused(sigma: object) -> None:
    with pytest.raises(ValidationError):
        LognormalSection.model_validate({"median": 10, "sigma": sigma})


def test_defaults_of_the_simulator_go_through_their_sections_unchanged() -> None:
    people = People()
    assert of_redial(people.after_busy).redial() == people.after_busy
    assert of_lognormal(Lognormal(3.0, 0.1)).value() == Lognormal(3.0, 0.1)


def test_no_signature_is_none_in_a_file_and_empty_on_the_wire() -> None:
    assert levels({"A": 0.25, "none": 0.75}) == {"A": 0.25, "": 0.75}
    assert named_levels(levels({"A": 0.25, "none": 0.75})) == {"A": 0.25, "none": 0.75}


def test_shares_may_be_rounded_and_an_optional_mix_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("vouched: {}\nways: {a: 0.3333, b: 0.3333, c: 0.3333}\n")
    assert read_document(path, Mixes)[0].ways["a"] == 0.3333


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "ways:\n  a: 0.5\n  b: 0.4\n",
            "f.yaml:2:3: ways adds up to 0.9; allowed: shares that add up to 1",
        ),
        ("ways: {}\n", "f.yaml:1:7: ways is empty; allowed: at least one share"),
        (
            "vouched: {a: 1}\n",
            "f.yaml:1:11: vouched.a is not known; allowed here: A, B, C, invalid, none",
        ),
        (
            "vouched: {A: 1.5}\n",
            "f.yaml:1:10: vouched adds up to 1.5; allowed: shares that add up to 1\nf.yaml:1:14: ",
        ),
        (
            'ways: {"a b": 1}\n',
            "f.yaml:1:8: ways.a b is no key here; allowed: a name of letters, digits, ., _ and -, ",
        ),
        ("ways: [a]\n", "f.yaml:1:7: ways is a sequence; allowed: a map"),
        ("way: {}\n", 'f.yaml:1:1: way is not known; did you mean "ways"? allowed here: '),
        ("ways: {a: 1}\nways: {b: 1}\n", "f.yaml:2:1: key "),
        ("", "f.yaml: the configuration is empty; allowed: a map with the keys vouched, ways"),
        ("ways: {a: no}\n", "f.yaml:1:11: write true or false"),
    ],
)
def test_a_wrong_mix_is_refused_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert refusal_of(tmp_path / "f.yaml", text).startswith(told)


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        read_document(tmp_path / "none.yaml", Mixes)
