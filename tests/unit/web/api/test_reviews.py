from pathlib import Path

import pytest

from screener.desk import reviewer
from screener.web.api.pages import PAGES
from tests.unit.web.api.sites import ALICE, FIRST, WITHHELD, calls_served
from tests.unit.web.signed_in import Answer, Visitor

REVIEWS = "/api/v1/reviews"


async def deny(by: Visitor, target: str = "+1900*", **more: str) -> Answer:
    return await by.post(REVIEWS, json={"target": target, "action": "deny", **more})


async def delete(by: Visitor, path: str) -> Answer:
    return await by.ask("DELETE", path, headers={"Origin": by.origin, "X-CSRF": by.csrf})


async def test_a_review_is_made_found_and_undone(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        made = (await deny(at.reviewer, reason="a scam", list="block")).json()
        found = (await at.viewer.get(f"{REVIEWS}?list=block&action=deny")).json()
        undone = (await delete(at.reviewer, f"{REVIEWS}/{made['review']}")).json()
        again = await delete(at.reviewer, f"{REVIEWS}/{made['review']}")
        none = await delete(at.reviewer, f"{REVIEWS}/99")
        left = (await at.viewer.get(REVIEWS)).json()
        gone = (await at.viewer.get(f"{REVIEWS}?state=undone")).json()
    assert made["review"] == 1
    assert made["told"][0].startswith("review 1: deny +1900* until ")
    assert made["told"][1] == "no agent runs: it takes effect at its next start"
    assert made["in_force"] is False
    assert [(one["entry"], one["who"], one["reason"]) for one in found["reviews"]] == [
        ("+1900*", "reviewer (web)", "a scam")
    ]
    assert undone["review"] == 1
    assert (again.status, none.status) == (409, 404)
    assert left["reviews"] == []
    assert gone["reviews"][0]["undone_by"] == "reviewer (web)"


@pytest.mark.parametrize(
    ("path", "action", "list_action"),
    [("allow", "allow", "allow"), ("deny", "deny", "deny"), ("not-spam", "not-spam", "allow")],
)
async def test_a_caller_is_decided_of_by_its_call_and_never_shown(
    tmp_path: Path, path: str, action: str, list_action: str
) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        whole = await at.reviewer.post(f"/api/v1/calls/{FIRST}/{path}", json={"duration": "1h"})
        found = (await at.viewer.get(REVIEWS)).json()["reviews"]
        none = await at.reviewer.post(f"/api/v1/calls/{'0' * 16}/{path}", json={})
        withheld = await at.reviewer.post(f"/api/v1/calls/{WITHHELD}/{path}", json={})
    assert whole.status == 200
    assert [(one["what"], one["action"], one["call_id"]) for one in found] == [
        (action, list_action, FIRST)
    ]
    assert found[0]["until"] == pytest.approx(found[0]["at"] + 3_600.0)
    assert ALICE[4:] not in whole.text
    assert none.status == 404
    assert withheld.status == 422
    assert "names no caller" in withheld.json()["error"]


@pytest.mark.parametrize("target", ["911", "_.", "nobody", "+1900"])
async def test_what_would_do_harm_or_names_nobody_is_refused(tmp_path: Path, target: str) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        told = await deny(at.reviewer, target)
    assert told.status in {200, 422}
    if told.status == 422:
        assert not told.json()["error"].startswith("TARGET")
    else:
        assert target == "+1900"


async def test_an_agent_that_hangs_costs_no_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object) -> None:
        raise reviewer.NotTakenInError("it is kept, but the agent has not taken it in: x")

    monkeypatch.setattr("screener.desk.reviews.tell_agent", hang)
    async with calls_served(tmp_path, PAGES) as at:
        told = (await deny(at.reviewer)).json()
        found = (await at.viewer.get(REVIEWS)).json()["reviews"]
    assert (told["review"], told["in_force"], len(found)) == (1, False, 1)
    assert told["told"][-1].startswith("it is kept, but")


async def test_pages_of_reviews_go_on_where_the_last_one_ended(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        for place in range(3):
            await deny(at.reviewer, f"+190{place}*")
        first = (await at.viewer.get(f"{REVIEWS}?limit=2")).json()
        rest = (await at.viewer.get(f"{REVIEWS}?limit=2&before={first['before']}")).json()
    assert [one["entry"] for one in first["reviews"]] == ["+1902*", "+1901*"]
    assert ([one["entry"] for one in rest["reviews"]], rest["before"]) == (["+1900*"], None)


async def test_lists_are_counted_and_a_pause_is_told(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        await deny(at.reviewer)
        before = (await at.viewer.get("/api/v1/lists")).json()
        paused = (await at.reviewer.post("/api/v1/pause", json={"duration": "15m"})).json()
        during = (await at.viewer.get("/api/v1/lists")).json()
        await delete(at.reviewer, "/api/v1/pause")
        after = (await at.viewer.get("/api/v1/lists")).json()
    assert [(one["name"], one["source"], one["entries"]) for one in before["lists"]] == [
        ("reviewed", "reviews", 1),
        ("partners", "configuration", 1),
    ]
    assert paused["review"] == 2
    assert (before["paused_until"], after["paused_until"]) == (None, None)
    assert during["paused_until"] is not None


async def test_a_trunk_is_denied_by_who_is_sure(tmp_path: Path) -> None:
    async with calls_served(tmp_path, PAGES) as at:
        unsure = await deny(at.reviewer, "trunk:trunk-a")
        long = await at.reviewer.post(
            REVIEWS,
            json={"target": "trunk:a", "action": "deny", "sure": True, "duration": "forever"},
        )
        body = {"target": "trunk:trunk-a", "action": "deny", "sure": True}
        made = (await at.reviewer.post(REVIEWS, json=body)).json()
        found = (await at.viewer.get(REVIEWS)).json()["reviews"]
    assert unsure.status == long.status == 422
    assert "calls of the last hour" in unsure.json()["error"]
    assert made["review"] == 1
    assert [(one["entry"], one["until"] is None) for one in found] == [("trunk trunk-a", False)]
