from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.storage.log_query import MOST_BLOCKS, Filter
from screener.web.calls_newest import ON_A_PAGE, newest
from tests.builders import NOW
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided

_BLOCKS = MOST_BLOCKS + 10


def spread(site: Logged) -> None:
    """Record one call in each of more blocks than one page of the log reads."""
    site.log.decisions(decided(f"{0:016x}"))
    site.log.upkeep.step()
    columns = ", ".join(str(row[1]) for row in site.log.ask("PRAGMA table_info(calls)"))
    others = columns.removeprefix("seq, id, at, ")
    for block in range(1, _BLOCKS):
        site.log.ask_to(
            f"INSERT INTO calls ({columns}) "  # noqa: S608 - our own column names
            f"SELECT ?, ?, ?, {others} FROM calls WHERE seq = 1",
            *(block << 10, f"{block:016x}", NOW + block),
        )
        site.log.ask_to(
            f"INSERT INTO facets SELECT facet, {block} FROM facets WHERE block = 0"  # noqa: S608 - a number
        )


def test_a_page_is_full_or_says_how_far_it_looked_back(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        spread(site)
        full = newest(site.config, Filter(), None)
        assert (len(full.calls), full.looked_back_to) == (ON_A_PAGE, None)
        assert full.tip == (_BLOCKS - 1) << 10
        rare = Filter(trunk="trunk-a", did="+16515392200", outcome="")
        site.log.ask_to("UPDATE calls SET did = 'x' WHERE seq > 1")
        ticks = iter([0.0, 1.0, 2.0])
        short = newest(site.config, rare, None, lambda: next(ticks))
        assert short.calls == []
        assert short.looked_back_to == NOW + 10
        assert short.before == 10 << 10
        rest = newest(site.config, rare, short.before)
        assert [call["seq"] for call in rest.calls] == [1]
        assert (rest.before, rest.looked_back_to) == (None, None)


def test_while_it_is_quick_a_page_goes_on_looking(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        spread(site)
        site.log.ask_to("UPDATE calls SET did = 'x' WHERE seq > 1")
        found = newest(site.config, Filter(did="+16515392200"), None, lambda: 0.0)
        assert [call["seq"] for call in found.calls] == [1]


def test_a_log_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        site.log.upkeep.close()
        site.log.path.unlink()
        with pytest.raises(MissingPartError):
            newest(site.config, Filter(), None)
