from itertools import chain
from pathlib import Path

import pytest
import yaml

import screener
from screener.config.simulation import load_folder, load_play, scenario_names, site_names
from screener.config.simulation_attack import AttackSection, WaveSection
from screener.config.simulation_people import AgainSection, CaptchaSkills, PeopleSection
from screener.config.simulation_scenario import SPLITS, ScenarioDocument
from screener.config.simulation_site import SiteDocument
from screener.errors import ConfigError, MissingPartError, UsageError
from screener.sim.model import Lognormal, Numbers, People, Solving

SHIPPED = Path(__file__).parents[3] / "config/simulation"
PAGE = Path(__file__).parents[3] / "docs/simulator.md"

SITE = """\
version: 1
operators: 3
channels: 10
opens: 8
hourly: [10, 10, 10, 10]
service: {median: 2m, sigma: 0.5}
trunks: {one: 1}
dids: ["+16515550100"]
"""
SCENARIO = "version: 1\nabout: Mine\nsite: ./mine.yaml\n"


def mean(duration: Lognormal) -> float:
    return float(duration.median * 2.718281828459045 ** (duration.sigma**2 / 2))


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_can_be_played_at_its_site_and_tells_what_it_tries(
    name: str,
) -> None:
    site, scenario = load_play(name)
    assert (scenario.name, scenario.site) == (name, site.name)
    assert 10 <= len(scenario.about) <= 100
    assert scenario.split in SPLITS[:-1]
    for attack in scenario.attacks:
        assert set(attack.trunks) <= set(site.trunks)
        assert set(attack.dids) <= set(site.dids)


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_stands_in_the_folder_of_its_split_and_on_the_page(
    name: str,
) -> None:
    _, scenario = load_play(name)
    assert (SHIPPED / "scenarios" / scenario.split / f"{name}.yaml").is_file()
    assert f"| `{name}` |" in PAGE.read_text()


def test_the_sets_are_as_large_as_promised_and_quiet_is_the_one_without_attacks() -> None:
    assert len(scenario_names("named")) == 12
    assert len(scenario_names("open")) >= 12
    assert len(scenario_names("held-out")) >= 14
    for name in scenario_names():
        _, scenario = load_play(name)
        assert (scenario.split == "quiet") == (not scenario.attacks)


@pytest.mark.parametrize("split", ["open", "held-out"])
def test_the_sets_of_our_own_try_every_site(split: str) -> None:
    assert {load_play(name)[1].site for name in scenario_names(split)} == set(site_names())


def test_every_kind_of_number_and_of_bot_is_tried_somewhere() -> None:
    attacks = list(chain.from_iterable(load_play(name)[1].attacks for name in scenario_names()))
    assert {attack.numbers for attack in attacks} == set(Numbers)
    assert {attack.solving for attack in attacks} == set(Solving)


@pytest.mark.parametrize(("site", "peak"), [("bank", 0.86), ("mnsure", 1.0), ("clinic", 0.85)])
def test_a_sites_busiest_hour_loads_its_operators_as_the_page_says(site: str, peak: float) -> None:
    center, _ = load_play("bank-morning" if site == "bank" else f"{site}-day")
    load = max(center.hourly) / 3600 * mean(center.service) / center.operators
    assert load == pytest.approx(peak, abs=0.01)


@pytest.mark.parametrize("name", site_names())
def test_a_shipped_site_writes_every_key_with_a_comment(name: str) -> None:
    text = (SHIPPED / "sites" / f"{name}.yaml").read_text()
    data = yaml.safe_load(text)
    assert set(data) == set(SiteDocument.model_fields)
    assert set(data["people"]) == set(PeopleSection.model_fields)
    assert set(data["people"]["again"]) == set(AgainSection.model_fields)
    assert set(data["people"]["captcha"]) == set(CaptchaSkills.model_fields)


@pytest.mark.parametrize("section", [SiteDocument, PeopleSection, AgainSection, CaptchaSkills])
def test_the_page_explains_every_key_of_a_site(section: type) -> None:
    assert {key for key in section.model_fields if f"`{key}`" not in PAGE.read_text()} == set()  # type: ignore[attr-defined] # they are sections


@pytest.mark.parametrize("section", [ScenarioDocument, AttackSection, WaveSection])
def test_the_page_explains_every_key_of_a_scenario(section: type) -> None:
    assert {key for key in section.model_fields if f"`{key}`" not in PAGE.read_text()} == set()  # type: ignore[attr-defined] # they are sections


def test_the_bank_writes_out_the_simulators_own_people() -> None:
    site, _ = load_play("bank-day")
    assert site.people == People()


def test_names_come_split_by_split_each_once() -> None:
    names = scenario_names()
    assert len(set(names)) == len(names)
    assert names[: len(scenario_names("quiet"))] == scenario_names("quiet")
    assert sorted(names) == sorted(chain.from_iterable(map(scenario_names, SPLITS)))


def test_a_shipped_scenario_can_be_played_at_another_site() -> None:
    site, scenario = load_play("one-number", "clinic")
    assert site.name == scenario.site == "clinic"
    assert scenario.attacks[0].trunks == {"sip-b": 1.0}


def test_own_files_are_found_by_path_and_a_scenarios_site_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(SITE)
    (tmp_path / "play.yaml").write_text(SCENARIO)
    site, scenario = load_play(str(tmp_path / "play.yaml"))
    assert (site.name, scenario.name, scenario.split) == ("mine", "play", "own")
    assert load_play("one-number", str(tmp_path / "mine.yaml"))[0] == site


def test_a_folder_is_played_whole(tmp_path: Path) -> None:
    site = tmp_path / "sites"
    site.mkdir()
    (site / "mine.yaml").write_text(SITE)
    plays = tmp_path / "plays"
    plays.mkdir()
    for name in ("b.yaml", "a.yml", "notes.txt"):
        (plays / name).write_text(SCENARIO.replace("./", "../sites/"))
    assert [scenario.name for _, scenario in load_folder(plays)] == ["a", "b"]


def test_a_folder_without_scenarios_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no scenario"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("scenario", "site", "told"),
    [
        ("one-numbr", None, 'scenario one-numbr is not known; did you mean "one-number"?'),
        ("one-number", "bnk", 'site bnk is not known; did you mean "bank"? allowed here: bank'),
        ("\x1b[2J", None, "scenario ?[2J is not known; allowed here: "),
    ],
)
def test_a_name_nobody_knows_is_refused_with_those_there_are(
    scenario: str, site: str | None, told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load_play(scenario, site)
    assert str(caught.value).startswith(told)


def test_a_split_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match='did you mean "held-out"'):
        scenario_names("heldout")


def test_a_path_without_a_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_play(str(tmp_path / "none.yaml"))


def test_an_installed_packages_files_are_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener, "__file__", str(tmp_path / "screener/__init__.py"))
    with pytest.raises(MissingPartError, match="install again"):
        site_names()

    inside = tmp_path / "screener/_share/config/simulation"
    for folder in ("sites", "scenarios/named"):
        (inside / folder).mkdir(parents=True)
    (inside / "sites/mine.yaml").write_text(SITE)
    (inside / "scenarios/named/play.yaml").write_text(SCENARIO.replace("./mine.yaml", "mine"))

    assert (site_names(), scenario_names()) == (("mine",), ("play",))
    assert load_play("play")[0].operators == 3
