import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from screener.adapters import ari_line
from screener.adapters.ari_line import KEYS_KEPT, AriLine
from screener.adapters.ari_link import AriLink
from screener.core.captcha_flow import Answer, AwaitKey, Ending, Say, Wait
from screener.core.settings import Hold
from screener.errors import CallerGoneError, LineLostError
from screener.protocol.ari import Left, Played, Pressed
from tests.unit.adapters.an_ari import SECRET, Ari, running

CHANNEL = "7.1"
SOUNDS = ("vm-press", "digits/4")


class Telephone:
    """A channel in a served ARI, and our line to it, which hears its events."""

    def __init__(self, ari: Ari, link: AriLink) -> None:
        self.ari = ari
        self.line = AriLine(link, CHANNEL)
        self._link = link

    async def hear(self) -> None:
        while True:
            match await self._link.receive():
                case Pressed(_, key):
                    self.line.press(key)
                case Played(_, playback, failed):
                    self.line.played(playback, failed=failed)
                case Left():
                    self.line.end(LineLostError("taken back"))

    async def until_playing(self) -> None:
        await until(lambda: CHANNEL in self.ari.playing)

    def did(self) -> list[str]:
        return [one.replace(f"channels/{CHANNEL}/", "") for one in self.ari.asked]


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


@asynccontextmanager
async def telephone() -> AsyncIterator[Telephone]:
    async with running(Ari(channels={CHANNEL: "call-1"})) as ari:
        link = await AriLink.open(ari.url, "screener", SECRET, "screener")
        phone = Telephone(ari, link)
        hearing = asyncio.get_running_loop().create_task(phone.hear())
        try:
            yield phone
        finally:
            hearing.cancel()
            await link.close()


async def test_the_call_is_answered() -> None:
    async with telephone() as phone:
        assert await phone.line.perform(Answer()) == ""
        assert phone.did() == ["POST answer"]


@pytest.mark.parametrize(
    ("how", "did"),
    [
        (Hold.SILENCE, []),
        (Hold.MUSIC, ["POST moh", "DELETE moh"]),
        (Hold.RINGING, ["POST ring", "DELETE ring"]),
    ],
)
async def test_a_wait_sounds_as_it_should_and_drops_keys(how: Hold, did: list[str]) -> None:
    async with telephone() as phone:
        waiting = asyncio.ensure_future(phone.line.perform(Wait(how, 0.05)))
        await phone.ari.press(CHANNEL, "12")
        assert await waiting == ""
        assert phone.did() == did
        assert await phone.line.perform(AwaitKey(0.02)) == ""


async def test_no_wait_at_all_asks_for_nothing() -> None:
    async with telephone() as phone:
        await phone.line.perform(Wait(Hold.MUSIC, 0.0))
        assert phone.did() == []


async def test_keys_in_a_prompt_are_dropped_and_those_behind_it_kept_in_order() -> None:
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        await phone.ari.press(CHANNEL, "99")
        await phone.ari.end_playback(CHANNEL)
        await phone.ari.press(CHANNEL, "4#")
        assert await saying == ""
        assert await phone.line.perform(AwaitKey(5)) == "4"
        assert await phone.line.perform(AwaitKey(5)) == "#"
        assert await phone.line.perform(AwaitKey(0.02)) == ""
        assert phone.did() == ["POST play"]


async def test_where_keys_are_heeded_the_first_one_ends_the_prompt() -> None:
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=True)))
        await phone.until_playing()
        await phone.ari.press(CHANNEL, "47")
        assert await saying == "4"
        assert await phone.line.perform(AwaitKey(5)) == "7"
        assert phone.did() == ["POST play", f"DELETE playbacks/screener-{CHANNEL}"]
        assert phone.ari.playing == {}


async def test_keys_left_over_from_one_try_are_none_of_the_next() -> None:
    async with telephone() as phone:
        for heed in (False, True):
            saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=heed)))
            await phone.until_playing()
            await phone.ari.end_playback(CHANNEL)
            assert await saying == ""
            await phone.ari.press(CHANNEL, "55")
            assert await phone.line.perform(AwaitKey(5)) == "5"


async def test_no_more_keys_are_kept_than_any_answer_has() -> None:
    async with telephone() as phone:
        phone.line.played(f"screener-{CHANNEL}", failed=False)
        for _ in range(10 * KEYS_KEPT):
            phone.line.press("1")
        for _ in range(KEYS_KEPT):
            assert await phone.line.perform(AwaitKey(0)) == "1"
        assert await phone.line.perform(AwaitKey(0)) == ""


