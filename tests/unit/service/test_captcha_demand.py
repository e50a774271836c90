from dataclasses import replace

from screener.core.call import Load
from screener.core.policy import Verdict
from screener.core.settings import Action, CaptchaSettings, Site
from screener.service.captcha_demand import CaptchaDemand
from tests.builders import NOW, a_call, an_engine

LANE = CaptchaSettings(places=2, seconds=25.0)
PLAIN = an_engine().assess(a_call(), Load()).verdict
ASKED = replace(PLAIN, action=Action.CHALLENGE, reasons=("score",))


def demand(*added: tuple[Verdict, float]) -> CaptchaDemand:
    found = CaptchaDemand(LANE, Site(channels=46))
    for verdict, after in added:
        found.add(verdict, NOW + after)
    return found


def test_the_peak_is_the_most_that_are_asked_at_once_and_when() -> None:
    found = demand(*((ASKED, after) for after in (0.0, 10.0, 24.0, 25.0, 60.0)))
    assert (found.asked, found.peak, found.peak_at) == (5, 3, NOW + 24.0)


def test_who_is_turned_away_would_have_held_a_place_too() -> None:
    dropped = replace(PLAIN, action=Action.DROP, reasons=("lane-full", "new-caller"))
    last = replace(PLAIN, action=Action.ADMIT, reasons=("lane-full",))
    third = replace(PLAIN, action=Action.ADMIT, reasons=("number-lane-full", "lane-full"))
    found = demand((ASKED, 0.0), (dropped, 1.0), (last, 2.0), (third, 3.0))
    assert (found.asked, found.peak, found.turned_away) == (4, 4, 3)


def test_who_is_exempt_needs_no_place() -> None:
    exempt = replace(PLAIN, action=Action.ADMIT, reasons=("exempt", "new-caller"))
    assert demand((exempt, 0.0)).asked == 0


def test_the_places_are_those_that_the_lane_has() -> None:
    wide = CaptchaSettings(places=12, share_of_channels=0.5)
    assert CaptchaDemand(wide, Site(channels=10)).told()["places"] == 5


def test_who_is_admitted_or_dropped_by_score_needs_no_place() -> None:
    found = demand((PLAIN, 0.0), (replace(PLAIN, action=Action.DROP), 1.0))
    assert found.told() == {
        "asked": 0,
        "peak": 0,
        "peak_at": None,
        "turned_away": 0,
        "places": 2,
        "seconds": 25.0,
    }
