import pytest
from pydantic import ValidationError

from screener.config.simulation_people import CaptchaSkills, PeopleSection
from screener.sim.model import Lognormal, People, Redial


def test_an_empty_section_is_the_simulators_own_people() -> None:
    assert PeopleSection().people() == People()


def test_each_key_reaches_the_people() -> None:
    given = {
        "known": 0.5,
        "calls_a_month": 2,
        "withheld": 0.1,
        "switchboard": 0.2,
        "switchboards": 5,
        "relay": 0.02,
        "foreign": 0.03,
        "attestation": {"none": 0.5, "B": 0.5},
        "area_codes": ["212"],
        "patience": [{"after": "2m", "waiting": 0.5}],
        "again": {
            "busy": {"share": 0.1, "median": "1s", "sigma": 0.1},
            "refusal": {"share": 0.2, "median": "2s", "sigma": 0.2},
            "abandoning": {"share": 0.3, "median": "3s", "sigma": 0.3},
            "service": {"share": 0.4, "median": "4s", "sigma": 0.4},
            "most": 3,
        },
        "captcha": {"first": 0.5, "second": 0.6, "hang_up": 0.1, "no_keys": 0.2, "seconds": 9},
    }
    assert PeopleSection.model_validate(given).people() == People(
        known_share=0.5,
        calls_a_month=2.0,
        patience=((0.0, 1.0), (120.0, 0.5)),
        after_busy=Redial(0.1, Lognormal(1.0, 0.1)),
        after_refusal=Redial(0.2, Lognormal(2.0, 0.2)),
        after_abandoning=Redial(0.3, Lognormal(3.0, 0.3)),
        after_service=Redial(0.4, Lognormal(4.0, 0.4)),
        captcha_first=0.5,
        captcha_second=0.6,
        captcha_hangup=0.1,
        no_keys=0.2,
        captcha_try=9.0,
        withheld=0.1,
        switchboard=0.2,
        relay=0.02,
        foreign=0.03,
        attestation={"": 0.5, "B": 0.5},
        area_codes=("212",),
        switchboards=5,
        quits_after=3,
    )


@pytest.mark.parametrize(
    "people",
    [
        {"withheld": 0.5, "switchboard": 0.5, "relay": 0.1},
        {"patience": []},
        {"patience": [{"after": 60, "waiting": 0.5}, {"after": 60, "waiting": 0.4}]},
        {"patience": [{"after": 60, "waiting": 0.5}, {"after": 90, "waiting": 0.6}]},
        {"patience": [{"after": 60, "waiting": 0}]},
        {"attestation": {}},
        {"area_codes": ["112"]},
        {"area_codes": ["999"]},
        {"area_codes": [612]},
        {"again": {"busy": {"share": 0.5}}},
        {"again": {"busy": {"share": 1.2, "median": 1, "sigma": 1}}},
    ],
)
def test_people_that_cannot_be_are_refused(people: object) -> None:
    with pytest.raises(ValidationError):
        PeopleSection.model_validate(people)


@pytest.mark.parametrize(
    "skills", [{"first": 0.9, "second": 0.8}, {"hang_up": 0.6, "no_keys": 0.5}, {"first": 1.1}]
)
def test_skills_that_contradict_each_other_are_refused(skills: object) -> None:
    with pytest.raises(ValidationError):
        CaptchaSkills.model_validate(skills)
