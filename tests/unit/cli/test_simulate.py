"""`screener simulate`, as an admin types it."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from screener.cli.simulate import DEFAULT_SCENARIOS, pictures, scenarios_of
from screener.cli.simulate_contenders import Contender, Kind
from screener.cli.simulate_play import Play, Played, Speed
from screener.config.simulation import scenario_names
from screener.errors import UsageError
from screener.sim.judging import Figures
from screener.sim.result import Bots
from tests.unit.cli.command import Done, run_here, screener
from tests.unit.cli.simulated import FLOOD, QUIET, SITE

OWN_SITE = """
version: 1
about: Four operators
operators: 4
channels: 14
opens: 8
hourly: [60, 60, 60, 60]
service: {median: 107s, sigma: 1}
trunks: {pri-1: 1}
dids: ["+16515392200"]
history_days: 2
"""

OWN_SCENARIO = """
version: 1
about: A flood of fresh numbers
site: %s
lasts: 20m
attacks:
  - name: fresh
    wave: {per_hour: 900, begins: 5m, lasts: 10m}
    numbers: fresh
"""


@pytest.fixture
def own(tmp_path: Path) -> list[str]:
    """Write a site and a scenario of one's own; return the options that name them."""
    site, scenario = tmp_path / "mine.yaml", tmp_path / "flood.yaml"
    site.write_text(OWN_SITE)
    scenario.write_text(OWN_SCENARIO % "./mine.yaml")
    return ["--scenario", str(scenario), "--jobs", "1"]


def simulated(capsys: pytest.CaptureFixture[str], *words: str) -> Done:
    return run_here(capsys, "simulate", *words)


def columns(done: Done) -> dict[str, dict[str, float]]:
    assert (done.status, done.err) == (0, "")
    (report,) = json.loads(done.out)["scenarios"]
    return {one["name"]: one["figures"] for one in report["columns"]}


def test_own_files_are_played_without_a_defence_with_the_policy_and_with_the_truth(
    own: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = simulated(capsys, *own)
    assert (done.status, done.err) == (0, "")
    assert "flood (own) at mine, seed 1: A flood of fresh numbers" in done.out
    assert [line.split() for line in done.out.splitlines()][3] == ["none", "policy", "truth"]


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(
    own: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def played(seed: str) -> dict[str, float]:
        words = (*own, "--seed", seed, "--defences", "policy", "-o", "json")
        figures = columns(simulated(capsys, *words))["policy"]
        return {name: one for name, one in figures.items() if not name.startswith("decision")}

    assert played("7") == played("7")
    assert played("7") != played("8")


def test_two_configurations_stand_side_by_side(
    own: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    current, candidate = tmp_path / "current.yaml", tmp_path / "candidate.yaml"
    current.write_text("version: 1\n")
    strict = "".join(f"    {level}: {{challenge: -9}}\n" for level in ("calm", "rising", "full"))
    candidate.write_text(f"version: 1\npolicy:\n  thresholds:\n{strict}")
    common = (*own, "--defences", "policy", "-o", "json")
    compared = columns(simulated(capsys, *common, "--compare", str(current), str(candidate)))
    assert list(compared) == ["current", "candidate"]
    assert compared["candidate"]["challenged"] > compared["current"]["challenged"]
    twice = columns(simulated(capsys, *common, "-c", str(current), "-c", str(candidate)))
    assert list(twice) == list(compared)
    assert twice["candidate"]["served"] == compared["candidate"]["served"]


def test_parts_can_be_left_out_one_by_one(
    own: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--defences", "policy", "--without", "limits", "--without", "withheld", "-o", "json")
    assert list(columns(simulated(capsys, *own, *words))) == [
        *("policy", "without limits", "without withheld")
    ]


def test_a_picture_is_written_for_the_policy(
    own: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "day.svg"
    done = simulated(capsys, *own, "--plot", str(file))
    assert (done.status, done.err) == (0, f"plot: {file}\n")
    picture = ET.fromstring(file.read_text())  # noqa: S314 - of our own making
    assert "flood: policy" in [one.text for one in picture.iter()]


def test_a_picture_that_cannot_be_written_is_told_in_a_line(
    own: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nowhere" / "day.svg"
    done = simulated(capsys, *own, "--defences", "none", "--plot", str(file))
    assert (done.status, done.err) == (1, f"screener: No such file or directory: {file}\n")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--scenario", "no-such"], 2, "scenario no-such is not known"),
        (["--site", "no-such"], 2, "site no-such is not known"),
        (["--split", "no-such"], 2, "split is not known"),
        (["--defences", "hope"], 2, "--defences hope is not known"),
        (["--without", "hope"], 2, "--without hope is not known"),
        (["--all", "--split", "named"], 2, "only one"),
        (["--config", "/no/such.yaml"], 3, "/no/such.yaml"),
        (["--scenario", "./no-such.yaml"], 3, "no-such.yaml"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_is(
    words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = simulated(capsys, *words)
    assert (done.status, done.out) == (status, "")
    assert said in done.err


def test_a_refused_scenario_is_told_with_file_and_line(
    own: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flood.yaml").write_text(OWN_SCENARIO % "./mine.yaml" + "nonsense: 1\n")
    done = simulated(capsys, *own)
    assert done.status == 3
    assert "flood.yaml:10:1" in done.err


def test_it_plays_on_several_cores_as_a_process_of_its_own(own: list[str]) -> None:
    done = screener("simulate", *own[:2], "--jobs", "2", "--defences", "none,truth", "-o", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(",")[3] for line in done.stdout.splitlines()] == ["column", "none", "truth"]


def test_the_default_scenarios_are_shipped_a_quiet_one_and_a_flood() -> None:
    quiet, flood = (scenario for _, scenario in scenarios_of([], None, None, everything=False))
    assert (quiet.name, flood.name) == DEFAULT_SCENARIOS
    assert quiet.attacks == ()
    assert flood.attacks != ()


def test_a_set_or_all_there_are_can_be_asked_for() -> None:
    names = [scenario.name for _, scenario in scenarios_of([], None, None, everything=True)]
    assert tuple(names) == scenario_names()
    named = [scenario.name for _, scenario in scenarios_of([], "named", None, everything=False)]
    assert set(named) < set(names)
    with pytest.raises(UsageError, match="only one"):
        scenarios_of(["one-number"], "named", None, everything=False)


def drawn(*contenders: Contender, wanted: str = "day.svg") -> list[str]:
    tasks = [
        Play(SITE, scenario, contender, 1, plot=True)
        for scenario in (QUIET, FLOOD)
        for contender in contenders
    ]
    figures = Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    played = Played(1, figures, Bots(), Speed(0, 0.0, 0.0), 0, svg="<svg/>")
    return [str(path) for path, _ in pictures(Path(wanted), tasks, [played] * len(tasks))]


def test_several_pictures_are_named_after_what_they_show() -> None:
    none, policy = Contender("none", Kind.NONE), Contender("policy", Kind.POLICY)
    assert drawn(none, policy) == ["day-calm.svg", "day-flood.svg"]
    assert drawn(none) == ["day-calm.svg", "day-flood.svg"]
    odd = Contender("../a b", Kind.POLICY)
    assert drawn(policy, odd, wanted="out/day")[1] == "out/day-calm-..-a-b.svg"
