import logging
from pathlib import Path

import pytest

from screener.core.captcha_flow import Ending
from tests.unit.adapters.an_ari import NUMBER, SECRET, Ari, running
from tests.unit.adapters.ari_desk import AtWork, Desk, until, working


@pytest.fixture
def secret(tmp_path: Path) -> str:
    path = tmp_path / "ari.secret"
    path.touch(0o600)
    path.write_text(SECRET)
    return str(path)


async def idle(work: AtWork) -> None:
    await until(lambda: work.client.snapshot()["asking"] == 0)


@pytest.mark.parametrize(("keys", "ending"), [("4", "passed"), ("5", "failed")])
async def test_a_call_is_asked_and_sent_back_to_its_ending(
    secret: str, keys: str, ending: str
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        assert work.client.snapshot()["asking"] == 1
        await work.answer("7.1", keys)
        await until(lambda: ari.left == {"7.1": ending})
        await idle(work)
        assert work.desk.given_up == []


async def test_events_find_their_own_call(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        for number in range(50):
            await work.call(f"7.{number}", f"call-{number}")
        for number in range(50):
            await work.answer(f"7.{number}", "5" if number % 3 else "4")
        await until(lambda: len(ari.left) == 50)
        assert {ari.left[f"7.{n}"] for n in range(0, 50, 3)} == {"passed"}
        assert {ari.left[f"7.{n}"] for n in range(50) if n % 3} == {"failed"}


async def test_events_of_channels_that_nobody_knows_do_nothing(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await ari.press("9.9", "4")
        await ari.hang_up("9.9")
        await ari.send({"type": "PlaybackFinished"})
        await work.call("7.1", "call-1")
        assert work.client.snapshot()["asking"] == 1


async def test_a_caller_who_hangs_up_is_sent_nowhere(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        await ari.hang_up("7.1")
        await until(lambda: work.desk.ended == [("call-1", Ending.ABANDONED)])
        await idle(work)
        assert ari.left == {}
        assert not any("continue" in one for one in ari.asked)


async def test_a_call_that_the_dialplan_took_back_is_not_abandoned(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        await ari.take_back("7.1")
        await until(lambda: work.desk.ended == [("call-1", Ending.LOST)])
        await until(lambda: work.desk.given_up == ["call-1"])
        assert ari.left == {}
        assert work.client.snapshot()["released"] == 0


async def test_a_call_without_an_id_of_ours_is_released(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await ari.enter("7.1", f"{NUMBER}\n")
        await until(lambda: ari.left == {"7.1": "lost"})
        assert work.desk.asked == []


async def test_the_same_call_told_twice_is_asked_once(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        await ari.enter("7.1", "call-1")
        await work.answer("7.1", "4")
        await until(lambda: ari.left == {"7.1": "passed"})
        assert work.desk.asked == ["call-1"]


async def test_a_call_whose_link_was_cut_is_asked_again_once(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "screener.ari")
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        ari.cut()
        await until(lambda: work.desk.asked == ["call-1"] * 2 and "7.1" in ari.playing)
        assert work.desk.ended == [("call-1", Ending.LOST)]
        assert work.desk.given_up == []
        await until(lambda: ari.asked[-1] == "POST channels/7.1/play")
        await work.answer("7.1", "4")
        await until(lambda: ari.left == {"7.1": "passed"})
        told = work.client.snapshot()
        assert (told["reclaimed"], told["released"], told["reconnects"]) == (1, 0, 1)
    assert "ARI-RECLAIMED id=call-1" in caplog.messages
    assert "ARI-STUCK" not in caplog.text


async def test_a_call_whose_link_is_cut_again_is_released(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        ari.cut()
        await until(lambda: len(work.desk.asked) == 2)
        await work.until_up()
        ari.cut()
        await until(lambda: ari.left == {"7.1": "lost"})
        await until(lambda: work.desk.given_up == ["call-1"])
        assert len(work.desk.asked) == 2
        assert work.client.snapshot()["released"] == 1
    assert "ARI-RELEASED id=call-1" in caplog.messages


async def test_what_an_agent_before_left_is_asked_where_it_is_open_else_released(
    secret: str,
) -> None:
    ari = Ari(channels={"7.1": "known", "7.2": "unknown", "7.3": ""})
    async with running(ari), working(ari, secret, Desk(open={"known"})) as work:
        await until(lambda: ari.left == {"7.2": "lost", "7.3": "lost"})
        await until(lambda: "7.1" in ari.playing)
        assert work.desk.asked == ["known"]
        assert sorted(work.desk.given_up) == ["", "unknown"]


async def test_a_prompt_that_still_plays_from_before_is_ended_first(secret: str) -> None:
    ari = Ari(channels={"7.1": "known"}, playing={"7.1": "screener-7.1"})
    async with running(ari), working(ari, secret, Desk(open={"known"})):
        await until(lambda: "POST channels/7.1/play" in ari.asked)
        done = [one for one in ari.asked if "7.1" in one]
        assert done[1] == "DELETE playbacks/screener-7.1"
        assert done.index("POST channels/7.1/answer") > 3


async def test_who_hangs_up_while_being_taken_up_gives_its_place_back(secret: str) -> None:
    ari = Ari(channels={"7.1": "known"}, statuses={"moh": 500, "answer": 404})
    async with running(ari), working(ari, secret, Desk(open={"known"})) as work:
        await work.until_up()
        await idle(work)
        ari.statuses = {"answer": 404}
        ari.cut()
        await until(lambda: work.desk.ended == [("known", Ending.ABANDONED)])
        await idle(work)
        assert work.client._calls._owed == {}


async def test_an_ending_that_could_not_be_told_is_told_again_a_moment_later(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        ari.statuses = {"continue": 503}
        await work.answer("7.1", "4")
        await until(lambda: ari.asked[-1] == "POST channels/7.1/continue")
        ari.statuses = {}
        await until(lambda: ari.left == {"7.1": "passed"})
        assert "ARI-STUCK" not in caplog.text


@pytest.mark.parametrize(("keys", "ending"), [("4", "passed"), ("5", "failed")])
async def test_an_ending_that_could_not_be_told_is_told_over_the_next_link(
    secret: str, keys: str, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        ari.statuses = {"continue": 503}
        await work.answer("7.1", keys)
        await until(lambda: "ARI-STUCK id=call-1" in caplog.text)
        ari.statuses = {}
        ari.cut()
        await until(lambda: ari.left == {"7.1": ending})
        assert work.desk.asked == ["call-1"]


async def test_who_hangs_up_while_the_link_is_down_gives_its_place_back(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        del ari.channels["7.1"]
        ari.cut()
        await until(lambda: work.desk.given_up == ["call-1"])
        assert work.desk.asked == ["call-1"]


async def test_who_hangs_up_after_an_ending_could_not_be_told_is_forgotten(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        ari.statuses = {"continue": 503}
        await work.answer("7.1", "4")
        await until(lambda: "ARI-STUCK" in caplog.text)
        await idle(work)
        await ari.hang_up("7.1")
        await until(lambda: work.client._calls._owed == {})


async def test_a_fault_of_ours_ends_no_other_call(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        await work.call("7.1", "call-1")
        work.desk.fault = ZeroDivisionError(NUMBER)
        await ari.enter("7.2", "call-2")
        await until(lambda: "ARI-STUCK" in caplog.text)
        await work.answer("7.1", "4")
        await until(lambda: ari.left == {"7.1": "passed"})
    assert "ZeroDivisionError" in caplog.text
    assert "5550142" not in caplog.text


async def test_at_the_end_of_the_agent_every_call_is_released(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        await work.until_up()
        for number in range(20):
            await work.call(f"7.{number}", f"call-{number}")
        await work.client.close()
        assert set(ari.left.values()) == {"lost"}
        assert len(ari.left) == 20
        assert sorted(work.desk.given_up) == sorted(f"call-{number}" for number in range(20))
        assert not work.client.is_up
        await until(work.task.done)
        assert ari.streams == []
