"""Incidents in the simulator: floods are noticed at once, and people are no attack."""

import pytest

from screener.config.simulation import load_play
from screener.core.call import Facts
from screener.core.incident_watch import QUIET_S, IncidentWatch
from screener.core.settings import Settings, Site
from screener.service.played import EngineDefence
from screener.sim.center import play
from screener.sim.model import Attack, CenterSite, Numbers, Ruling, Scenario, Wave
from screener.storage.new_memory import new_memory

SITE: CenterSite = load_play("clinic-day", None)[0]
BEGINS, LASTS, REST = 3_600.0, 600.0, 1_200.0
"""When an attack begins after people alone, how long it lasts, and what follows, seconds."""


class Watched(EngineDefence):
    """The engine as a defence, whose watch is looked at after every call."""

    def __init__(self) -> None:
        super().__init__("policy", Settings(), new_memory)
        self.watch = IncidentWatch(Site())
        self.epoch = 0.0
        self.noticed: float | None = None

    def begin(self, site: CenterSite, now: float) -> None:
        """Remember the scenario's first moment."""
        super().begin(site, now)
        self.epoch = now

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        """Rule as the engine does, and look whether it noticed."""
        ruling = super().decide(facts, call_id, now, person=person)
        self.watch = self._session._current_engine().incidents
        if self.noticed is None and self.watch.active is not None:
            self.noticed = now - self.epoch
        return ruling


def played(lasts: float, *attacks: Attack, rush: float = 1.0, site: CenterSite = SITE) -> Watched:
    rushes = ((BEGINS, BEGINS + LASTS, rush),) if rush > 1.0 else ()
    scenario = Scenario("one", site.name, "", attacks, rushes, lasts=lasts)
    defence = Watched()
    play(scenario, site, defence, 1)
    defence.watch.pass_time(defence.epoch + lasts + 10 * QUIET_S)
    return defence


def test_a_quiet_day_has_no_incident() -> None:
    assert played(6 * 3_600.0).watch.begun == 0


def test_a_true_rush_of_ten_times_the_people_is_no_incident() -> None:
    assert played(BEGINS + LASTS + REST, rush=10.0).watch.begun == 0


@pytest.mark.parametrize(
    "attack",
    [
        Attack("fresh", Wave(3_600.0, BEGINS, LASTS), Numbers.FRESH),
        Attack("one", Wave(1_800.0, BEGINS, LASTS), Numbers.POOL, pool=1),
        Attack("many", Wave(3_600.0, BEGINS, LASTS), Numbers.POOL, pool=200),
        Attack("impossible", Wave(3_600.0, BEGINS, LASTS), Numbers.UNALLOCATED),
        Attack("withheld", Wave(3_600.0, BEGINS, LASTS), Numbers.WITHHELD),
        Attack("absent", Wave(3_600.0, BEGINS, LASTS), Numbers.ABSENT),
        Attack("neighbours", Wave(3_600.0, BEGINS, LASTS), Numbers.NEIGHBOURS, pool=3),
    ],
    ids=lambda attack: attack.name,
)
def test_a_flood_is_one_incident_noticed_within_a_minute_and_over_soon_after(
    attack: Attack,
) -> None:
    found = played(BEGINS + LASTS + REST, attack)
    assert found.noticed is not None
    assert BEGINS <= found.noticed <= BEGINS + 60.0
    (incident,) = found.watch.recent
    assert incident.began - found.epoch == pytest.approx(BEGINS, abs=60.0)
    assert incident.ended is not None
    assert BEGINS + LASTS - 60.0 <= incident.ended - found.epoch <= BEGINS + LASTS + QUIET_S
    calls = attack.wave.per_hour * LASTS / 3_600.0
    assert 0.5 * calls <= incident.unwanted <= 1.3 * calls


def test_pulses_of_a_minute_every_third_minute_are_one_incident() -> None:
    wave = Wave(7_200.0, BEGINS, 3 * LASTS, "pulses", 60.0, 120.0)
    found = played(BEGINS + 3 * LASTS + REST, Attack("pulses", wave, Numbers.FRESH))
    assert found.watch.begun == 1


def test_a_flood_of_spoofed_customers_is_noticed_where_customers_are_known() -> None:
    # At the small clinic, where a quarter of the customers has no history, it is not: docs.
    attack = Attack("customers", Wave(6_000.0, BEGINS, LASTS), Numbers.CUSTOMERS, pool=2_000)
    found = played(BEGINS + LASTS + REST, attack, site=load_play("bank-morning", None)[0])
    assert found.noticed is not None
    assert BEGINS <= found.noticed <= BEGINS + 120.0
