import json
import logging

import pytest

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.settings import Mode, Settings, Site
from screener.errors import ScreenerError
from screener.service.incidents import GOES_ON_S, Incidents
from screener.service.logs import JsonFormatter
from tests.builders import HandClock, a_call, a_memory

BEGAN_AND_ENDED = ["INCIDENT-BEGAN", "INCIDENT-ENDED"]
FLOODER = "+16515550142"


class Attacked:
    """An agent's insides under attack, with a clock moved by hand."""

    def __init__(self, mode: Mode = Mode.ENFORCE) -> None:
        self.clock = HandClock()
        self.engine = Engine(Settings(mode=mode, site=Site(operators=8)), a_memory())
        self.incidents = Incidents(lambda: self.engine, self.clock)
        self.calls = 0

    def flood(self, seconds: int) -> None:
        """Let one number call twice a second."""
        for _ in range(2 * seconds):
            self.clock.now += 0.5
            self.calls += 1
            call = a_call(FLOODER, call_id=f"call-{self.calls}", arrived_at=self.clock.now)
            self.engine.decide(call, Load())
            self.engine.report(call.call_id, Outcome(Event.CHALLENGE_FAILED), self.clock.now)
            self.incidents.step()

    def rest(self, seconds: float) -> None:
        """Let time pass without a call, a look every ten seconds."""
        for _ in range(int(seconds / 10.0)):
            self.clock.now += 10.0
            self.incidents.step()


@pytest.fixture(name="site")
def _site(caplog: pytest.LogCaptureFixture) -> Attacked:
    caplog.set_level(logging.INFO, "screener.incidents")
    return Attacked()


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().split()[0] for record in caplog.records]


def test_the_begin_and_the_end_are_told_even_when_no_call_comes_any_more(
    site: Attacked, caplog: pytest.LogCaptureFixture
) -> None:
    site.rest(60)
    assert words(caplog) == []
    site.flood(120)
    assert words(caplog) == ["INCIDENT-BEGAN"]
    site.rest(1_000)
    assert [word for word in words(caplog) if word != "INCIDENT-GOES-ON"] == BEGAN_AND_ENDED


def test_a_lasting_incident_is_told_again_every_few_minutes(
    site: Attacked, caplog: pytest.LogCaptureFixture
) -> None:
    site.flood(int(2.5 * GOES_ON_S))
    assert words(caplog) == ["INCIDENT-BEGAN", "INCIDENT-GOES-ON", "INCIDENT-GOES-ON"]


def test_a_line_has_figures_marks_and_what_is_done_and_no_number(
    site: Attacked, caplog: pytest.LogCaptureFixture
) -> None:
    site.flood(300)
    site.rest(1_000)
    line = caplog.records[-1].getMessage()
    assert FLOODER[5:] not in caplog.text
    assert " lasted_s=" in line
    assert " unwanted=" in line
    assert " refuse=" in line
    assert " challenge_failed=" in line
    assert 'marks="new numbers of crowded prefixes, attestation none, trunk trunk-a (' in line
    assert "cadence even" in line
    assert "number +1...42" in line
    assert "refuses new numbers" in line
    assert line.endswith(' calls"')


def test_where_machines_read_the_log_a_line_has_its_fields(
    site: Attacked, caplog: pytest.LogCaptureFixture
) -> None:
    site.flood(120)
    told = json.loads(JsonFormatter().format(caplog.records[0]))
    assert told["message"].startswith("INCIDENT-BEGAN id=")
    assert told["fields"]["id"] == told["message"].split("=")[1].split()[0]
    assert told["fields"]["marks"][0]["kind"] == "callers"


def test_a_trunk_of_any_name_stays_within_its_quotes(caplog: pytest.LogCaptureFixture) -> None:
    site = Attacked()
    site.flood(60)
    assert site.engine.incidents.active is not None
    parts = site.engine.incidents.active.crowds
    parts['jnew\x1fnone\x1f" done="nothing'] = next(iter(parts.values()))
    site.clock.now += GOES_ON_S
    site.incidents.step()
    assert caplog.records[-1].getMessage().count('"') == 4


def test_who_asks_is_told_all_of_them_newest_first(site: Attacked) -> None:
    for _ in range(3):
        site.flood(120)
        site.rest(2_000)
    site.flood(120)
    told = site.incidents.answer({})["incidents"]
    assert isinstance(told, list)
    assert [one["ended"] is None for one in told] == [True, False, False, False]
    assert [one["began"] for one in told] == sorted((one["began"] for one in told), reverse=True)
    assert site.incidents.answer({"last": 2})["incidents"] == told[:2]
    json.dumps(told, allow_nan=False)
    assert told[0]["verdicts"].keys() == {"admit", "challenge", "busy", "refuse"}
    assert told[0]["unwanted"] <= told[0]["calls"]


@pytest.mark.parametrize("last", [0, -1, "3", 1.5, True, 10**9])
def test_any_other_number_of_incidents_is_refused(site: Attacked, last: object) -> None:
    with pytest.raises(ScreenerError, match="last must be"):
        site.incidents.answer({"last": last})


def test_the_status_tells_of_the_one_under_way(site: Attacked) -> None:
    assert site.incidents.snapshot() == {"state": "none", "since_start": 0}
    site.flood(120)
    told = site.incidents.snapshot()
    assert told["state"] == "active"
    assert told["since_start"] == 1
    assert isinstance(told["excess_per_s"], float)
    assert told["excess_per_s"] > 1.0
    assert "trunk-a" in str(told["marks"])
    site.clock.now += 5_000.0
    assert site.incidents.snapshot() == {"state": "none", "since_start": 1}


def test_who_only_observes_says_so() -> None:
    site = Attacked(Mode.OBSERVE)
    site.flood(120)
    (told,) = site.incidents.told()
    assert str(told["done"]).startswith("['observes only; enforcing would ")


def test_a_reload_in_the_middle_goes_on_with_the_same_incident(
    site: Attacked, caplog: pytest.LogCaptureFixture
) -> None:
    site.flood(120)
    successor = site.engine.succeed(site.engine.settings)
    successor.take_over()
    site.engine = successor
    site.flood(120)
    site.rest(1_000)
    assert [word for word in words(caplog) if word != "INCIDENT-GOES-ON"] == BEGAN_AND_ENDED
