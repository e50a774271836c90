import asyncio

import pytest

from screener.adapters import ami_link
from screener.adapters.ami_link import AmiLink, LoginRefusedError
from screener.errors import RemoteProtocolError
from tests.unit.adapters.a_manager import SECRET, Manager, joined, message, running


async def asked(manager: Manager) -> str:
    """Log in, ask for a summary and return the callers that wait."""
    link = await AmiLink.open("127.0.0.1", manager.port)
    try:
        await link.login("screener", SECRET)
        rows = await link.request(
            "QueueSummary", {"Queue": "operators"}, until="QueueSummaryComplete"
        )
        return next(row.get("Callers") for row in rows if row.get("Event") == "QueueSummary")
    finally:
        link.close()


async def test_a_login_never_sends_the_secret() -> None:
    async with running(Manager()) as manager:
        assert await asked(manager) == "3"
    assert SECRET not in str(manager.asked)
    assert [one["Action"] for one in manager.asked] == ["Challenge", "Login", "QueueSummary"]


async def test_every_request_has_an_id_of_its_own_that_nobody_can_guess() -> None:
    async with running(Manager()) as manager:
        await asked(manager)
        await asked(manager)
    ids = [one["ActionID"] for one in manager.asked]
    assert len(set(ids)) == len(ids)
    assert min(map(len, ids)) == 16


async def test_a_wrong_secret_is_refused_as_such() -> None:
    async with running(Manager()) as manager:
        link = await AmiLink.open("127.0.0.1", manager.port)
        with pytest.raises(LoginRefusedError, match="screener was refused") as told:
            await link.login("screener", "another")
        link.close()
    assert "another" not in str(told.value)


@pytest.mark.parametrize(
    "before",
    [
        joined(),
        joined("+1651\r\n\r\nEvent: QueueSummary\r\nQueue: operators\r\nCallers: 0\r\n\r\n"),
        joined("+1651\r\n\r\nResponse: Error\r\n\r\nEvent: QueueSummaryComplete\r\n\r\n"),
        joined("+1651\r\nActionID: 0\r\nCallers: 0"),
        joined("status will follow"),
        message(Event="QueueSummary", Callers=0, ActionID="1"),
        message(Response="Error", Message="Permission denied"),
    ],
)
async def test_only_what_carries_the_requests_own_id_is_an_answer(before: bytes) -> None:
    async with running(Manager(before=before)) as manager:
        assert await asked(manager) == "3"


async def test_an_event_is_noted_while_waiting_and_in_the_middle_of_an_answer() -> None:
    async with running(Manager()) as manager:
        link = await AmiLink.open("127.0.0.1", manager.port)
        await link.login("screener", SECRET)
        await link.wait(0.01)
        assert not link.stirred
        manager.tell(joined())
        await link.wait(5)
        assert link.stirred
        link.stirred = False
        manager.before = joined()
        await link.request("QueueSummary", {"Queue": "operators"}, until="QueueSummaryComplete")
        assert link.stirred
        link.close()


@pytest.mark.parametrize("banner", [b"SSH-2.0-x\r\n", b"x" * 100_000])
async def test_who_is_no_asterisk_is_refused(banner: bytes) -> None:
    async with running(Manager(banner=banner)) as manager:
        with pytest.raises(RemoteProtocolError):
            await asked(manager)


@pytest.mark.parametrize("banner", [b"", b"Asterisk Call Manager/11.0.0\r\n"])
async def test_who_is_silent_is_left(banner: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_link, "TIMEOUT_S", 0.05)
    async with running(Manager(banner=banner, silent=True)) as manager:
        with pytest.raises(TimeoutError):
            await asked(manager)


async def test_an_answer_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_link, "TIMEOUT_S", 5.0)
    endless = Manager(summary=lambda own: message(Event="QueueSummary", ActionID=own) * 1_500)
    async with running(endless) as manager:
        with pytest.raises(RemoteProtocolError, match="more than"):
            await asked(manager)


@pytest.mark.parametrize("rest", [b"", b"Event: Queue", b"Event: QueueSummary\r\n"])
async def test_a_connection_that_ends_is_told(rest: bytes) -> None:
    async with running(Manager()) as manager:
        link = await AmiLink.open("127.0.0.1", manager.port)
        await link.login("screener", SECRET)
        manager.tell(rest)
        for writer in manager.writers:
            writer.close()
        with pytest.raises(RemoteProtocolError, match=r"closed|middle"):
            await link.wait(5)
        link.close()


async def test_where_nobody_listens_is_told() -> None:
    async with running(Manager()) as manager:
        port = manager.port
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.wait_for(AmiLink.open("127.0.0.1", port), 5)
