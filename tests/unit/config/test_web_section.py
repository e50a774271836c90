from pathlib import Path

import pytest
from pydantic import ValidationError

from screener.config.load import parse_config
from screener.config.options import ProxyOptions, WebOptions
from screener.config.web_section import ProxySection, WebSection
from screener.errors import ConfigError

TLS = {"certificate": "/etc/screener/web.pem", "key": "/etc/screener/web.key"}


def test_the_defaults_are_those_of_the_options() -> None:
    section = dict(WebSection())
    proxy = dict(section.pop("proxy"))
    peers = tuple(proxy.pop("peers"))
    assert WebOptions(**section, proxy=ProxyOptions(peers=peers, **proxy)) == WebOptions()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1"])
def test_loopback_needs_no_certificate(host: str) -> None:
    assert WebSection.model_validate({"host": host}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "2001:db8::1"])
def test_what_other_machines_reach_needs_a_certificate_and_its_key(host: str) -> None:
    for partly in ({}, {"certificate": TLS["certificate"]}, {"key": TLS["key"]}):
        with pytest.raises(ValidationError, match="findings"):
            WebSection.model_validate({"host": host, **partly})
    assert WebSection.model_validate({"host": host, **TLS}).host == host


def test_nobody_idles_longer_than_a_session_lasts() -> None:
    with pytest.raises(ValidationError):
        WebSection.model_validate({"idle": "2h", "session": "1h"})
    assert WebSection.model_validate({"idle": "1h", "session": "1h"}).idle == 3_600.0


@pytest.mark.parametrize("name", ["X User", "X-User:", "-x", "X_User", "x" * 65, "Ü"])
def test_what_is_no_header_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        ProxySection.model_validate({"peers": ["127.0.0.1"], "user_header": name})


def test_a_header_that_counts_from_anybody_is_refused() -> None:
    with pytest.raises(ValidationError):
        ProxySection.model_validate({"user_header": "X-User"})
    with pytest.raises(ValidationError):
        ProxySection.model_validate({"peers": ["127.0.0.1"], "role_header": "X-Role"})


def test_a_file_makes_options_that_are_told_back_under_its_keys() -> None:
    text = (
        "version: 1\nweb: {host: 0.0.0.0, certificate: /c.pem, key: /k.pem, idle: 5m,"
        " proxy: {peers: [192.0.2.0/24], user_header: X-User}}\n"
    )
    config = parse_config(text, "site.yaml", Path())
    assert config.web.idle == 300.0
    assert [str(peer) for peer in config.web.proxy.peers] == ["192.0.2.0/24"]
    told = config.effective()["web"]
    assert told == {
        "host": "0.0.0.0",
        "port": 4_592,
        "certificate": "/c.pem",
        "key": "/k.pem",
        "idle": "5m",
        "session": "12h",
        "log": "own",
        "proxy": {"peers": ["192.0.2.0/24"], "user_header": "X-User", "role_header": ""},
    }


def test_check_config_tells_the_line() -> None:
    with pytest.raises(ConfigError) as told:
        parse_config("version: 1\nweb:\n  host: 0.0.0.0\n", "site.yaml", Path())
    assert "site.yaml:3:9: web.host is 0.0.0.0" in str(told.value)


def test_who_shows_the_calls_of_all_edges_names_where_they_are() -> None:
    ship = 'ship: {dsn: "service=screener"}\n'
    config = parse_config(f"version: 1\nweb: {{log: central}}\n{ship}", "site.yaml", Path())
    assert config.web.log == "central"
    with pytest.raises(ConfigError, match=r"web\.log is central"):
        parse_config("version: 1\nweb: {log: central}\n", "site.yaml", Path())
    with pytest.raises(ConfigError, match="own, central"):
        parse_config(f"version: 1\nweb: {{log: both}}\n{ship}", "site.yaml", Path())
