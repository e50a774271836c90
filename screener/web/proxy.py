"""What a reverse proxy may say of a request: from where it comes, over TLS, and who sent it.

Only the peers of the section `web.proxy` are believed; from all others the same headers are text
that anybody can send.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import hdrs, web

from screener.config.options import ProxyOptions

_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the proxy names, with the role that it says; the role is empty where it says none."""

    name: str
    role: str = ""


def address_of(request: web.Request, proxy: ProxyOptions) -> str:
    """Return from where a request comes, for the throttle: IPv6 by its network of 64 bits.

    Of X-Forwarded-For the last address that is no trusted proxy's counts: what stands before it
    was sent by the client itself.
    """
    found = _peer(request)
    if found is None:
        return "local"
    hops = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, [])).split(",")
    while hops and _is_trusted(found, proxy):
        try:
            found = _plain(ip_address(hops.pop().strip()))
        except ValueError:
            break
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _NETWORK_BITS), strict=False))
    return str(found)


def is_secure(request: web.Request, proxy: ProxyOptions) -> bool:
    """Say whether the browser's own connection is over TLS, here or at the proxy."""
    peer = _peer(request)
    if request.secure or peer is None or not _is_trusted(peer, proxy):
        return request.secure
    return request.headers.getall(hdrs.X_FORWARDED_PROTO, []) == ["https"]


def named_by(request: web.Request, proxy: ProxyOptions) -> Named | None:
    """Return whom a trusted proxy names; None where it names nobody, or two."""
    peer = _peer(request)
    if not proxy.user_header or peer is None or not _is_trusted(peer, proxy):
        return None
    names = request.headers.getall(proxy.user_header, [])
    if len(names) != 1 or not names[0].strip():
        return None
    if not proxy.role_header:
        return Named(names[0])
    roles = request.headers.getall(proxy.role_header, [])
    return Named(names[0], roles[0].strip().lower() if len(roles) == 1 else "none")


def _peer(request: web.Request) -> IPv4Address | IPv6Address | None:
    try:
        return _plain(ip_address(request.remote or ""))
    except ValueError:
        return None


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: IPv4Address | IPv6Address, proxy: ProxyOptions) -> bool:
    return any(address in network for network in proxy.peers)
