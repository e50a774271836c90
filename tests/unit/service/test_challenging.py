import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from screener.core.call import Facts
from screener.core.captcha_flow import Answer, AwaitKey, Command, Ending, Say, Wait
from screener.core.settings import (
    CaptchaSettings,
    Mode,
    Settings,
    SignalSpec,
)
from screener.errors import CallerGoneError, LineLostError
from screener.service.challenging import Challenges
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import NOW, an_engine

if TYPE_CHECKING:
    from screener.core.outcome import Outcome

EVERYBODY = {**Settings().signals, "new-caller": SignalSpec(6.0)}
SETTINGS = Settings(mode=Mode.ENFORCE, signals=EVERYBODY)


class Fixture:
    """A service that challenges everybody, and what it learned of them."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.learned: list[tuple[str, Outcome]] = []
        self.service = ScreeningService(
            an_engine(settings),
            lambda: NOW,
            Tally(),
            outcome_sinks=[lambda call_id, outcome: self.learned.append((call_id, outcome))],
        )
        self.challenges = Challenges(self.service, lambda _: 0)

    def challenged(self, number: str = "+16515550142") -> str:
        answer = self.service.screen(Facts(number=number))
        assert answer["SCREENER_VERDICT"] == "challenge"
        return answer["SCREENER_ID"]

    @property
    def events(self) -> list[str]:
        return [outcome.event.value for _, outcome in self.learned]


class Presser:
    """A line whose caller presses these keys, one each time it is listened to."""

    def __init__(self, keys: str, fault: Exception | None = None, after: int = 0) -> None:
        self.done: list[Command] = []
        self._keys = list(keys)
        self._fault = fault
        self._after = after

    async def perform(self, command: Command) -> str:
        self.done.append(command)
        if self._fault is not None and len(self.done) > self._after:
            raise self._fault
        await asyncio.sleep(0)
        return self._keys.pop(0) if isinstance(command, AwaitKey) and self._keys else ""


class Dumb:
    """A line that never comes back from a wait for a key, nor from its cancelling twice."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def perform(self, command: Command) -> str:
        if not isinstance(command, AwaitKey):
            return ""
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1
        return ""


@pytest.mark.parametrize(
    ("keys", "ending", "event"),
    [
        ("00", Ending.PASSED, "challenge_passed"),
        ("1234", Ending.FAILED, "challenge_failed"),
        ("", Ending.SILENT, "challenge_silent"),
    ],
)
async def test_what_came_of_it_is_returned_and_learned(
    keys: str, ending: Ending, event: str
) -> None:
    fixture = Fixture()
    call_id = fixture.challenged()
    line = Presser(keys)
    assert await fixture.challenges.ask(call_id, line) is ending
    assert fixture.events == [event]
    assert [type(command) for command in line.done[:3]] == [Answer, Wait, Say]
    assert not fixture.challenges.is_open(call_id)


async def test_a_caller_who_hangs_up_has_abandoned_it() -> None:
    fixture = Fixture()
    call_id = fixture.challenged()
    gone = Presser("", CallerGoneError("gone"), after=2)
    assert await fixture.challenges.ask(call_id, gone) is Ending.ABANDONED
    assert fixture.events == ["challenge_abandoned"]


@pytest.mark.parametrize(
    "fault",
    [LineLostError("the link is down"), OSError("x"), TimeoutError(), ValueError("6515550142")],
)
async def test_a_line_that_is_lost_is_told_teaches_nothing_and_can_be_asked_again(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "screener.calls")
    fixture = Fixture()
    call_id = fixture.challenged()
    assert await fixture.challenges.ask(call_id, Presser("", fault)) is Ending.LOST
    assert fixture.events == []
    assert f"LINE-LOST id={call_id}" in caplog.text
    assert "6515550142" not in caplog.text
    assert fixture.challenges.is_open(call_id)
    assert await fixture.challenges.ask(call_id, Presser("00")) is Ending.PASSED


async def test_all_of_it_takes_no_longer_than_allowed() -> None:
    captcha = CaptchaSettings(seconds=0.05, hold_for=0.0)
    fixture = Fixture(replace(SETTINGS, captcha=captcha))
    line = Dumb()
    assert await fixture.challenges.ask(fixture.challenged(), line) is Ending.SILENT
    assert line.cancelled == 1


async def test_a_call_that_was_not_challenged_is_not_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "screener.calls")
    fixture = Fixture()
    line = Presser("00")
    assert await fixture.challenges.ask("somebody", line) is Ending.LOST
    assert line.done == []
    assert fixture.events == []
    assert "UNASKED id=somebody" in caplog.text


async def test_nobody_is_asked_twice_at_once() -> None:
    fixture = Fixture()
    call_id = fixture.challenged()
    both = await asyncio.gather(
        fixture.challenges.ask(call_id, Presser("00")),
        fixture.challenges.ask(call_id, Presser("00")),
    )
    assert sorted(both) == [Ending.LOST, Ending.PASSED]
    assert fixture.events == ["challenge_passed"]


async def test_a_passed_captcha_cannot_be_passed_again() -> None:
    fixture = Fixture()
    call_id = fixture.challenged()
    await fixture.challenges.ask(call_id, Presser("00"))
    assert await fixture.challenges.ask(call_id, Presser("00")) is Ending.LOST
    assert fixture.events == ["challenge_passed"]


async def test_a_place_that_is_given_up_is_free_again() -> None:
    fixture = Fixture(replace(SETTINGS, captcha=CaptchaSettings(places=1)))
    call_id = fixture.challenged()
    second = fixture.service.screen(Facts(number="+16515550143"))
    assert second["SCREENER_VERDICT"] == "admit"
    fixture.challenges.give_up(call_id)
    assert not fixture.challenges.is_open(call_id)
    fixture.challenged("+16515550144")


async def test_the_status_tells_how_many_are_asked_and_how_it_ended() -> None:
    fixture = Fixture()
    calls = [fixture.challenged(f"+1651555014{last}") for last in range(3)]
    keys = ("00", "11", "00")
    await asyncio.gather(
        *(
            fixture.challenges.ask(call_id, Presser(pressed))
            for call_id, pressed in zip(calls, keys, strict=True)
        )
    )
    told = fixture.challenges.snapshot()
    assert (told["asking"], told["most"], told["passed"], told["failed"]) == (0, 3, 2, 1)
