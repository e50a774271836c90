from dataclasses import replace

from screener.core.engine import Engine
from tests.unit.service.shared_edges import LIMITED, Site


def test_the_settings_are_those_in_force_after_a_reload() -> None:
    site = Site(0.0)
    edge = site.edges[0].sharing.calls._edge
    assert edge.settings == LIMITED.reputation
    other = replace(LIMITED, reputation=replace(LIMITED.reputation, block_for=77.0))
    site.edges[0].service.engine = Engine(other, edge.memory)
    assert edge.settings.block_for == 77.0
