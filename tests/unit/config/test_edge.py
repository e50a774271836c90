import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.edge import EDGE, MOST_EDGES, as_edge, edge_of, machine
from screener.config.load import Config, load_config, parse_config
from screener.config.restart import needs_restart
from screener.errors import ConfigError

TEXT = """\
version: 1
listen: {port: 4700}
control: {socket: /run/screener/control.sock}
storage: {folder: /var/lib/screener, keys: /etc/screener/keys.json}
metrics: {host: 127.0.0.1, port: 9700}
ari: {url: "http://127.0.0.1:8088", secret_file: /etc/screener/ari, app: front}
"""


def config(text: str = TEXT) -> Config:
    return parse_config(text, "f.yaml", Path("/"))


def test_without_a_word_and_as_edge_1_the_file_holds_as_it_is() -> None:
    plain = config()
    for environment in ({}, {EDGE: ""}, {EDGE: "1"}):
        assert as_edge(plain, environment) is plain


def test_another_edge_has_ports_a_folder_a_socket_and_a_name_of_its_own() -> None:
    third = as_edge(config(), {EDGE: "3"})

    assert (third.listen.port, third.metrics.port, third.web.port) == (4720, 9720, 4612)
    assert third.control.socket == third.control.declared == "/run/screener/control-3.sock"
    assert third.storage.folder == "/var/lib/screener/edge-3"
    assert third.ari.app == "front-3"


def test_a_kamailio_in_front_is_edge_1_s_alone() -> None:
    file = config(TEXT + "front: {socket: /run/k.sock}\n")
    assert as_edge(file, {EDGE: "1"}).front.socket == "/run/k.sock"
    second = as_edge(file, {EDGE: "2"})
    assert second.front.socket == ""
    assert second.effective()["front"]["socket"] == ""  # type: ignore[index]


def test_keys_rules_and_their_hash_are_those_of_every_edge() -> None:
    first, second = config(), as_edge(config(), {EDGE: "2"})

    assert second.storage.keys == first.storage.keys
    assert second.settings == first.settings
    assert second.settings.config_hash == first.settings.config_hash
    assert set(needs_restart(first, second)) == {
        *("listen.port", "control.socket", "storage.folder", "ari.app", "metrics.port"),
    }


def test_what_is_printed_is_what_the_edge_has() -> None:
    told = as_edge(config(), {EDGE: "2"}).effective()

    assert told["control"] == {"socket": "/run/screener/control-2.sock"}
    assert told["storage"]["folder"] == "/var/lib/screener/edge-2"  # type: ignore[index]


@given(st.integers(1, MOST_EDGES), st.integers(1, MOST_EDGES))
def test_no_two_edges_share_a_port_a_folder_a_socket_or_an_application(one: int, two: int) -> None:
    def own(edge: int) -> list[frozenset[object]]:
        made = as_edge(config(), {EDGE: str(edge)})
        ports: list[object] = [made.listen.port, made.metrics.port, made.web.port]
        names: list[object] = [made.control.socket, made.storage.folder, made.ari.app]
        return [frozenset(ports), *(frozenset([name]) for name in names)]

    shared = [left & right for left, right in zip(own(one), own(two), strict=True)]
    assert (one == two) or not any(shared)


def test_any_free_port_stays_any_free_port() -> None:
    free = as_edge(config("version: 1\nlisten: {port: 0}\n"), {EDGE: "9"})
    assert free.listen.port == 0


@pytest.mark.parametrize("text", ["0", "100", "-1", "2 ", "two", "1e1", "\u0662", "02"])
def test_what_is_no_edge_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{EDGE}: is not an edge; allowed: 1 to 99$"):
        edge_of({EDGE: text})


def test_all_that_does_not_fit_is_refused_at_once() -> None:
    long = (
        "version: 1\nlisten: {port: 65530}\n"
        f"control: {{socket: /{'s' * 106}}}\nari: {{app: {'a' * 40}}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        as_edge(config(long), {EDGE: "2"})
    told = [f"{place}: {text}" for place, text in caught.value.problems]

    assert told == [
        "SCREENER_EDGE=2: control.socket would be too long; allowed: 107 characters",
        "SCREENER_EDGE=2: listen.port would be 65540; allowed: up to 65535",
        "SCREENER_EDGE=2: ari.app would be too long; allowed: 40 characters",
    ]


def test_the_machines_name_has_the_letters_of_an_edge() -> None:
    assert re.fullmatch("[A-Za-z0-9_.-]+", machine())


def test_who_loads_a_configuration_gets_the_edge_of_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "screener.yaml"
    file.write_text(TEXT)
    monkeypatch.setenv(EDGE, "2")

    assert load_config(file).listen.port == 4710
    assert load_config(None).listen.port == 4601
    monkeypatch.delenv(EDGE)
    assert load_config(file) == config()
