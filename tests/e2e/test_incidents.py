"""A flood of real calls is noticed: in the log, in the status, by the command, and as a figure."""

import json
import urllib.request

import pytest

from screener.lab.ports import free_ports
from tests.e2e.screened_site import ScreenedSite, rows, until
from tests.unit.cli.command import screener

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

FLOODER = "+16512229900"
EXTRA = """\
site: {operators: 8, channels: 10000}
metrics: {host: 127.0.0.1, port: %d}
"""


def test_a_flood_is_told_in_the_log_and_to_whoever_asks(site: ScreenedSite) -> None:
    (port,) = free_ports(1)
    site.start_agent(EXTRA % port)
    site.called("flood", rows([FLOODER] * 120, hold_ms=500), rate=20.0)
    assert until(lambda: "INCIDENT-BEGAN id=" in site.agent.log.read_text())
    shown = screener("incidents", "--config", str(site.agent.config), "-o", "json")
    assert shown.returncode == 0, shown.stderr
    (incident,) = json.loads(shown.stdout)
    assert incident["ended"] is None
    assert incident["unwanted"] > 20
    assert "trunk" in incident["marks"][0]["what"]
    table = screener("status", "--config", str(site.agent.config)).stdout
    assert incident["id"] in table
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60.0).read()
    assert b"screener_incident_active 1.0" in page
    for told in (shown.stdout, table, page.decode(), site.agent.log.read_text()):
        assert FLOODER[2:] not in told
