import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.number import NumberPlan
from screener.core.score import Score
from screener.core.settings import Action, CaptchaSettings, Mode, Settings
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


def challenged(*, no_key: bool = True, once_passed: int = 4) -> Decision:
    """Return a decision to challenge a call, and what the policy says of after it."""
    plain = a_decision()
    verdict = replace(
        plain.verdict,
        action=Action.CHALLENGE,
        would=Action.CHALLENGE,
        priority=2,
        once_passed=once_passed,
        no_key=no_key,
    )
    return replace(plain, verdict=verdict, captcha="47")


def test_an_admit_tells_its_place_in_line_and_no_treatment() -> None:
    told = variables_of(a_decision(), SETTINGS)
    assert told["SCREENER_VERDICT"] == "admit"
    assert told["SCREENER_PRIO"] == "5"
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
        "SCREENER_PASS_PRIO": "4",
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


@pytest.mark.parametrize(("no_key", "places"), [(True, "4"), (False, "0")])
def test_who_presses_no_key_may_wait_only_where_the_verdict_says_so(
    *, no_key: bool, places: str
) -> None:
    assert variables_of(challenged(no_key=no_key), SETTINGS)["SCREENER_SILENT"] == places


@given(st.integers(1, 10))
def test_who_passes_gets_the_place_that_the_verdict_names(once_passed: int) -> None:
    told = variables_of(challenged(once_passed=once_passed), SETTINGS)
    assert (told["SCREENER_PRIO"], told["SCREENER_PASS_PRIO"]) == ("2", str(once_passed))


def test_the_longest_challenge_fits_one_command() -> None:
    longest = challenged()
    name = "limit:" + "n" * 31
    verdict = replace(longest.verdict, reasons=(name, name, name), score=Score(-99.99, -9.0, ()))
    longest = replace(longest, verdict=verdict, captcha="1234")
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
