from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from screener.core.call import Load
from screener.core.settings import Hours, Opening, Settings
from screener.core.usual import QUARTERS, UsualWeek
from screener.service.site import describe_pressure, describe_site
from tests.builders import an_engine

OFFICE = Hours("America/Chicago", (Opening(0, 4, 28_800.0, 59_400.0),))
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=ZoneInfo("America/Chicago")).timestamp()


def test_an_open_site_says_so() -> None:
    assert describe_site(an_engine(), MONDAY) == {"state": "open", "usual_calls": 0.0}


def test_a_closed_site_says_when_it_opens_by_its_own_clock() -> None:
    told = describe_site(an_engine(Settings(hours=OFFICE)), MONDAY)
    assert (told["state"], told["opens"]) == ("closed", "Mon 2026-11-23 08:00 CST")


def test_a_site_that_does_not_open_for_long_says_so() -> None:
    never = tuple(str(date(2026, 11, 1) + timedelta(days=day)) for day in range(430))
    engine = an_engine(Settings(hours=replace(OFFICE, closed_on=never)))
    assert describe_site(engine, MONDAY)["opens"] == "not in the next 400 days"


def test_the_usual_calls_of_now_are_told_while_they_are_learned() -> None:
    settings = Settings(hours=Hours("UTC"))
    engine = an_engine(settings)
    engine._memory.usual.become(UsualWeek("UTC", [240.0] * QUARTERS))
    assert describe_site(engine, MONDAY)["usual_calls"] == 240.0
    off = an_engine(Settings(hours=Hours(learn_arrivals=False)))
    assert "usual_calls" not in describe_site(off, MONDAY)


def test_the_pressure_tells_its_level_and_what_each_resource_has_in_it() -> None:
    engine = an_engine()
    calm = describe_pressure(engine, Load(), MONDAY)
    assert (calm["level"], calm["queue"]) == ("calm", 0.0)
    full = describe_pressure(engine, Load(queue_waiting=100, operators_logged_in=2), MONDAY)
    assert (full["level"], full["value"], full["queue"]) == ("full", 1.0, 1.0)
    assert describe_pressure(engine, Load(), MONDAY) == calm
