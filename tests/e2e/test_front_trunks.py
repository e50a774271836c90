"""A carrier's trunk is denied: a real Kamailio before the real Asterisk refuses its strangers."""

from collections.abc import Iterator

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.sipp import wait_all
from tests.e2e.fronted_site import FrontedSite
from tests.e2e.number_forms import FORMS, NUMBER
from tests.e2e.raw_caller import RawCaller
from tests.e2e.screened_site import STEADY, Event, numbers, rows, served_before, until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators", "named")]

FLOOD, KNOWN, ALLOWED, OTHER = numbers(4, 500)
ALPHA, BETA = "127.0.0.2", "127.0.0.3"
TRUNKS = f"trunks: {{carrier-a: [{ALPHA}], carrier-b: [{BETA}]}}\n"
KEY = "trunk:carrier-a"
SHORT_MS = 100


@pytest.fixture
def named(asterisk: Asterisk) -> Iterator[None]:
    """Have Asterisk take the name of a trunk from Kamailio."""
    asterisk.rx("dialplan set global SCREENER_FRONT trunk")
    yield
    asterisk.rx("dialplan set global SCREENER_FRONT none")


def start(site: FrontedSite) -> None:
    site.more = TRUNKS
    site.start_fronted(STEADY + f'lists: [{{name: vip, action: allow, entries: ["{ALLOWED}"]}}]\n')
    site.agent.teach(served_before([KNOWN]))
    assert until(lambda: site.held(KNOWN, "screener_known") == 1)


def test_strangers_by_a_denied_trunk_never_reach_asterisk_until_it_is_undone(
    fronted: FrontedSite,
) -> None:
    start(fronted)
    fronted.command("deny", "--trunk", "carrier-a", "--for", "10m", "--reason", "flood", "--yes")
    assert until(lambda: fronted.held(KEY) == 60306)
    assert fronted.front()["trunks"] == 1
    assert fronted.held(ALPHA, "screener_trunks") == "carrier-a"

    fast = rows([KNOWN, ALLOWED], SHORT_MS)
    flood = fronted.inward("flood", rows(numbers(30, 600)), rate=100, address=ALPHA)
    people = fronted.inward("people", fast, address=ALPHA)
    beside = fronted.inward("beside", rows([FLOOD], SHORT_MS), address=BETA)
    refused, served, other = wait_all([flood, people, beside], 30)
    assert (refused.code(603), refused.failed) == (30, 0)
    assert (served.code(200), served.failed) == (2, 0)
    assert (other.code(200), other.failed) == (1, 0)
    assert fronted.decisions("flood") == []
    assert {one["trunk"] for one in fronted.decisions("people", 2)} == {"carrier-a"}
    assert {one["trunk"] for one in fronted.decisions("beside", 1)} == {"carrier-b"}
    assert until(lambda: fronted.front().get("refused_trunk") == 30)
    row = _row(fronted)
    assert (row["trunk"], row["reasons"]) == ("carrier-a", ["refused-in-front", "front-trunk"])

    fronted.command("undo", "--trunk", "carrier-a")
    assert until(lambda: fronted.held(KEY) is None)
    again = fronted.inward("again", rows([FLOOD], SHORT_MS), address=ALPHA).wait()
    assert (again.code(200), again.failed) == (1, 0)


def test_asterisk_and_the_agent_read_a_number_as_kamailio_does_and_believe_it_alone(
    fronted: FrontedSite, asterisk: Asterisk
) -> None:
    pest = f'lists: [{{name: pest, action: deny, entries: ["{NUMBER}"]}}]\n'
    fronted.start_agent(STEADY + pest)  # it keeps no Kamailio: all calls come to it
    with RawCaller(fronted.proxy.port, "form", ALPHA) as caller:
        told = {form: caller.call(form) for form in FORMS}
    assert told == dict.fromkeys(FORMS, 603)
    decided = fronted.decisions("form", len(FORMS))
    assert {one["list"] for one in decided} == {"pest"}
    assert {one["trunk"] for one in decided} == {"trunk"}

    asterisk.rx("dialplan set global SCREENER_FRONT none")
    with RawCaller(asterisk.ports.sip, "liar") as liar:
        assert liar.call(f"sip:{NUMBER}@{{here}}", "X-Screener-Trunk: carrier-a") == 603
    assert fronted.decisions("liar", 1)[0]["trunk"] == "trunk"


def _row(fronted: FrontedSite) -> Event:
    def found() -> list[Event]:
        fronted.heard += fronted.agent.events()
        return [one for one in fronted.heard if "refused-in-front" in str(one.get("reasons"))]

    assert until(lambda: len(found()) >= 1)
    return found()[0]
