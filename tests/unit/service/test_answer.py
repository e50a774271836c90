import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.number import NumberPlan
from screener.core.pressure import Pressure
from screener.core.score import Score
from screener.core.settings import Action, CaptchaSettings, Level, Mode, Settings
from screener.protocol.agi_command import COMMAND_LIMIT, set_variables
from screener.service.answer import Route, open_answer, variables_of
from tests.builders import NOW, a_decision, an_engine

PLAN = NumberPlan("US")
ENGINE = an_engine()
SETTINGS = Settings(mode=Mode.ENFORCE)
CLEAN = re.compile(r"[A-Za-z0-9_.:-]*")
OF_CAPTCHA = {
    "SCREENER_CAPTCHA",
    "SCREENER_LIMIT",
    "SCREENER_PASS_PRIO",
    "SCREENER_SILENT",
    "SCREENER_LANE",
    "SCREENER_APP",
}


def challenged(total: float = 1.0, pressure: Pressure | None = None) -> Decision:
    """Return a decision to challenge a call of that score."""
    plain = a_decision()
    verdict = plain.verdict._replace(
        action=Action.CHALLENGE,
        would=Action.CHALLENGE,
        score=Score(total, total, ()),
        priority=min(max(round(5 - total), 1), 10),
        pressure=pressure or plain.verdict.pressure,
    )
    return plain._replace(verdict=verdict, captcha="47")


def test_an_admit_tells_its_place_in_line_and_no_treatment() -> None:
    told = variables_of(a_decision(), SETTINGS)
    assert told["SCREENER_VERDICT"] == "admit"
    assert told["SCREENER_PRIO"] == "4"
    assert "SCREENER_TREATMENT" not in told


def test_a_refusal_tells_its_sip_code() -> None:
    engine = an_engine()
    for _ in range(60):
        call, load = read_call(
            Facts(number="+16515559999"),
            PLAN,
            call_id="c",
            now=NOW,
        )
        decision = engine.decide(call, load)
    told = variables_of(decision, SETTINGS)
    assert decision.verdict.action is Action.DROP
    assert told["SCREENER_TREATMENT"] == "refuse"
    assert told["SCREENER_CODE"] == "603"


def test_a_challenge_tells_all_that_the_telephone_side_needs_to_ask() -> None:
    captcha = CaptchaSettings(seconds=30.5, silent_places=3)
    told = variables_of(challenged(), replace(SETTINGS, captcha=captcha), Route("ari", "screener"))
    assert {name: told[name] for name in OF_CAPTCHA} == {
        "SCREENER_CAPTCHA": "47",
        "SCREENER_LIMIT": "36",
        "SCREENER_PASS_PRIO": "7",
        "SCREENER_SILENT": "3",
        "SCREENER_LANE": "ari",
        "SCREENER_APP": "screener",
    }


def test_over_agi_no_application_is_named_and_without_a_route_no_lane() -> None:
    over_agi = variables_of(challenged(), SETTINGS, Route("agi"))
    assert over_agi["SCREENER_LANE"] == "agi"
    assert "SCREENER_APP" not in over_agi
    assert not {"SCREENER_LANE", "SCREENER_APP"} & variables_of(challenged(), SETTINGS).keys()


def test_other_verdicts_tell_nothing_of_a_captcha() -> None:
    assert not OF_CAPTCHA & variables_of(a_decision(), SETTINGS, Route("ari", "x")).keys()


@pytest.mark.parametrize(
    ("pressure", "places"),
    [
        (Pressure(Level.RISING, 0.5, queue=0.5), "4"),
        (Pressure(Level.FULL, 1.0, arrivals=1.0), "4"),
        (Pressure(Level.FULL, 1.0, queue=1.0), "0"),
        (Pressure(Level.FULL, 1.0, channels=1.0), "0"),
    ],
)
def test_who_presses_no_key_may_wait_while_queue_and_trunk_have_room(
    pressure: Pressure, places: str
) -> None:
    assert variables_of(challenged(1.0, pressure), SETTINGS)["SCREENER_SILENT"] == places


@given(st.floats(-30.0, 40.0), st.floats(-10.0, 10.0))
def test_who_passes_is_served_no_later_than_before(total: float, points: float) -> None:
    signals = SETTINGS.signals | {
        "passed-challenge": replace(SETTINGS.signals["passed-challenge"], points=points)
    }
    told = variables_of(challenged(total), replace(SETTINGS, signals=signals))
    assert int(told["SCREENER_PRIO"]) <= int(told["SCREENER_PASS_PRIO"]) <= 10
    assert int(told["SCREENER_PASS_PRIO"]) >= 1


def test_the_longest_challenge_fits_one_command() -> None:
    longest = challenged()
    name = "limit:" + "n" * 31
    verdict = longest.verdict._replace(reasons=(name, name, name), score=Score(-99.99, -9.0, ()))
    longest = longest._replace(verdict=verdict, captcha="1234")
    captcha = CaptchaSettings(seconds=120.0, silent_places=10_000)
    told = variables_of(longest, replace(SETTINGS, captcha=captcha), Route("ari", "a" * 40))
    assert len(set_variables(told)) < COMMAND_LIMIT


def test_a_fault_of_ours_reads_as_admit() -> None:
    assert open_answer("c1")["SCREENER_VERDICT"] == "admit"


@given(st.builds(Facts, *[st.text(max_size=60)] * 17))
def test_no_caller_data_goes_back_to_asterisk(facts: Facts) -> None:
    call, load = read_call(facts, PLAN, call_id="c1", now=NOW)
    told = variables_of(ENGINE.assess(call, load), SETTINGS)
    assert all(CLEAN.fullmatch(value) for value in told.values())
    assert sum(len(key) + len(value) + 2 for key, value in told.items()) < 600
