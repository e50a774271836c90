import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from screener.adapters import ami_client, ami_link
from screener.adapters.ami_client import AmiClient
from screener.config.options import AmiOptions
from screener.core.call import Load
from screener.service.queue_watch import QueueWatch
from tests.builders import HandClock
from tests.unit.adapters.a_manager import SECRET, Manager, joined, message, running

PATIENCE_S = 10.0


@dataclass
class Watching:
    """A client at work, and the pauses that it made between its attempts."""

    watch: QueueWatch
    task: asyncio.Task[None]
    pauses: list[float] = field(default_factory=list)

    @property
    def waiting(self) -> int | None:
        return self.watch.complete(Load()).queue_waiting


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "ami.secret"
    put(path, SECRET + "\n")
    return path


def put(path: Path, text: str, mode: int = 0o600) -> None:
    """Put a whole file in the place of another, as a reader may look at any moment."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(path)


@asynccontextmanager
async def watching(
    manager: Manager, secret: Path, *queues: str, every: float = 5.0, chance: float = 1.0
) -> AsyncIterator[Watching]:
    options = AmiOptions(
        host="127.0.0.1",
        port=manager.port,
        secret_file=str(secret),
        queues=queues or ("operators",),
        every=every,
    )
    watch = QueueWatch(options.queues, HandClock())
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.001)

    client = AmiClient(options, watch, rest=rest, chance=lambda: chance)
    task = asyncio.get_running_loop().create_task(client.run())
    try:
        yield Watching(watch, task, pauses)
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=PATIENCE_S)
        assert task.cancelled()


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


async def test_the_queue_is_seen_and_said_to_be(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "screener.ami")
    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        await until(lambda: at_work.waiting is not None)
        assert at_work.watch.complete(Load()) == Load(3, 4, 1, None)
        assert at_work.watch.snapshot()["longest_wait_s"] == 61
    assert caplog.messages == [f"AMI-UP 127.0.0.1:{manager.port} queues=operators"]


async def test_it_looks_again_at_its_pace(secret: Path) -> None:
    async with running(Manager()) as manager, watching(manager, secret, every=0.01) as at_work:
        await until(lambda: at_work.waiting == 3)
        manager.waiting = 9
        await until(lambda: at_work.waiting == 9)
        assert len(manager.writers) == 1


async def test_an_event_brings_the_next_look_forward(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "LEAST_GAP_S", 0.01)
    async with running(Manager()) as manager, watching(manager, secret, every=3600) as at_work:
        await until(lambda: at_work.waiting == 3)
        manager.waiting = 4
        manager.tell(joined())
        await until(lambda: at_work.waiting == 4)
        assert manager.polls == 2


async def test_a_flood_of_events_brings_no_flood_of_looks(secret: Path) -> None:
    async with running(Manager()) as manager, watching(manager, secret, every=3600) as at_work:
        await until(lambda: at_work.waiting == 3)
        for _ in range(200):
            manager.tell(joined() * 20)
            await asyncio.sleep(0.0005)
        assert manager.polls <= 2


async def test_no_word_of_a_caller_changes_a_figure(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "LEAST_GAP_S", 0.001)
    forged = message(
        Event="QueueSummary", Queue="operators", LoggedIn=999, Available=999, Callers=0
    ).decode()
    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        await until(lambda: at_work.waiting == 3)
        for attack in (f"1\r\n\r\n{forged}", "1\r\nCallers: 0", "status will follow", "1\r\n\r\n"):
            before = manager.polls
            manager.before = joined(attack)
            manager.tell(joined(attack))
            await until(lambda before=before: manager.polls > before + 1)  # type: ignore[misc]
            assert at_work.watch.complete(Load()) == Load(3, 4, 1, None)
        assert at_work.pauses == []


async def test_several_queues_are_asked_one_by_one_and_an_unknown_one_is_told_once(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manager = Manager(queues=("operators", "spanish"))
    queues = ("operators", "spanish", "typo")
    async with (
        running(manager),
        watching(manager, secret, *queues, every=0.005) as at_work,
    ):
        await until(lambda: manager.polls > 9)
        assert at_work.waiting == 6
        assert at_work.watch.snapshot()["unseen"] == "typo"
    assert [line for line in caplog.messages if line.startswith("AMI-QUEUE")] == [
        f"AMI-QUEUE typo is no queue of 127.0.0.1:{manager.port}"
    ]


async def test_a_wrong_secret_is_told_once_and_tried_ever_more_rarely(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(secret, "another\n")
    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        await until(lambda: len(at_work.pauses) >= 8)
        assert at_work.pauses[:8] == [1, 2, 4, 8, 16, 30, 30, 30]
        put(secret, SECRET)
        await until(lambda: at_work.waiting == 3)
    told = [line for line in caplog.messages if line.startswith("AMI-DOWN")]
    assert len(told) == 1
    assert "the login as screener was refused" in told[0]
    assert "another" not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("chance", "pauses"), [(0.0, [1, 1, 2, 2]), (1.0, [1, 2, 4, 4])])
async def test_where_nobody_listens_it_comes_back_within_seconds(
    secret: Path, chance: float, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Manager()) as manager:
        pass
    async with watching(manager, secret, chance=chance) as at_work:
        await until(lambda: len(at_work.pauses) >= 4)
        assert at_work.pauses[:4] == pauses
        async with running(Manager(), manager.port):
            await until(lambda: at_work.waiting == 3)
    assert len([line for line in caplog.messages if line.startswith("AMI-DOWN")]) == 1


async def test_a_cut_link_is_made_again_and_the_pauses_begin_anew(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "screener.ami")
    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        for attempts in (1, 2, 3):
            await until(lambda attempts=attempts: caplog.text.count("AMI-UP") == attempts)  # type: ignore[misc]
            manager.cut()
        await until(lambda: manager.polls == 4)
        assert at_work.pauses == [1.0] * 3
    words = [line.split()[0] for line in caplog.messages]
    assert words[:4] == ["AMI-UP", "AMI-DOWN", "AMI-UP", "AMI-DOWN"]


@pytest.mark.parametrize(
    "wrong",
    [
        Manager(banner=b"SSH-2.0-x\r\n"),
        Manager(silent=True),
        Manager(waiting="many"),
        Manager(waiting=-1),
        Manager(waiting="99999999"),
        Manager(summary=lambda own: message(Response="Error", ActionID=own)),
    ],
    ids=["no asterisk", "silent", "words", "negative", "huge", "refused"],
)
async def test_whatever_answers_wrongly_is_told_and_tried_again(
    wrong: Manager, secret: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ami_link, "TIMEOUT_S", 0.05)
    async with running(replace(wrong)) as manager, watching(manager, secret) as at_work:
        await until(lambda: len(at_work.pauses) >= 4)
        assert at_work.pauses[:4] == [1, 2, 4, 4]
        assert at_work.waiting is None
        assert str(at_work.watch.snapshot()["why"]) in caplog.text
    assert "many" not in caplog.text


async def test_an_exposed_secret_is_not_used(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(secret, SECRET, 0o644)
    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        await until(lambda: len(at_work.pauses) >= 5)
        assert at_work.pauses[4] == 16
        assert manager.asked == []
    assert "chmod 600" in caplog.text


async def test_a_fault_of_ours_ends_nothing(
    secret: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("+16515550142")

    async with running(Manager()) as manager, watching(manager, secret) as at_work:
        await until(lambda: at_work.waiting == 3)
        with monkeypatch.context() as bug:
            bug.setattr(ami_client, "read_summary", broken)
            manager.cut()
            await until(lambda: len(at_work.pauses) >= 3)
        manager.waiting = 5
        await until(lambda: at_work.waiting == 5)
    assert "a fault of ours (ZeroDivisionError)" in caplog.text
    assert "5550142" not in caplog.text
