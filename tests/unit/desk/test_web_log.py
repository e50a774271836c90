from dataclasses import replace
from pathlib import Path

import pytest

from screener.config.load import Config
from screener.config.options import CENTRAL_LOG
from screener.desk import web_log
from screener.desk.web_log import AGAIN_S, LogAwayError, central_calls, web_calls, web_log_of
from screener.storage.call_log import EdgeLog
from screener.storage.log_query import Filter
from tests.unit.cli.logged import logged
from tests.unit.storage.logs import decided

CALL = "00000000000000a1"


def central(config: Config, folder: Path) -> Config:
    """Return the configuration with a central log that is not there."""
    ship = replace(config.ship, dsn=f"host={folder} dbname=none user=none")
    return replace(config, ship=ship, web=replace(config.web, log=CENTRAL_LOG))


def test_an_edges_own_log_is_read_unless_the_central_one_is_asked_for(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        site.log.decisions(decided(CALL))
        with web_calls(site.config) as log:
            assert isinstance(log, EdgeLog)
            assert [call["id"] for call in log.page(Filter()).calls] == [CALL]
        with web_log_of(site.config, CALL) as log:
            assert log.find(CALL) is not None
        with pytest.raises(LogAwayError), web_calls(central(site.config, tmp_path)):
            pass


def test_a_central_log_that_is_away_is_for_a_moment_not_asked_again(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        away, now = central(site.config, tmp_path), [100.0]

        def told() -> str:
            with pytest.raises(LogAwayError) as caught, central_calls(away, timer=lambda: now[0]):
                pass
            return str(caught.value)

        first = told()
        assert first.startswith("the central log cannot be used: ")
        web_log._away[away.ship.dsn] = now[0] + AGAIN_S, "as known"
        assert told() == "as known"
        now[0] += AGAIN_S
        assert told() == first
        assert web_log._away[away.ship.dsn] == (now[0] + AGAIN_S, first)
