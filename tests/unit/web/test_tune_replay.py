from pathlib import Path

import pytest

from screener.core.settings import Mode, Settings
from screener.service.what_if import WhatIf
from screener.web.site import Site
from screener.web.tune_desk import tuning_of
from screener.web.tune_replay import TITLES, findings
from tests.builders import DAY, NOW
from tests.unit.cli.logged import logged
from tests.unit.cli.played import live, served
from tests.unit.desk.test_replays import STRICT
from tests.unit.web.signed_in import SignedIn, signed_in
from tests.unit.web.test_tune_apply import a_review, apply
from tests.unit.web.test_tune_pages import ALL, file_of, typed


async def begun(at: SignedIn, text: str, days: str = "1") -> str:
    done = await typed(at, text, "/tune/replay", days=days)
    assert done.status == 303
    return done.location


async def test_a_replay_shows_people_hurt_and_counts_for_the_review(tmp_path: Path) -> None:
    with logged(tmp_path) as log:
        live(log, [served(place) for place in range(5)])
        site = Site(log.path, lambda: NOW + DAY / 2)
        async with signed_in(tmp_path, ALL, site=site) as at:
            text = log.path.read_text() + STRICT.decode()
            where = await begun(at, text)
            assert where.startswith("/tune/replay/")
            tuning_of(site).replays.wait()
            state = (await at.admin.get(f"{where}/state")).json()
            assert (state["state"], state["share"]) == ("done", 1.0)
            page = await at.admin.get(where)
            for told in (
                "5 calls with a good outcome would newly be refused",
                f'href="/calls/{1:016x}"',
                '5 <b class="drop">stricter</b>',
                "Called number",
                "Hour of the day, UTC",
                "100.00 %",
                "Callers react to verdicts",
            ):
                assert told in page.text
            assert "+1651555" not in page.text
            review = await at.admin.get("/tune/apply")
            assert "5 calls with a good outcome would newly be refused" in review.text
            assert "was not replayed" not in review.text
            assert "Nothing was changed" in (await apply(at, review)).text
            other = await a_review(at, text + "site: {operators: 3}\n")
            assert "was not replayed" in other.text


async def test_one_replay_at_a_time_and_it_can_be_cancelled(tmp_path: Path) -> None:
    with logged(tmp_path) as log:
        live(log, [served(1)])
        site = Site(log.path, lambda: NOW + DAY / 2)
        async with signed_in(tmp_path, ALL, site=site) as at:
            where = await begun(at, log.path.read_text() + "site: {operators: 3}\n")
            page = await at.admin.get(where)
            assert "<progress" in page.text
            assert await begun(at, log.path.read_text() + "site: {operators: 4}\n") == where
            assert "one at a time" in (await at.admin.get(where)).text
            done = await at.admin.post(f"{where}/cancel")
            assert done.location == where
            assert "It was cancelled" in (await at.admin.get(where)).text
            assert (await at.admin.get("/tune/replay/0")).status == 404


async def test_a_replay_that_finds_nothing_says_why(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ALL) as at:
        where = await begun(at, file_of(at).read_text() + "site: {operators: 3}\n", "30")
        tuning_of(at.site).replays.wait()
        page = await at.admin.get(where)
        assert "no decision log" in page.text
        assert "30 days" in page.text
        assert await begun(at, "version: 1\nmode: perhaps\n") == "/tune"
        assert "no replay of a draft with problems" in (await at.admin.get("/tune")).text


@pytest.mark.parametrize("mode", [Mode.ENFORCE])
def test_the_matrix_adds_up_to_all_calls(mode: Mode) -> None:
    found = WhatIf(Settings(mode=mode), Settings(mode=mode))
    found.calls = 10
    told = found.told() | {
        "changes": [
            {"from": "admit", "to": "drop", "calls": 3, "good_samples": ["a"], "samples": []},
            {"from": "drop", "to": "admit", "calls": 1, "good_samples": ["b"], "samples": []},
        ]
    }
    told["current"] = {"verdicts": {"admit": 6, "challenge": 2, "drop": 2}}
    shown = findings(told)
    assert shown["matrix"] == {
        "admit": {"admit": 3, "challenge": 0, "drop": 3},
        "challenge": {"admit": 0, "challenge": 2, "drop": 0},
        "drop": {"admit": 1, "challenge": 0, "drop": 1},
    }
    assert [one["good_samples"] for one in shown["hurt"]] == [["a"]]
    assert set(shown["by"]) == set(TITLES) == set(told["changes_by"])  # type: ignore[call-overload]
