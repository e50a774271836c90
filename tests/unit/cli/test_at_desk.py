import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.cli.asker import who
from screener.cli.at_desk import desk
from screener.core.lists import ListAction
from screener.desk.reviewer import LONGEST_S
from screener.desk.reviews import decide
from screener.errors import ConfigError, ScreenerError
from tests.unit.cli.reviewing_agent import ALICE, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def test_who_reviews_is_the_account_whatever_sudo_tells(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    account = who()
    monkeypatch.setenv("SUDO_USER", "anna\x1b[2J")
    with desk(site.config) as at:
        assert at.who == who()
        assert at.act("deny").who.startswith(account.partition(" ")[0])
        assert "sudo by anna?[2J" in at.who


def test_the_terminal_is_told_each_sentence_on_a_line_of_its_own(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk(site.config) as at:
        decide(ALICE, ListAction.DENY, at.act("deny", until=at.now + LONGEST_S), at)
        said = capsys.readouterr()
    assert [line.partition(" ")[0] for line in said.out.splitlines()] == ["review", "no", "now:"]
    assert said.err == ""


def test_a_configuration_that_is_refused_opens_nothing(site: Site) -> None:
    site.config.write_text("version: 1\nmode: loud\n")
    with pytest.raises(ConfigError, match=r"screener\.yaml:2"), desk(site.config):
        pass
    assert not (site.folder / "state" / "review.db").exists()


def test_the_reviews_are_closed_also_where_deciding_fails(site: Site) -> None:
    with pytest.raises(ScreenerError, match="TARGET"), desk(site.config) as at:
        decide("_.", ListAction.DENY, at.act("deny"), at)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        at.store.connection.execute("SELECT 1")
