import asyncio
import logging
import sys
import threading

import pytest
import uvloop

from screener.errors import MissingPartError, ScreenerError
from screener.service.uncaught import of_loop, telling_uncaught

NUMBER = "+16515550142"


def fail() -> None:
    raise RuntimeError(NUMBER)


class Clumsy:
    def __del__(self) -> None:
        fail()


async def fail_in_a_task() -> None:
    fail()


def told(caplog: pytest.LogCaptureFixture, words: str) -> None:
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert f"{words} raised RuntimeError" in text
    assert "in fail" in text
    assert NUMBER[2:] not in caplog.text


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_callback_and_a_task_are_told_without_their_message(
    caplog: pytest.LogCaptureFixture,
    factory: "type[asyncio.AbstractEventLoop]",
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def run(number: str) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(of_loop)
        loop.call_soon(lambda _: fail(), number)
        task = loop.create_task(fail_in_a_task(), name=number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    with caplog.at_level(logging.ERROR), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(run(NUMBER))
    told(caplog, "the event loop")
    assert len(caplog.records) == 2
    assert NUMBER[2:] not in "".join(capfd.readouterr())


def test_what_an_event_loop_tells_without_an_error_ends_before_its_objects(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with asyncio.Runner() as runner:
        of_loop(runner.get_loop(), {"message": f"Task was destroyed <Task {NUMBER}>"})
    assert caplog.messages == ["the event loop: Task was destroyed "]


def test_threads_and_finalizers_are_told_and_the_hooks_put_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = threading.excepthook, sys.unraisablehook
    with telling_uncaught():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        told(caplog, "a thread")
        Clumsy()
        told(caplog, "a finalizer")
    assert (threading.excepthook, sys.unraisablehook) == before


def test_what_ends_the_program_is_one_of_ours_without_the_message() -> None:
    said = r"(?s)a fault of ours, RuntimeError\n.*in fail"
    with pytest.raises(ScreenerError, match=said) as info, telling_uncaught():
        fail()
    assert NUMBER[2:] not in str(info.value)
    assert info.value.__cause__ is None
    with pytest.raises(MissingPartError, match="as it was"), telling_uncaught():
        raise MissingPartError("as it was")
