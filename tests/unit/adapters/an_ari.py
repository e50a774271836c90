"""Asterisk's REST interface, as far as captchas need one, over real HTTP on loopback.

Channels, playbacks and the application behave as measured on Asterisk 22: a playback plays until
a test ends it, one request that comes while another playback sounds waits for nothing.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import WSMsgType, encode_basic_auth, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from screener.adapters.ari_prompts import needed_sounds
from screener.core.settings import CaptchaSettings

SECRET = "s3cret-of-the-interface"
EVERY_SOUND = frozenset(needed_sounds(CaptchaSettings()))
NUMBER = "+16515550142"


@dataclass
class Ari:
    """What it holds and how it answers; `asked` are the requests, method and path."""

    sounds: frozenset[str] = EVERY_SOUND
    refuses: int = 0
    silent: bool = False
    statuses: dict[str, int] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    playing: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    streams: list[web.WebSocketResponse] = field(default_factory=list)
    transports: list[asyncio.BaseTransport] = field(default_factory=list)
    registered: int = 0
    scheme: str = "http"
    port: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def enter(self, channel: str, call_id: str, *, quietly: bool = False) -> None:
        """Let a call come into the application; `quietly` where its event got lost."""
        self.channels[channel] = call_id
        if not quietly:
            await self.tell("StasisStart", channel, args=[call_id])

    async def press(self, channel: str, keys: str) -> None:
        for key in keys:
            await self.tell("ChannelDtmfReceived", channel, digit=key)

    async def end_playback(self, channel: str, state: str = "done") -> None:
        name = self.playing.pop(channel)
        playback = {"id": name, "target_uri": f"channel:{channel}", "state": state}
        await self.send({"type": "PlaybackFinished", "playback": playback})

    async def hang_up(self, channel: str) -> None:
        self.channels.pop(channel, None)
        for kind in ("ChannelHangupRequest", "StasisEnd", "ChannelDestroyed"):
            await self.tell(kind, channel)

    async def take_back(self, channel: str) -> None:
        self.channels.pop(channel, None)
        await self.tell("StasisEnd", channel)

    async def tell(self, kind: str, channel: str, **more: object) -> None:
        caller = {"name": "Eve\r\n", "number": NUMBER}
        await self.send({"type": kind, "channel": {"id": channel, "caller": caller}, **more})

    async def send(self, event: object) -> None:
        if self.streams:
            with suppress(ConnectionError):
                await self.streams[-1].send_str(json.dumps(event))

    def cut(self) -> None:
        """End every connection without a word."""
        while self.transports:
            transport = self.transports.pop()
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        self.streams.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None and request.transport not in self.transports:
            self.transports.append(request.transport)
        path = request.path.removeprefix("/ari/")
        status = self._refusal(request) or self.statuses.get(path.split("/")[-1], 0)
        if path == "events" and not status:
            return await self._stream(request)
        self.asked.append(f"{request.method} {path}")
        if self.silent:
            await asyncio.sleep(3600)
        if status:
            return web.json_response({"message": "refused"}, status=status)
        if request.method == "OPTIONS":
            return web.Response(status=204)
        return await self._reply(request, path.split("/"))

    def _refusal(self, request: web.Request) -> int:
        sent = request.headers.get("Authorization", "")
        good = sent == encode_basic_auth("screener", SECRET)
        return self.refuses or (0 if good else 401)

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        for older in self.streams:
            await older.send_str('{"type": "ApplicationReplaced"}')
        self.streams.append(stream)
        self.registered += 1
        async for message in stream:
            if message.type is WSMsgType.ERROR:
                break
        if stream in self.streams:
            self.streams.remove(stream)
        return stream

    async def _reply(self, request: web.Request, path: list[str]) -> web.Response:
        query = {key: values[0] for key, values in parse_qs(request.query_string).items()}
        match path:
            case ["applications", _, "eventFilter"]:
                return web.json_response({})
            case ["applications", name]:
                return web.json_response({"name": name, "channel_ids": list(self.channels)})
            case ["sounds"]:
                formats = [{"language": "en", "format": "gsm"}]
                found = [{"id": name, "formats": formats} for name in sorted(self.sounds)]
                return web.json_response(found, status=200 if found else 404)
            case ["channels", channel, *what] if channel in self.channels:
                return self._on_channel(channel, what[0], query)
            case ["playbacks", name] if name in self.playing.values():
                (channel,) = [one for one, playing in self.playing.items() if playing == name]
                await self.end_playback(channel)
                return web.Response(status=204)
            case _:
                return web.json_response({"message": "not found"}, status=404)

    def _on_channel(self, channel: str, what: str, query: dict[str, str]) -> web.Response:
        match what:
            case "play":
                self.playing[channel] = query["playbackId"]
                return web.json_response({"id": query["playbackId"]}, status=201)
            case "variable" if self.channels[channel]:
                return web.json_response({"value": self.channels[channel]})
            case "variable":
                return web.json_response({"message": "not found"}, status=404)
            case "continue":
                del self.channels[channel]
                assert query["context"] == "screener-captcha"
                self.left[channel] = query["extension"]
        return web.Response(status=204)


@asynccontextmanager
async def running(ari: Ari, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Ari]:
    """Serve on loopback."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", ari.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    ari.scheme = "https" if tls else "http"
    ari.port = runner.addresses[0][1]
    try:
        yield ari
    finally:
        ari.cut()
        await runner.cleanup()


def unvouched(folder: Path) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "asterisk")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, *form)
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
