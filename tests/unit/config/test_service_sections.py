import pytest
from pydantic import ValidationError

from screener.config.options import ListenOptions, LogOptions, StorageOptions
from screener.config.service_sections import (
    ControlSection,
    ListenSection,
    LogSection,
    StorageSection,
)


def test_the_sections_have_the_keys_and_defaults_of_their_options() -> None:
    listen = {**dict(ListenSection()), "peers": tuple(ListenSection().peers)}
    assert ListenOptions(**listen) == ListenOptions()
    assert LogOptions(**dict(LogSection())) == LogOptions()
    storage, plain = StorageSection(), StorageOptions("", "")
    assert (storage.folder, storage.keys) == (plain.declared_folder, plain.declared_keys)
    for name in ("log", "keep_admitted", "keep_refused", "queue"):
        assert getattr(storage, name) == getattr(plain, name)


def test_by_default_nobody_but_this_machine_may_ask() -> None:
    assert all(network.is_loopback for network in ListenOptions().peers)


def test_the_default_port_is_none_that_other_agi_servers_take() -> None:
    assert ListenOptions().port not in {4573, 4577}


@pytest.mark.parametrize("socket", ["auto", "/run/screener/control.sock", "/" + "x" * 106])
def test_a_socket_is_auto_or_an_absolute_path(socket: str) -> None:
    assert ControlSection.model_validate({"socket": socket}).socket == socket


@pytest.mark.parametrize("socket", ["", "run/x", "/" + "x" * 107, "/é", "/a\nb", "Auto", None])
def test_any_other_socket_is_refused(socket: object) -> None:
    with pytest.raises(ValidationError):
        ControlSection.model_validate({"socket": socket})


@pytest.mark.parametrize(
    "listen",
    [
        {"max_sessions": 5, "max_sessions_per_peer": 6},
        {"peers": []},
        {"header_timeout": 0},
        {"host": "localhost"},
    ],
)
def test_a_server_that_could_not_serve_is_refused(listen: object) -> None:
    with pytest.raises(ValidationError):
        ListenSection.model_validate(listen)


@pytest.mark.parametrize(
    "storage",
    [
        {"folder": "state"},
        {"keys": ""},
        {"log": 1},
        {"log": "true"},
        {"keep_admitted": 0},
        {"keep_refused": "3651d"},
        {"queue": 99},
    ],
)
def test_a_log_that_could_not_be_kept_is_refused(storage: object) -> None:
    with pytest.raises(ValidationError):
        StorageSection.model_validate(storage)
