import pytest
from pydantic import ValidationError

from screener.config.simulation_attack import CADENCES, SHAPES, AttackSection, WaveSection
from screener.sim.model import Attack, Lognormal, Numbers, Redial, Solving, Wave


def test_what_is_left_out_is_the_simulators_own_default() -> None:
    section = AttackSection.model_validate({"name": "a", "wave": {"per_hour": 10}})
    assert section.attack() == Attack("a", Wave(per_hour=10.0))


def test_each_key_reaches_the_attack() -> None:
    given = {
        "name": "a",
        "wave": {
            "per_hour": 5,
            "begins": "1m",
            "lasts": "2m",
            "shape": "pulses",
            "burst": "3s",
            "pause": "4s",
            "cadence": "regular",
        },
        "numbers": "customers",
        "pool": 7,
        "attestation": {"none": 1},
        "trunks": {"first": 0.5, "last": 0.5},
        "dids": {"first": 1},
        "solving": "solve",
        "solves": 0.5,
        "redial_busy": {"share": 0.1, "median": "1s", "sigma": 0.1},
        "redial_refused": {"share": 0.2, "median": "2s", "sigma": 0.2},
        "redials": 9,
        "holds": {"median": "3s", "sigma": 0.3},
        "waits": {"median": "4s", "sigma": 0.4},
    }
    assert AttackSection.model_validate(given).attack() == Attack(
        name="a",
        wave=Wave(5.0, 60.0, 120.0, "pulses", on=3.0, off=4.0, cadence="regular"),
        numbers=Numbers.CUSTOMERS,
        pool=7,
        attestation={"": 1.0},
        trunks={"first": 0.5, "last": 0.5},
        dids={"first": 1.0},
        solving=Solving.SOLVE,
        solves=0.5,
        redial_busy=Redial(0.1, Lognormal(1.0, 0.1)),
        redial_refused=Redial(0.2, Lognormal(2.0, 0.2)),
        redials=9,
        holds=Lognormal(3.0, 0.3),
        waits=Lognormal(4.0, 0.4),
    )


def test_a_first_hour_has_a_rate_for_later() -> None:
    section = WaveSection.model_validate(
        {"per_hour": 100, "shape": "first-hour", "later_per_hour": 10}
    )
    assert section.wave().later_per_hour == 10.0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cadence", CADENCES)
def test_every_shape_and_cadence_is_read(shape: str, cadence: str) -> None:
    wave = WaveSection.model_validate({"per_hour": 1, "shape": shape, "cadence": cadence}).wave()
    assert (wave.shape, wave.cadence) == (shape, cadence)


@pytest.mark.parametrize(
    "wrong",
    [
        {"burst": "1m"},
        {"pause": "1m"},
        {"later_per_hour": 5},
        {"shape": "square"},
        {"per_hour": -1},
        {"lasts": 0},
    ],
)
def test_a_wave_that_says_what_it_does_not_do_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WaveSection.model_validate({"per_hour": 10, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"numbers": "pool"},
        {"numbers": "customers"},
        {"numbers": "neighbours"},
        {"numbers": "fresh", "pool": 5},
        {"numbers": "random"},
        {"solving": "solve"},
        {"solving": "random", "solves": 0.5},
        {"solves": 0.5},
        {"trunks": {"first": 0.5}},
        {"attestation": {"D": 1}},
        {"name": "No Name"},
        {"wave": None},
        {"redial_busy": {"share": 0.5}},
    ],
)
def test_an_attack_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AttackSection.model_validate({"name": "a", "wave": {"per_hour": 10}, **wrong})