async def test_the_end_of_another_playback_is_not_ours() -> None:
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        phone.line.played("another", failed=True)
        await asyncio.sleep(0.02)
        assert not saying.done()
        await phone.ari.end_playback(CHANNEL)
        assert await saying == ""


async def test_a_caller_who_hangs_up_in_a_prompt_is_gone_though_its_failure_is_told_first() -> None:
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        await phone.ari.end_playback(CHANNEL, "failed")
        await asyncio.sleep(0)
        phone.line.end(CallerGoneError("the caller has hung up"))
        with pytest.raises(CallerGoneError):
            await saying


async def test_a_prompt_that_cannot_be_played_is_a_lost_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ari_line, "HANGUP_S", 0.02)
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        await phone.ari.end_playback(CHANNEL, "failed")
        with pytest.raises(LineLostError, match="could not be played"):
            await saying


COMMANDS = [Wait(Hold.SILENCE, 60), Say(SOUNDS, heed_keys=False), AwaitKey(60)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("why", [CallerGoneError("gone"), LineLostError("cut")])
async def test_whatever_is_under_way_ends_with_the_line(
    command: Wait | Say | AwaitKey, why: CallerGoneError | LineLostError
) -> None:
    async with telephone() as phone:
        doing = asyncio.ensure_future(phone.line.perform(command))
        await asyncio.sleep(0.02)
        phone.line.end(why)
        phone.line.end(LineLostError("later"))
        with pytest.raises(type(why), match=str(why)):
            await doing
        with pytest.raises(type(why)):
            await phone.line.perform(Answer())


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, CallerGoneError), (409, CallerGoneError), (412, LineLostError), (500, LineLostError)],
)
async def test_a_refused_request_says_whether_the_caller_is_gone(
    status: int, error: type[Exception]
) -> None:
    async with telephone() as phone:
        phone.ari.statuses = {"answer": status}
        with pytest.raises(error):
            await phone.line.perform(Answer())


async def test_a_cancelled_prompt_is_silenced_before_anything_else_is_done() -> None:
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        saying.cancel()
        await asyncio.wait([saying])
        await phone.line.leave(Ending.SILENT)
        assert phone.did() == [
            "POST play",
            f"DELETE playbacks/screener-{CHANNEL}",
            "POST continue",
        ]
        assert phone.ari.left == {CHANNEL: "silent"}


async def test_a_cancelled_wait_is_silenced_before_the_next_command() -> None:
    async with telephone() as phone:
        waiting = asyncio.ensure_future(phone.line.perform(Wait(Hold.MUSIC, 60)))
        await until(lambda: phone.did() == ["POST moh"])
        waiting.cancel()
        await asyncio.wait([waiting])
        await phone.line.perform(Answer())
        await phone.line.perform(Answer())
        assert phone.did() == ["POST moh", "DELETE moh", "POST answer", "POST answer"]


@pytest.mark.parametrize("command", [Answer(), Say(SOUNDS, heed_keys=True)])
async def test_a_request_may_be_cancelled_and_the_line_used_on(command: Answer | Say) -> None:
    async with telephone() as phone:
        phone.ari.silent = True
        doing = asyncio.ensure_future(phone.line.perform(command))
        await until(lambda: len(phone.did()) == 1)
        doing.cancel()
        await asyncio.wait([doing])
        phone.ari.silent = False
        await phone.line.leave(Ending.FAILED)
        assert phone.ari.left == {CHANNEL: "failed"}


async def test_a_line_that_ended_may_still_be_left() -> None:
    async with telephone() as phone:
        phone.line.end(LineLostError("the agent ends"))
        await phone.line.leave(Ending.LOST)
        assert phone.ari.left == {CHANNEL: "lost"}


async def test_a_channel_taken_over_is_silenced_whatever_sounds_there() -> None:
    async with telephone() as phone:
        phone.ari.playing[CHANNEL] = f"screener-{CHANNEL}"
        await phone.line.quiet()
        assert phone.did() == [
            f"DELETE playbacks/screener-{CHANNEL}",
            "DELETE moh",
            "DELETE ring",
        ]
        assert phone.ari.playing == {}
        await phone.line.quiet()


async def test_a_playback_that_never_says_it_is_over_holds_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ari_line, "STOPPING_S", 0.02)
    async with telephone() as phone:
        saying = asyncio.ensure_future(phone.line.perform(Say(SOUNDS, heed_keys=False)))
        await phone.until_playing()
        saying.cancel()
        await asyncio.wait([saying])
        phone.ari.streams.clear()
        await phone.line.leave(Ending.SILENT)
        assert phone.ari.left == {CHANNEL: "silent"}
