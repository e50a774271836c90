from pathlib import Path

import pytest
from pydantic import ValidationError

from screener.config.load import parse_config
from screener.config.options import RedisOptions, SharingOptions
from screener.config.sharing_section import (
    RedisSection,
    SharingSection,
    is_private,
    split_address,
)

ON = {"edge": "north", "key_file": "/etc/screener/sharing.key"}


def test_the_defaults_are_those_of_the_options_and_share_nothing() -> None:
    section = dict(SharingSection())
    redis = dict(section.pop("redis"))
    addresses = tuple(redis.pop("addresses"))
    made = SharingOptions(**section, redis=RedisOptions(addresses=addresses, **redis))
    assert made == SharingOptions()
    assert made.store == "none"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:6379", ("127.0.0.1", 6379)),
        ("redis.example.net:1", ("redis.example.net", 1)),
        ("[2001:db8::1]:6379", ("2001:db8::1", 6379)),
        ("/run/redis/redis.sock", ("/run/redis/redis.sock", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port_or_a_socket(address: str, parts: tuple[str, int]) -> None:
    assert split_address(address) == parts
    assert RedisSection.model_validate({"addresses": [address], "tls": True}).addresses == [address]


@pytest.mark.parametrize(
    "address", ["", "host", ":6379", "a b:1", "::1:6379", "host:x", "rel.sock"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        RedisSection.model_validate({"addresses": [address], "tls": True})


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:1", "[::1]:1", "/run/r.sock"])
def test_on_this_machine_it_may_be_in_the_clear(address: str) -> None:
    assert is_private(address)
    RedisSection.model_validate({"addresses": [address]})


@pytest.mark.parametrize("address", ["192.0.2.7:6379", "redis:6379", "[2001:db8::1]:6379"])
def test_off_this_machine_it_needs_tls_or_to_be_meant(address: str) -> None:
    with pytest.raises(ValidationError, match="findings"):
        RedisSection.model_validate({"addresses": [address]})
    for given in ({"tls": True}, {"in_the_clear": True}):
        RedisSection.model_validate({"addresses": [address], **given})


@pytest.mark.parametrize(
    "given",
    [
        {"addresses": ["127.0.0.1:1", "127.0.0.1:2"]},
        {"addresses": ["127.0.0.1:70000"]},
        {"addresses": []},
        {"user": "edge"},
        {"sentinel_user": "edge"},
        {"certificate": "/c.pem"},
        {"key": "/k.pem"},
        {"prefix": "a*"},
        {"prefix": ""},
        {"password": "in the file"},
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RedisSection.model_validate(given)


def test_several_addresses_are_those_of_sentinels() -> None:
    several = {"addresses": ["127.0.0.1:1", "127.0.0.1:2"], "sentinel": "calls"}
    assert RedisSection.model_validate(several).sentinel == "calls"


@pytest.mark.parametrize("store", ["sqlite", "redis"])
@pytest.mark.parametrize("without", ["edge", "key_file"])
def test_who_shares_has_a_name_and_the_common_secret(store: str, without: str) -> None:
    given = {"store": store, "file": "/var/lib/screener/shared.sqlite", **ON}
    assert SharingSection.model_validate(given).store == store
    with pytest.raises(ValidationError, match="findings"):
        SharingSection.model_validate({**given, without: ""})


def test_sqlite_needs_its_file() -> None:
    with pytest.raises(ValidationError, match="findings"):
        SharingSection.model_validate({"store": "sqlite", **ON})


def test_a_file_makes_options_that_are_told_back_under_its_keys() -> None:
    text = (
        "version: 1\nsharing: {store: redis, edge: north, key_file: /k, deadline: 0.01s,"
        " redis: {addresses: ['[::1]:6380'], user: edge, password_file: /p}}\n"
    )
    config = parse_config(text, "site.yaml", Path())
    assert config.sharing.deadline == 0.01
    assert config.sharing.redis.addresses == ("[::1]:6380",)
    told = config.effective()["sharing"]
    assert isinstance(told, dict)
    assert told["deadline"] == "0.01s"
    assert told["redis"]["password_file"] == "/p"
