"""The columns of a simulation."""

from pathlib import Path

import pytest

from screener.cli.simulate_contenders import (
    Contender,
    Kind,
    contenders_of,
    defence_of,
    read_kinds,
)
from screener.cli.simulate_parts import PARTS
from screener.config.load import load_config
from screener.errors import ConfigError, UsageError
from screener.service.played import EngineDefence


def a_file(path: Path, text: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("version: 1\n" + text)
    return path


def test_kinds_are_read_in_their_order_and_once_each() -> None:
    assert read_kinds("truth, none,truth") == (Kind.TRUTH, Kind.NONE)


@pytest.mark.parametrize("text", ["", "none,", "polcy"])
def test_an_unknown_kind_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"--defences .*is not known.* captcha-all"):
        read_kinds(text)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_be_built_and_each_play_has_its_own(kind: Kind) -> None:
    contender = Contender("x", kind)
    one, other = defence_of(contender), defence_of(contender)
    assert one is not other
    assert isinstance(one, EngineDefence) is (kind is Kind.POLICY)


def test_without_a_configuration_the_policy_is_the_default() -> None:
    (only,) = contenders_of([Kind.POLICY], [], [], ablation=False)
    assert only == Contender("policy", Kind.POLICY, load_config(None).settings)


def test_every_configuration_has_a_column_in_the_policys_place(tmp_path: Path) -> None:
    files = [
        a_file(tmp_path / "current.yaml"),
        a_file(tmp_path / "candidate.yaml", "policy: {thresholds: {calm: {challenge: 4}}}\n"),
    ]
    found = contenders_of([Kind.NONE, Kind.POLICY, Kind.TRUTH], files, [], ablation=False)
    assert [one.name for one in found] == ["none", "current", "candidate", "truth"]
    assert found[1].settings != found[2].settings


def test_configurations_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = [a_file(tmp_path / "a/x.yaml"), a_file(tmp_path / "b/x.yaml")]
    found = contenders_of([Kind.POLICY], files, [], ablation=False)
    assert [one.name for one in found] == [str(path) for path in files]
    (only,) = contenders_of([Kind.POLICY], [a_file(tmp_path / "none.yaml")], [], ablation=False)
    assert only.name == str(tmp_path / "none.yaml")


def test_an_ablation_has_a_column_for_each_part_and_none_twice() -> None:
    found = contenders_of([Kind.POLICY], [], ["withheld", "limits"], ablation=True)
    names = [one.name for one in found]
    assert names[:3] == ["policy", "without withheld", "without limits"]
    assert sorted(names[2:]) == sorted(f"without {part}" for part in PARTS)


def test_an_ablation_of_several_configurations_is_refused(tmp_path: Path) -> None:
    file = a_file(tmp_path / "a.yaml")
    for without, ablation in ((["limits"], False), ([], True)):
        with pytest.raises(UsageError, match="one configuration"):
            contenders_of([Kind.POLICY], [file, file], without, ablation=ablation)


def test_a_refused_configuration_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a\.yaml:2:1"):
        contenders_of(
            [Kind.POLICY], [a_file(tmp_path / "a.yaml", "nonsense: 1\n")], [], ablation=False
        )
