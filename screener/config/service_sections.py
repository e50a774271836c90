"""The sections of the configuration about the agent around the rules: wire, storage, log."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from screener.config.addresses import Address, AddressOrNone, Network
from screener.config.options import (
    AmiOptions,
    AriOptions,
    ListenOptions,
    LogOptions,
    MetricsOptions,
    StorageOptions,
)
from screener.config.sections import Finding, Items, Section
from screener.config.times import Duration
from screener.config.values import Text, Truth, Whole, one_of

_AMI = AmiOptions()
_ARI = AriOptions()
_LISTEN = ListenOptions()
_LOG = LogOptions()
_METRICS = MetricsOptions()
_STORAGE = StorageOptions("", "")
_KEPT = Duration(3_600, 3_650 * 86_400)
_SESSIONS = Whole(1, 100_000)
_PATIENCE = Duration(0.1, 60)

# 107 bytes are what a Unix socket's address holds on Linux (unix(7)).
SOCKET = Text(107, 1, "auto|/[ -~]+", "auto, or an absolute path of at most 107 ASCII characters")


class ListenSection(Section):
    """`listen`: where the FastAGI server listens and whom it serves."""

    host: Annotated[str, Address()] = _LISTEN.host
    port: Annotated[int, Whole(0, 65_535)] = _LISTEN.port
    peers: Annotated[list[Annotated[IPv4Network | IPv6Network, Network()]], Items(1, 100)] = Field(
        default_factory=lambda: list(_LISTEN.peers)
    )
    max_sessions: Annotated[int, _SESSIONS] = _LISTEN.max_sessions
    max_sessions_per_peer: Annotated[int, _SESSIONS] = _LISTEN.max_sessions_per_peer
    header_timeout: Annotated[float, _PATIENCE] = _LISTEN.header_timeout
    reply_timeout: Annotated[float, _PATIENCE] = _LISTEN.reply_timeout
    drain_timeout: Annotated[float, Duration(0, 600)] = _LISTEN.drain_timeout

    def check(self) -> Iterator[Finding]:
        """No peer may have more sessions than there are."""
        if self.max_sessions_per_peer > self.max_sessions:
            told = f"is {self.max_sessions_per_peer}"
            allowed = f"at most max_sessions ({self.max_sessions})"
            yield Finding(("max_sessions_per_peer",), f"{told}; allowed: {allowed}")


class ControlSection(Section):
    """`control`: the socket by which commands reach the running agent."""

    socket: Annotated[str, SOCKET] = "auto"


PATH = Text(1_000, 1, "auto|/[ -~]+", "auto, or an absolute path of ASCII characters")


class StorageSection(Section):
    """`storage`: the decision log."""

    log: Annotated[bool, Truth()] = _STORAGE.log
    folder: Annotated[str, PATH] = _STORAGE.declared_folder
    keys: Annotated[str, PATH] = _STORAGE.declared_keys
    keep_admitted: Annotated[float, _KEPT] = _STORAGE.keep_admitted
    keep_refused: Annotated[float, _KEPT] = _STORAGE.keep_refused
    queue: Annotated[int, Whole(100, 10_000_000)] = _STORAGE.queue


_HOST = Text(255, 0, "[A-Za-z0-9.:-]*", "IP address or host name, empty = off")
_SECRET = Text(1_000, 0, "(/[ -~]+)?", "an absolute path of ASCII characters, empty = none")
_AMI_NAME = Text(80, 1, "[!-~]+", "1 to 80 ASCII characters without a space")


class AmiSection(Section):
    """`ami`: the queues that are watched by themselves, and where."""

    host: Annotated[str, _HOST] = _AMI.host
    port: Annotated[int, Whole(1, 65_535)] = _AMI.port
    user: Annotated[str, _AMI_NAME] = _AMI.user
    secret_file: Annotated[str, _SECRET] = _AMI.secret_file
    queues: Annotated[list[Annotated[str, _AMI_NAME]], Items(1, 20)] = Field(
        default_factory=lambda: list(_AMI.queues)
    )
    every: Annotated[float, Duration(1, 10)] = _AMI.every

    def check(self) -> Iterator[Finding]:
        """A login needs a secret."""
        if self.host and not self.secret_file:
            yield Finding(("secret_file",), "is empty; allowed: a file, as there is a host")


_URL = Text(
    255,
    0,
    r"(https?://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*/?)?",
    "http://HOST:PORT or https://HOST:PORT, empty = off",
)
_APP = Text(40, 1, "[A-Za-z0-9_-]+", "1 to 40 of A-Z, a-z, 0-9, _ and -")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class AriSection(Section):
    """`ari`: by which Asterisk REST Interface captchas are asked."""

    url: Annotated[str, _URL] = _ARI.url
    user: Annotated[str, _AMI_NAME] = _ARI.user
    secret_file: Annotated[str, _SECRET] = _ARI.secret_file
    app: Annotated[str, _APP] = _ARI.app

    def check(self) -> Iterator[Finding]:
        """A login needs a secret, and a secret crosses no network in the clear."""
        if not self.url:
            return
        if not self.secret_file:
            yield Finding(("secret_file",), "is empty; allowed: a file, as there is a url")
        split = urlsplit(self.url)
        if split.scheme == "http" and not _is_loopback(split.hostname or ""):
            yield Finding(
                ("url",), "would send the secret in the clear; allowed: https off loopback"
            )


class LogSection(Section):
    """`log`: what is logged, and how."""

    level: Annotated[str, one_of(("debug", "info", "warning", "error"))] = _LOG.level
    format: Annotated[str, one_of(("text", "json"))] = _LOG.format


class MetricsSection(Section):
    """`metrics`: where figures are served for Prometheus and its like."""

    host: Annotated[str, AddressOrNone()] = _METRICS.host
    port: Annotated[int, Whole(0, 65_535)] = _METRICS.port
    anywhere: Annotated[bool, Truth()] = _METRICS.anywhere

    def check(self) -> Iterator[Finding]:
        """The page asks nobody who reads it: other machines see it only where that is meant."""
        if self.host and not self.anywhere and not _is_loopback(self.host):
            told = f"is {self.host}, which other machines reach"
            yield Finding(("host",), f"{told}; allowed: a loopback address, or anywhere: true")
