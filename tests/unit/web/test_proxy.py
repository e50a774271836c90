from ipaddress import ip_network
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from screener.config.options import ProxyOptions
from screener.web.proxy import Named, address_of, is_secure, named_by

PROXY = ProxyOptions((ip_network("192.0.2.0/28"),), "X-User", "X-Role")
NO_ROLE = ProxyOptions((ip_network("192.0.2.0/28"),), "X-User")


def asked(peer: str, *headers: tuple[str, str]) -> web.Request:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (
        (peer, 50_000) if name == "peername" else default
    )
    return make_mocked_request("GET", "/", CIMultiDict(headers), transport=transport)


def via(*hops: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", hop) for hop in hops]


@pytest.mark.parametrize(
    ("peer", "hops", "address"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
        ("192.0.2.1", ["203.0.113.9"], "203.0.113.9"),
        ("192.0.2.1", ["10.0.0.1, 203.0.113.9"], "203.0.113.9"),
        ("192.0.2.1", ["10.0.0.1", "203.0.113.9"], "203.0.113.9"),
        ("192.0.2.1", ["203.0.113.9, 192.0.2.2"], "203.0.113.9"),
        ("192.0.2.1", ["198.51.100.1, 203.0.113.9 , 192.0.2.2"], "203.0.113.9"),
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["unknown"], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9:443"], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9, nonsense"], "192.0.2.1"),
        ("192.0.2.1", ["," * 5_000], "192.0.2.1"),
        ("::ffff:192.0.2.1", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1:2:3:4", [], "2001:db8::/64"),
        ("192.0.2.1", ["2001:db8:0:7::99"], "2001:db8:0:7::/64"),
        ("", [], "local"),
    ],
)
def test_where_a_request_comes_from_only_a_proxy_of_ours_can_say(
    peer: str, hops: list[str], address: str
) -> None:
    assert address_of(asked(peer, *via(*hops)), PROXY) == address


@pytest.mark.parametrize(
    ("peer", "headers", "named"),
    [
        ("192.0.2.1", [("X-User", "anna"), ("X-Role", "Admin ")], Named("anna", "admin")),
        ("192.0.2.1", [("x-user", "anna")], Named("anna", "none")),
        ("192.0.2.1", [("X-User", "anna"), *[("X-Role", "admin")] * 2], Named("anna", "none")),
        ("192.0.2.1", [("X-User", "anna"), ("X-User", "admin")], None),
        ("192.0.2.1", [("X-User", " ")], None),
        ("192.0.2.1", [], None),
        ("192.0.2.16", [("X-User", "anna"), ("X-Role", "admin")], None),
        ("", [("X-User", "anna"), ("X-Role", "admin")], None),
    ],
)
def test_who_somebody_is_only_a_proxy_of_ours_can_say(
    peer: str, headers: list[tuple[str, str]], named: Named | None
) -> None:
    assert named_by(asked(peer, *headers), PROXY) == named


def test_without_a_header_for_roles_none_is_told() -> None:
    headers = [("X-User", "anna"), ("X-Role", "admin")]
    assert named_by(asked("192.0.2.1", *headers), NO_ROLE) == Named("anna")
    assert named_by(asked("192.0.2.1", *headers), ProxyOptions(NO_ROLE.peers)) is None


@pytest.mark.parametrize(
    ("peer", "told", "secure"),
    [
        ("192.0.2.1", ["https"], True),
        ("192.0.2.1", ["http"], False),
        ("192.0.2.1", ["https", "http"], False),
        ("192.0.2.1", [], False),
        ("198.51.100.7", ["https"], False),
    ],
)
def test_whether_tls_ends_at_a_proxy_only_that_proxy_can_say(
    peer: str, told: list[str], secure: bool
) -> None:
    headers = [("X-Forwarded-Proto", one) for one in told]
    assert is_secure(asked(peer, *headers), PROXY) is secure
