import json
from pathlib import Path

import pytest

from screener.storage.log_rows import SHOWN
from screener.web.api.calls import Call
from screener.web.api.pages import PAGES
from tests.unit.web.api.sites import ALICE, BOB, DROPPED, FIRST, WITHHELD, calls_served

CALLS = "/api/v1/calls"


def test_a_call_is_told_with_all_that_is_kept_of_it() -> None:
    assert set(Call.model_fields) == {*SHOWN, "outcomes", "edge"}


async def test_calls_are_told_newest_first_in_pages_and_masked(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        first = (await at.viewer.get(f"{CALLS}?limit=2")).json()
        rest = (await at.viewer.get(f"{CALLS}?limit=2&before={first['before']}")).json()
        whole = (await at.viewer.get(CALLS)).text
    assert [one["id"] for one in first["calls"]] == [DROPPED, WITHHELD]
    assert ([one["id"] for one in rest["calls"]], rest["before"]) == ([FIRST], None)
    assert rest["calls"][0]["outcomes"][0]["event"] == "answered"
    assert ALICE[4:] not in whole
    assert BOB[4:] not in whole


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("verdict=drop", [DROPPED]),
        ("would=drop", [DROPPED]),
        ("trunk=trunk-a", [WITHHELD, FIRST]),
        ("did=%2B16515392200&trunk=trunk-b", [DROPPED]),
        ("outcome=answered", [FIRST]),
        ("caller=*42", [FIRST]),
        ("since=55s", [DROPPED, WITHHELD]),
        ("since=1h&until=55s", [FIRST]),
        ("reason=nothing-of-the-kind", []),
    ],
)
async def test_every_filter_of_the_log_is_one_of_the_api(
    tmp_path: Path, asked: str, found: list[str]
) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        told = (await at.viewer.get(f"{CALLS}?{asked}")).json()
    assert [one["id"] for one in told["calls"]] == found


async def test_a_number_is_searched_for_by_its_pseudonym(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        named = await at.viewer.post("/api/v1/pseudonym", json={"number": "651 555 0142"})
        key = named.json()["number"]
        told = (await at.viewer.get(f"{CALLS}?number={key}")).json()
        prefix = (await at.viewer.get(f"{CALLS}?prefix={named.json()['prefix']}")).json()
        nobody = await at.viewer.post("/api/v1/pseudonym", json={"number": "xx"})
    assert [one["id"] for one in told["calls"]] == [FIRST]
    assert [one["id"] for one in prefix["calls"]] == [DROPPED, FIRST]
    assert nobody.json() == {"number": None, "prefix": None}


@pytest.mark.parametrize("caller", ["%2B16515550142", "6515550142", "*555014*"])
async def test_no_whole_number_can_stand_in_an_address(tmp_path: Path, caller: str) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        assert (await at.viewer.get(f"{CALLS}?caller={caller}")).status == 422


async def test_one_call_is_shown_and_explained(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        call = (await at.viewer.get(f"{CALLS}/{FIRST}")).json()
        told = (await at.viewer.get(f"{CALLS}/{FIRST}/explanation")).json()
        missing = await at.viewer.get(f"{CALLS}/{'0' * 16}/explanation")
    assert call["id"] == FIRST
    assert told["words"][0].startswith(f"Call {FIRST} came on")
    assert told["now"] is None
    assert "agent is not running" in told["now_unknown"]
    assert missing.status == 404


async def test_a_number_is_revealed_to_a_reviewer_for_a_reason_in_the_audit(
    tmp_path: Path,
) -> None:
    path = f"{CALLS}/{FIRST}/reveal"
    async with calls_served(tmp_path, PAGES) as at:
        assert (await at.viewer.post(path, json={"reason": "ticket 7"})).status == 403
        assert (await at.reviewer.post(path, json={"reason": " "})).status == 422
        told = await at.reviewer.post(path, json={"reason": "ticket 7"})
        audit = (await at.reviewer.get("/api/v1/audit?what=reveal")).json()
        none = await at.reviewer.post(f"{CALLS}/{'0' * 16}/reveal", json={"reason": "ticket 7"})
        kept_none = await at.reviewer.post(f"{CALLS}/{WITHHELD}/reveal", json={"reason": "tick"})
    assert told.json() == {"id": FIRST, "number": ALICE}
    assert told.headers["Cache-Control"] == "no-store"
    assert [(one["who"], one["reason"], one["target"]) for one in audit["deeds"]] == [
        ("reviewer (web)", "ticket 7", FIRST)
    ]
    assert ALICE not in json.dumps(audit)
    assert (none.status, kept_none.status) == (404, 422)


async def test_without_a_log_it_is_said(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        for one in (tmp_path / "state").glob("decisions.db*"):
            one.unlink()
        told = await at.viewer.get(CALLS)
    assert told.status == 503
    assert "no decision log" in told.json()["error"]


async def test_an_edge_cannot_be_asked_for_where_the_log_is_of_one(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        answer = await at.viewer.get(f"{CALLS}?edge=edge-a")
    assert (answer.status, "all of one edge" in answer.text) == (422, True)
