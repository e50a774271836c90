from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.desk.review_trunk import Met, is_trunk, met, target_of
from screener.desk.reviewer import desk
from screener.storage.review_trunks import TrunkShare
from tests.unit.cli.reviewing_agent import Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def test_a_trunk_is_a_target_of_its_own() -> None:
    assert is_trunk(target_of(" carrier-a "))
    assert not any(map(is_trunk, ("+1900*", "0123456789abcdef", "_1900X.", "tel:+1900")))


def test_whom_it_would_have_met_is_read_from_the_log(site: Site) -> None:
    with desk(site.config, "anna", print) as at:
        found = met("trunk:trunk-a", at)
        assert found == Met("trunk-a", {"hour": TrunkShare(2, 2, 0), "day": TrunkShare(2, 2, 0)})
        other = met("trunk:other", at)
    assert other.others == ("trunk-a",)
    assert next(other.told) == (
        "of the 2 calls of the last hour 0 (0%) came by it, 0 of them of known callers or of who "
        "passed a captcha"
    )
    assert list(other.told)[2].endswith("the log has: trunk-a")


def test_without_a_log_that_is_told(site: Site) -> None:
    site.log.unlink()
    with desk(site.config, "anna", print) as at:
        assert list(met("trunk:a", at).told) == ["there is no log to tell whom it would have met"]
