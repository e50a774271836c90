"""The engine as a defence of the simulator."""

from datetime import UTC, datetime

import pytest

from screener.core.call import Facts
from screener.core.hours import zone_of
from screener.core.memory import Memory
from screener.core.settings import (
    Action,
    Hours,
    Level,
    Opening,
    PolicySettings,
    Settings,
    Site,
    Thresholds,
    Treatment,
)
from screener.service.played import EngineDefence, size_of
from screener.sim.model import CenterSite, Lognormal, PastCall, Ruling, Seen
from tests.builders import DAY, NOW, a_memory

NUMBER = "+16515550142"
SITE = CenterSite("tiny", operators=10, channels=100, hourly=(60.0,) * 12)
ASKS_THE_UNKNOWN = Settings(
    policy=PolicySettings(thresholds=dict.fromkeys(Level, Thresholds(0.5, 14.0)))
)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def no_memory_of_the_settings(_settings: Settings) -> Memory:
    return a_memory()


def a_defence(settings: Settings | None = None, now: float = NOW) -> EngineDefence:
    defence = EngineDefence("policy", settings or Settings(), no_memory_of_the_settings)
    defence.begin(SITE, now)
    return defence


def called(
    defence: EngineDefence, call_id: str = "c1", now: float = NOW, *, person: bool = True
) -> Ruling:
    return defence.decide(Facts(number=NUMBER), call_id, now, person=person)


def test_the_size_of_the_site_is_the_simulated_ones() -> None:
    site = CenterSite("x", 56, 138, (1.0,), service=Lognormal(119.6, 0.953))
    size = size_of(site, Site(operators=1, channels=2))
    assert (size.operators, size.channels) == (56, 138)
    assert size.mean_service == pytest.approx(188.4, abs=0.1)


def test_it_enforces_and_does_not_look_at_who_is_a_person() -> None:
    rulings = [called(a_defence(ASKS_THE_UNKNOWN), person=person) for person in (True, False)]
    assert rulings[0] == rulings[1]
    assert rulings[0].action is Action.CHALLENGE


@pytest.mark.parametrize(("answered", "action"), [(True, Action.ADMIT), (False, Action.CHALLENGE)])
def test_earlier_days_make_known_who_was_answered(*, answered: bool, action: Action) -> None:
    defence = a_defence(ASKS_THE_UNKNOWN)
    talk = 200.0 * answered
    past = [PastCall(NUMBER, -day * DAY, answered=answered, talk=talk) for day in (9, 6, 3)]
    defence.learn(past, NOW)
    assert called(defence).action is action


def test_the_load_is_what_was_seen() -> None:
    calm = Thresholds(5.0, 14.0)
    full = Settings(
        policy=PolicySettings(
            thresholds={
                Level.CALM: calm,
                Level.RISING: calm,
                Level.FULL: Thresholds(0.5, 14.0),
            }
        )
    )
    defence = a_defence(full)
    assert called(defence).action is Action.ADMIT
    defence.see(Seen(30, 10, 10, 20, 100), NOW + 1)
    assert called(defence, "c2", NOW + 1).action is Action.CHALLENGE


def test_what_becomes_of_a_call_is_learned() -> None:
    defence = a_defence(ASKS_THE_UNKNOWN)
    assert called(defence).action is Action.CHALLENGE
    defence.tell("c1", "challenge_passed", 0.0, NOW + 20)
    defence.tell("c1", "queue_joined", 0.0, NOW + 20)
    defence.tell("c1", "operator_answered", 0.0, NOW + 25)
    defence.tell("c1", "hangup", 90.0, NOW + 115)
    assert called(defence, "c2", NOW + 120).action is Action.ADMIT
    assert defence.unheard == 0
    assert defence.keys() > 0


def test_an_event_of_an_unknown_call_is_counted_and_does_no_harm() -> None:
    defence = a_defence()
    for _ in range(3):
        defence.tell("nobody", "hangup", 0.0, NOW)
    assert defence.unheard == 3
    assert called(defence).action is Action.ADMIT


def test_it_begins_anew_for_each_site() -> None:
    defence = a_defence()
    called(defence)
    defence.begin(SITE, NOW)
    assert defence.keys() == 0


def test_the_day_is_one_of_the_zone_that_the_opening_hours_are_told_in() -> None:
    opens, closes = 8 * 3600.0, 16 * 3600.0
    hours = Hours(timezone="America/Chicago", openings=(Opening(0, 4, opens, closes),))
    assert zone_of("America/Chicago").utcoffset(datetime.fromtimestamp(MONDAY, UTC)) is not None
    for hour, action in ((7.9, Action.DROP), (8.1, Action.ADMIT), (16.1, Action.DROP)):
        now = MONDAY + hour * 3600.0
        ruling = called(a_defence(Settings(hours=hours), now), now=now)
        assert (ruling.action, hour) == (action, hour)
    assert ruling == Ruling(Action.DROP, 0, Treatment.REFUSE, None, "closed")
