from pathlib import Path

import pytest

from screener.config.simulation_scenario import load_scenario
from screener.errors import ConfigError
from screener.sim.model import Attack, CenterSite, Numbers, Scenario, Wave

SITE = CenterSite(
    name="mine",
    operators=3,
    channels=10,
    hourly=(10.0,) * 10,
    opens=8,
    trunks={"a": 0.5, "b": 0.5},
    dids=("+16515550100", "+16515550101", "+16515550102"),
)

SMALLEST = "version: 1\nabout: Nothing\nsite: bank\n"

ATTACKED = """\
version: 1
about: A pool
site: bank
split: open
starts: 9.5
lasts: 2h
judged: {begins: 10m, ends: 1h}
rushes:
  - {begins: 0s, lasts: 1h, factor: 2.5}
attacks:
  - name: pool
    wave: {per_hour: 60, begins: 30m, lasts: 1h}
    numbers: pool
    pool: 5
    trunks: {first: 0.25, third: 0.25, last: 0.25, a: 0.25}
    dids: {second: 0.5, "+16515550100": 0.5}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "play.yaml"
    path.write_text(text)
    return path


def refusal_of(folder: Path, text: str, site: CenterSite | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_scenario(written(folder, text), site)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_smallest_scenario_is_three_quiet_hours_of_ones_own(tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, SMALLEST)) == Scenario(
        name="play", site="bank", about="Nothing", split="own"
    )


def test_each_key_reaches_the_scenario(tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, ATTACKED)) == Scenario(
        name="play",
        site="bank",
        about="A pool",
        attacks=(
            Attack(
                "pool",
                Wave(60.0, 1800.0, 3600.0),
                Numbers.POOL,
                pool=5,
                trunks={"first": 0.25, "third": 0.25, "last": 0.25, "a": 0.25},
                dids={"second": 0.5, "+16515550100": 0.5},
            ),
        ),
        rushes=((0.0, 3600.0, 2.5),),
        starts=9.5,
        lasts=7200.0,
        judged=(600.0, 3600.0),
        split="open",
    )


def test_places_become_the_sites_own_names_and_fewer_fall_together(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, ATTACKED), SITE)
    assert scenario.site == "mine"
    assert scenario.attacks[0].trunks == {"a": 0.5, "b": 0.5}
    assert scenario.attacks[0].dids == {"+16515550101": 0.5, "+16515550100": 0.5}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "a: 0.25}",
            "aa: 0.25}",
            'play.yaml:15:52: trunks of mine: aa is not known; did you mean "a"? allowed here: ',
        ),
        (
            '"+16515550100"',
            '"+16515550109"',
            "play.yaml:16:25: dids of mine: +16515550109 is not known",
        ),
        (
            "starts: 9.5",
            "starts: 7",
            "play.yaml:5:1: starts is 7; allowed: while mine is open, 8 to 18",
        ),
        ("starts: 9.5", "starts: 18", "play.yaml:5:1: starts is 18; allowed: while mine is open"),
        (
            "starts: 9.5",
            "starts: 17",
            "play.yaml:6:8: lasts to 19; allowed: until mine closes at 18",
        ),
    ],
)
def test_what_a_site_does_not_have_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    text = ATTACKED.replace(old, new)
    assert load_scenario(written(tmp_path, text)).site == "bank"
    assert refusal_of(tmp_path, text, SITE).startswith(told)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "begins: 30m, lasts: 1h",
            "begins: 90m, lasts: 1h",
            "play.yaml:12:11: attacks[0].wave ends at 9000s; allowed: by the scenario's end",
        ),
        (
            "begins: 0s, lasts: 1h",
            "begins: 0s, lasts: 3h",
            "play.yaml:9:5: rushes[0] ends at 10800s; allowed: by the scenario's end",
        ),
        ("ends: 1h", "ends: 3h", "play.yaml:7:29: judged.ends ends at 10800s; allowed: by"),
        ("ends: 1h", "ends: 5m", "play.yaml:7:29: judged.ends is 300s; allowed: more than begins"),
        ("ends: 1h", "end: 1h", "play.yaml:7:9: judged.ends is missing; allowed: a duration"),
        ("split: open", "split: tuned", 'play.yaml:4:8: split is "tuned"; allowed: one of quiet'),
        ("    pool: 5\n", "", "play.yaml:11:5: attacks[0] has no pool; allowed: a pool with"),
        ("about: A pool\n", "", "play.yaml:1:1: about is missing; allowed: a text"),
        (
            "    pool: 5",
            "    pool: 5\n    redial_busy: {share: 1}",
            "play.yaml:15:18: attacks[0].redial_busy.median is missing; allowed: a duration",
        ),
        (
            "    pool: 5",
            "    pool: 5\n    redial_busy: {shar: 1}",
            "play.yaml:15:18: attacks[0].redial_busy.median is missing",
        ),
    ],
)
def test_a_wrong_scenario_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert refusal_of(tmp_path, ATTACKED.replace(old, new)).startswith(told)


def test_two_attacks_have_two_names(tmp_path: Path) -> None:
    attack = "  - {name: pool, wave: {per_hour: 1}}\n"
    told = refusal_of(tmp_path, SMALLEST + "attacks:\n" + attack + attack)
    assert told.startswith('play.yaml:6:12: attacks[1].name is "pool" again; each name stands once')
