from pathlib import Path

import pytest

from screener.desk.finding import NoSuchCallError, call_of, is_call_id, newest_calls
from screener.desk.log_reading import calls_of
from screener.storage import call_log, log_query
from screener.storage.log_query import Filter, Page
from tests.unit.cli.logged import logged
from tests.unit.storage.logs import decided

IDS = [f"{place:016x}" for place in range(5)]


def test_an_id_has_sixteen_digits_and_a_number_never_has() -> None:
    assert is_call_id("4be2f19a07c35d61")
    for text in ("", "4be2", "4BE2F19A07C35D61", "+165155501421234", "4be2f19a07c35d61\n"):
        assert not is_call_id(text)


def test_a_call_is_found_by_its_id_or_said_to_be_none(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        site.log.decisions(decided(IDS[0]))
        with calls_of(site.config) as log:
            assert call_of(log, IDS[0])["id"] == IDS[0]
            for missing in (IDS[1], "x"):
                with pytest.raises(NoSuchCallError, match="the log holds no call"):
                    call_of(log, missing)


def test_pages_that_end_early_are_asked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*args: object, limit: int, before: int | None) -> Page:
        return log_query.page(*args, limit=min(limit, 1), before=before)  # type: ignore[arg-type]  # as handed over

    monkeypatch.setattr(call_log, "page", short)
    with logged(tmp_path) as site:
        for one in IDS:
            site.log.decisions(decided(one))
        with calls_of(site.config) as log:
            first = newest_calls(log, Filter(), 3, None)
            rest = newest_calls(log, Filter(), 9, first.before)
    assert [call["id"] for call in first.calls] == IDS[:1:-1]
    assert ([call["id"] for call in rest.calls], rest.before) == (IDS[1::-1], None)
