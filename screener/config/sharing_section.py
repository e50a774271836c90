"""The section `sharing` of the configuration: where several edges keep what they know together."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from pydantic import Field

from screener.config.options import RedisOptions, SharingOptions
from screener.config.sections import Finding, Items, Section
from screener.config.times import Duration
from screener.config.values import Text, Truth, Whole, one_of

_SHARING = SharingOptions()
_REDIS = RedisOptions()

STORES = ("none", "sqlite", "redis")

_FILE = Text(1_000, 0, "(/[ -~]+)?", "an absolute path of ASCII characters, empty = none")
_EDGE = Text(40, 0, "[A-Za-z0-9_.-]*", "up to 40 of A-Z, a-z, 0-9, _, . and -")
_USER = Text(80, 0, "[!-~]*", "up to 80 ASCII characters without a space")
_PREFIX = Text(40, 1, "[A-Za-z0-9_.-]+", "1 to 40 of A-Z, a-z, 0-9, _, . and -")
_ADDRESS = Text(
    255,
    1,
    r"/[ -~]+|([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}",
    "HOST:PORT or the path of a socket",
)
_MOST_PORT = 65_535


def split_address(address: str) -> tuple[str, int]:
    """Return host and port, or the path of a socket and 0."""
    if address.startswith("/"):
        return address, 0
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_private(address: str) -> bool:
    """Return whether what is said to that address stays on this machine."""
    host, port = split_address(address)
    try:
        return not port or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class RedisSection(Section):
    """`sharing.redis`: a Redis or Valkey, or the Sentinels that know which."""

    addresses: Annotated[list[Annotated[str, _ADDRESS]], Items(1, 20)] = Field(
        default_factory=lambda: list(_REDIS.addresses)
    )
    sentinel: Annotated[str, _EDGE] = _REDIS.sentinel
    user: Annotated[str, _USER] = _REDIS.user
    password_file: Annotated[str, _FILE] = _REDIS.password_file
    sentinel_user: Annotated[str, _USER] = _REDIS.sentinel_user
    sentinel_password_file: Annotated[str, _FILE] = _REDIS.sentinel_password_file
    database: Annotated[int, Whole(0, 1_000)] = _REDIS.database
    prefix: Annotated[str, _PREFIX] = _REDIS.prefix
    tls: Annotated[bool, Truth()] = _REDIS.tls
    ca: Annotated[str, _FILE] = _REDIS.ca
    certificate: Annotated[str, _FILE] = _REDIS.certificate
    key: Annotated[str, _FILE] = _REDIS.key
    in_the_clear: Annotated[bool, Truth()] = _REDIS.in_the_clear

    def check(self) -> Iterator[Finding]:
        """Passwords cross no network in the clear; several addresses are Sentinels' alone."""
        for number, address in enumerate(self.addresses):
            if split_address(address)[1] > _MOST_PORT:
                yield Finding(("addresses", number), "has no such port; allowed: up to 65535")
            elif not (self.tls or self.in_the_clear or is_private(address)):
                yield Finding(
                    ("addresses", number),
                    "would be spoken to in the clear; allowed: a loopback address, a socket, "
                    "tls: true, or in_the_clear: true",
                )
        if len(self.addresses) > 1 and not self.sentinel:
            yield Finding(
                ("addresses",), "has several; allowed: one, or those of Sentinels and `sentinel`"
            )
        if bool(self.certificate) != bool(self.key):
            missing, given = ("key", "certificate") if self.certificate else ("certificate", "key")
            yield Finding((missing,), f"is empty; allowed: a file, as there is a {given}")
        for user, file in (
            ("user", "password_file"),
            ("sentinel_user", "sentinel_password_file"),
        ):
            if getattr(self, user) and not getattr(self, file):
                yield Finding((file,), f"is empty; allowed: a file, as there is a {user}")


class SharingSection(Section):
    """`sharing`: what several edges know together, and where they keep it."""

    store: Annotated[str, one_of(STORES)] = _SHARING.store
    edge: Annotated[str, _EDGE] = _SHARING.edge
    key_file: Annotated[str, _FILE] = _SHARING.key_file
    file: Annotated[str, _FILE] = _SHARING.file
    deadline: Annotated[float, Duration(0.001, 1)] = _SHARING.deadline
    failures: Annotated[int, Whole(1, 100)] = _SHARING.failures
    probe: Annotated[float, Duration(0.1, 4)] = _SHARING.probe
    ttl: Annotated[float, Duration(3_600, 400 * 86_400)] = _SHARING.ttl
    redis: RedisSection = RedisSection()

    def check(self) -> Iterator[Finding]:
        """Who shares has a name of its own and the secret that all have."""
        if self.store == "none":
            return
        if not self.edge:
            yield Finding(("edge",), "is empty; allowed: a name that no other edge has")
        if not self.key_file:
            yield Finding(("key_file",), "is empty; allowed: the file that all edges have alike")
        if self.store == "sqlite" and not self.file:
            yield Finding(("file",), "is empty; allowed: a file that all edges of this machine use")
