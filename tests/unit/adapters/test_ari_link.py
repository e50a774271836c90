import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.adapters import ari_link
from screener.adapters.ari_link import AriLink, AriStatusError
from screener.errors import LineLostError, RemoteProtocolError
from screener.protocol import ari, ari_requests
from screener.protocol.ari import Entered
from tests.unit.adapters.an_ari import SECRET, Ari, running, unvouched


@asynccontextmanager
async def linked(server: Ari, secret: str = SECRET) -> AsyncIterator[AriLink]:
    link = await AriLink.open(server.url + "/", "screener", secret, "screener")
    try:
        yield link
    finally:
        await link.close()


async def test_events_come_in_order_and_what_is_none_of_ours_as_nothing() -> None:
    async with running(Ari()) as server, linked(server) as link:
        await server.enter("7.1", "call-1")
        await server.tell("ChannelVarset", "7.1")
        await server.tell("ChannelDtmfReceived", "../7", digit="4")
        await server.enter("7.2", "call-2")
        assert [await link.receive() for _ in range(4)] == [
            Entered("7.1", "call-1"),
            None,
            None,
            Entered("7.2", "call-2"),
        ]
        assert link.misshaped == 1


async def test_a_request_is_answered_with_its_body() -> None:
    async with running(Ari()) as server, linked(server) as link:
        server.channels["7.1"] = "call-1"
        told = await link.request(ari_requests.list_channels("screener"))
        assert json.loads(told)["channel_ids"] == ["7.1"]
        assert await link.request(ari_requests.answer("7.1")) == b""
        assert server.asked == ["GET applications/screener", "POST channels/7.1/answer"]


async def test_a_refused_request_tells_its_status_and_no_path() -> None:
    async with running(Ari()) as server, linked(server) as link:
        with pytest.raises(AriStatusError, match=r"^Asterisk answers 404 to a POST$") as caught:
            await link.request(ari_requests.answer("7.1"))
        assert caught.value.status == 404
        assert link.is_open


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_a_refused_registration_tells_its_status(status: int) -> None:
    async with running(Ari(refuses=status)) as server:
        with pytest.raises(AriStatusError) as caught:
            await AriLink.open(server.url, "screener", SECRET, "screener")
        assert caught.value.status == status


async def test_a_wrong_secret_is_refused() -> None:
    async with running(Ari()) as server:
        with pytest.raises(AriStatusError, match="401"):
            await AriLink.open(server.url, "screener", "another", "screener")


async def test_where_nobody_listens_opening_is_an_error_of_the_system() -> None:
    async with running(Ari()) as server:
        pass
    with pytest.raises(OSError, match="Connect call failed"):
        await AriLink.open(server.url, "screener", SECRET, "screener")


async def test_a_peer_that_speaks_no_http_is_told() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises((RemoteProtocolError, OSError, AriStatusError)):
            await AriLink.open(f"http://127.0.0.1:{port}", "screener", SECRET, "screener")


async def test_no_answer_in_time_is_a_lost_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ari_link, "TIMEOUT_S", 0.1)
    async with running(Ari()) as server, linked(server) as link:
        server.silent = True
        with pytest.raises(LineLostError, match="no answer"):
            await link.request(ari_requests.answer("7.1"))


async def test_a_reply_that_is_too_large_is_a_lost_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ari_link, "REPLY_LIMIT", 20)
    async with running(Ari()) as server, linked(server) as link:
        with pytest.raises(LineLostError):
            await link.request(ari_requests.list_sounds())


async def test_an_event_that_is_too_large_ends_the_link() -> None:
    async with running(Ari()) as server, linked(server) as link:
        await server.tell("StasisStart", "7.1", args=["x" * ari.EVENT_LIMIT])
        with pytest.raises(RemoteProtocolError):
            await link.receive()
        assert not link.is_open


async def test_a_cut_ends_events_and_requests() -> None:
    async with running(Ari()) as server, linked(server) as link:
        server.cut()
        with pytest.raises(RemoteProtocolError, match="closed the connection"):
            await link.receive()
        assert not link.is_open


async def test_closing_ends_the_requests_under_way_and_all_that_follow() -> None:
    async with running(Ari()) as server, linked(server) as link:
        server.silent = True
        asking = asyncio.ensure_future(link.request(ari_requests.answer("7.1")))
        async with asyncio.timeout(5):
            while not server.asked:  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.002)
            await link.close()
            with pytest.raises(LineLostError):
                await asking
        with pytest.raises(LineLostError, match="link to Asterisk is gone"):
            await link.request(ari_requests.answer("7.1"))


async def test_a_cancelled_request_leaves_the_link_as_it_was() -> None:
    async with running(Ari()) as server, linked(server) as link:
        server.silent = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await link.request(ari_requests.answer("7.1"))
        server.silent = False
        assert await link.request(ari_requests.list_channels("screener"))
        assert link.is_open


async def test_an_https_peer_that_nobody_vouches_for_is_told_no_secret(
    tmp_path: Path,
) -> None:
    async with running(Ari(), tls=unvouched(tmp_path)) as server:
        with pytest.raises(ssl.CertificateError):
            await AriLink.open(server.url, "screener", SECRET, "screener")
        assert server.registered == 0
