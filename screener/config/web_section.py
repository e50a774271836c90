"""The section `web` of the configuration: where the web admin listens and who may sign in how."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated

from pydantic import Field

from screener.config.addresses import Address, Network
from screener.config.options import CENTRAL_LOG, OWN_LOG, ProxyOptions, WebOptions
from screener.config.sections import Finding, Items, Section
from screener.config.times import Duration
from screener.config.values import Text, Whole, one_of

_WEB = WebOptions()
_PROXY = ProxyOptions()

_PEER = Annotated[IPv4Network | IPv6Network, Network()]
_FILE = Text(1_000, 0, "(/[ -~]+)?", "an absolute path of ASCII characters, empty = none")
# A header's name (RFC 9110, 5.1), of the letters that every proxy can write.
_HEADER = Text(64, 0, "([A-Za-z][A-Za-z0-9-]*)?", "a header's name, empty = none")


class ProxySection(Section):
    """`web.proxy`: a reverse proxy that is believed who somebody is."""

    peers: Annotated[list[_PEER], Items(0, 20)] = Field(default_factory=list)
    user_header: Annotated[str, _HEADER] = _PROXY.user_header
    role_header: Annotated[str, _HEADER] = _PROXY.role_header

    def check(self) -> Iterator[Finding]:
        """A header is believed of somebody, and a role belongs to a name."""
        if self.user_header and not self.peers:
            yield Finding(
                ("peers",), "is empty; allowed: the proxy's address, as its header counts"
            )
        if self.role_header and not self.user_header:
            yield Finding(
                ("user_header",), "is empty; allowed: a header, as there is a role_header"
            )


class WebSection(Section):
    """`web`: the admin in a browser, as `screener web` serves it."""

    host: Annotated[str, Address()] = _WEB.host
    port: Annotated[int, Whole(0, 65_535)] = _WEB.port
    certificate: Annotated[str, _FILE] = _WEB.certificate
    key: Annotated[str, _FILE] = _WEB.key
    idle: Annotated[float, Duration(60, 86_400)] = _WEB.idle
    session: Annotated[float, Duration(300, 30 * 86_400)] = _WEB.session
    log: Annotated[str, one_of((OWN_LOG, CENTRAL_LOG))] = _WEB.log
    proxy: ProxySection = ProxySection()

    def check(self) -> Iterator[Finding]:
        """Passwords cross no network in the clear; a certificate has its key; idling ends first."""
        if bool(self.certificate) != bool(self.key):
            missing, given = ("key", "certificate") if self.certificate else ("certificate", "key")
            yield Finding((missing,), f"is empty; allowed: a file, as there is a {given}")
        elif not self.certificate and not ip_address(self.host).is_loopback:
            told = f"is {self.host}, where passwords would cross a network in the clear"
            yield Finding(
                ("host",), f"{told}; allowed: a loopback address, or a certificate and its key"
            )
        if self.idle > self.session:
            yield Finding(("idle",), "is more than session; allowed: at most session")
