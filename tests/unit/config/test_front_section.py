"""The cap and the proxy in the configuration: defaults, bounds, what is refused."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from screener.config.load import parse_config
from screener.config.options import FrontOptions
from screener.config.restart import needs_restart
from screener.core.settings import AdmissionSettings
from screener.errors import ConfigError


def test_the_front_is_off_and_the_cap_real_by_default() -> None:
    config = parse_config("version: 1\n", "x.yaml", Path())
    assert config.front == FrontOptions()
    assert config.front.socket == ""
    assert config.settings.admission == AdmissionSettings(300)


def test_both_are_read() -> None:
    text = "version: 1\nadmission: {calls_per_second: 0}\nfront: {socket: /run/k.sock, ttl: 1m}\n"
    config = parse_config(text, "x.yaml", Path())
    assert config.settings.admission.calls_per_second == 0
    assert (config.front.socket, config.front.ttl) == ("/run/k.sock", 60.0)


@pytest.mark.parametrize(
    "section",
    [
        "admission: {calls_per_second: -1}",
        "admission: {calls: 5}",
        "front: {socket: k.sock}",
        "front: {ttl: 5s}",
        "front: {blocks: 10}",
        "front: {host: x}",
        "front: {trunks: {a b: [192.0.2.7]}}",
        "front: {trunks: {a: []}}",
        "front: {trunks: {a: [nowhere]}}",
        "front: {trunks: {a: [192.0.0.0/16]}}",
        "front: {trunks: {a: [192.0.2.0/28], b: [192.0.2.7]}}",
        "front: {trunks: {a: ['2001:db8::7', '2001:db8::7']}}",
    ],
)
def test_what_is_out_of_bounds_is_refused_at_its_line(section: str) -> None:
    with pytest.raises(ConfigError, match=r"x\.yaml:2"):
        parse_config(f"version: 1\n{section}\n", "x.yaml", Path())


def test_trunks_are_read_by_name_and_written_back() -> None:
    trunks = "{carrier-a: [192.0.2.7, '2001:db8::/126'], b: [10.0.0.0/24]}"
    text = f"version: 1\nfront: {{trunks: {trunks}}}\n"
    config = parse_config(text, "x.yaml", Path())
    assert config.front.trunks == {
        "carrier-a": (ip_network("192.0.2.7"), ip_network("2001:db8::/126")),
        "b": (ip_network("10.0.0.0/24"),),
    }
    front = config.effective()["front"]
    assert isinstance(front, dict)
    assert front["trunks"] == {
        "carrier-a": ["192.0.2.7/32", "2001:db8::/126"],
        "b": ["10.0.0.0/24"],
    }
    before = parse_config("version: 1\n", "x.yaml", Path())
    assert needs_restart(before, config) == ["front.trunks"]
