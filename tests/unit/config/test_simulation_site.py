from pathlib import Path

import pytest

from screener.config.simulation_site import load_site
from screener.errors import ConfigError
from screener.sim.model import CenterSite, Lognormal, People

SMALLEST = """\
version: 1
operators: 3
channels: 10
opens: 22
hourly: [10, 5.5]
service: {median: 2m, sigma: 0.5}
trunks: {one: 1}
dids: ["+16515550100"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def refusal_of(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_site(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_a_site_takes_its_files_name_and_the_usual_people(tmp_path: Path) -> None:
    assert load_site(written(tmp_path, SMALLEST)) == CenterSite(
        name="mine",
        operators=3,
        channels=10,
        hourly=(10.0, 5.5),
        opens=22,
        service=Lognormal(120.0, 0.5),
        trunks={"one": 1.0},
        dids=("+16515550100",),
        people=People(),
        history_days=30,
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "[10, 5.5]",
            "[1, 2, 3]",
            "mine.yaml:5:9: hourly has 3 hours; allowed: at most 2 from opens on",
        ),
        ("[10, 5.5]", "[0, 0]", "mine.yaml:5:9: hourly has no call; allowed: at least one hour"),
        ("[10, 5.5]", "[-1]", "mine.yaml:5:10: hourly[0] is -1; allowed: a number, 0 to 500000"),
        ("operators: 3", "operators: 0", "mine.yaml:2:12: operators is 0; allowed: a whole number"),
        ("operators: 3\n", "", "mine.yaml:1:1: operators is missing; allowed: a whole number"),
        ("one: 1}", "one: 0.7}", "mine.yaml:7:9: trunks adds up to 0.7; allowed: shares that"),
        ('"+16515550100"', "16515550100", "mine.yaml:8:8: dids[0] is no text as it stands"),
        ('"+16515550100"', '"call us"', 'mine.yaml:8:8: dids[0] is "call us"; allowed: a number'),
        ("opens: 22", "open: 22", "mine.yaml:1:1: opens is missing"),
        ("sigma: 0.5", "sigm: 0.5", "mine.yaml:6:10: service.sigma is missing"),
        ("version: 1", "version: 2", "mine.yaml:1:10: version is 2; allowed: 1"),
    ],
)
def test_a_wrong_site_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert refusal_of(tmp_path, SMALLEST.replace(old, new)).startswith(told)


def test_every_problem_of_a_site_is_told_at_once(tmp_path: Path) -> None:
    told = refusal_of(tmp_path, SMALLEST.replace("3", "x").replace("22", "24"))
    assert [line.split(":")[1] for line in told.splitlines()] == ["2", "4"]


def test_a_problem_within_people_has_its_place(tmp_path: Path) -> None:
    told = refusal_of(tmp_path, SMALLEST + "people:\n  again:\n    busy: {share: 2}\n")
    assert "mine.yaml:11:19: people.again.busy.share is 2; allowed: a number, 0 to 1" in told
    assert "people.again.busy.median is missing; allowed: a duration" in told
