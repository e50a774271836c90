from pathlib import Path

from screener.core.outcome import Event, Outcome
from screener.web.call_page import timeline
from tests.unit.web.calls_site import ALICE, BOB, FIRST, SECOND, WITHHELD, calls_site


async def test_a_call_is_told_in_words_and_in_points(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        text = (await at.viewer.get(f"/calls/{FIRST}")).text
        assert f"<h1>Call {FIRST}</h1>" in text
        assert "It was let in, with priority 5 of 10 in the queue." in text
        assert "no earlier call of this number is known" in text
        assert '<td data-name="Points" class="number">+1.00</td>' in text
        assert 'class="from-challenge"' in text
        assert "No list speaks of the caller" in text
        assert "the agent is not running" in text
        assert "5550142" not in text


async def test_what_each_level_of_pressure_would_say_is_told(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        text = (await at.viewer.get(f"/calls/{FIRST}")).text
        for level in ("calm", "rising", "full"):
            assert f'<th scope="row" data-name="Pressure">{level}</th>' in text
        assert "configuration in force now" in text


async def test_the_caller_s_other_calls_and_only_those_are_told(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        at.came("00000000000000c1", ALICE, -30.0)
        at.log.decisions.outcome("00000000000000c1", Outcome(Event.ANSWERED, 60.0))
        at.log.upkeep.step()
        text = (await at.viewer.get(f"/calls/{FIRST}")).text
        history = text[text.index('id="history"') :]
        assert "/calls/00000000000000c1" in history
        assert f"/calls/{SECOND}" not in history
        assert "2 calls in all, this one included: 2 admit; 1 answered" in history
        assert "/calls?number=" in history


async def test_a_caller_without_a_number_has_no_history_and_is_not_decided_of(
    tmp_path: Path,
) -> None:
    async with calls_site(tmp_path) as at:
        text = (await at.reviewer.get(f"/calls/{WITHHELD}")).text
        assert "names no caller" in text
        assert "formaction" not in text
        assert "/reveal" not in text


async def test_only_reviewers_are_offered_to_decide_and_to_reveal(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        path = f"/calls/{FIRST}"
        assert f'action="{path}/reveal"' in (await at.reviewer.get(path)).text
        assert "formaction" not in (await at.viewer.get(path)).text
        assert "/reveal" not in (await at.viewer.get(path)).text


async def test_a_call_that_was_never_judged_has_no_points(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        at.log.ask_to(
            "UPDATE calls SET score = NULL, would_score = NULL, signals = NULL, pressure = NULL, "
            "challenge_from = NULL, drop_from = NULL, reasons = 'imported', mode = 'imported' "
            "WHERE id = ?",
            FIRST,
        )
        page = await at.viewer.get(f"/calls/{FIRST}")
        assert page.status == 200
        assert 'id="points"' not in page.text
        assert 'id="otherwise"' not in page.text


async def test_a_call_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        page = await at.viewer.get("/calls/00000000000000ff")
        assert (page.status, "The log holds no call of this id" in page.text) == (404, True)
        assert (await at.viewer.get(f"/calls/{BOB}")).status == 404


def test_what_became_of_a_call_is_told_with_its_time_since_it_came() -> None:
    outcomes = [
        {"at": 100.0, "event": "queue_joined", "talk_s": 0.0},
        {"at": 160.0, "event": "answered", "talk_s": 30.0},
        {"at": 90.0, "event": "new", "talk_s": None},
    ]
    told = timeline({"at": 95.0, "outcomes": outcomes})
    assert [(one.after_s, one.words) for one in told] == [
        (5.0, "in the queue"),
        (65.0, "answered, talked 30 s"),
        (0.0, "new"),
    ]
