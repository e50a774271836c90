import pytest
from pydantic import ValidationError

from screener.config.options import (
    AmiOptions,
    AriOptions,
    ListenOptions,
    LogOptions,
    MetricsOptions,
    StorageOptions,
)
from screener.config.service_sections import (
    AmiSection,
    AriSection,
    ControlSection,
    ListenSection,
    LogSection,
    MetricsSection,
    StorageSection,
)


def test_the_sections_have_the_keys_and_defaults_of_their_options() -> None:
    listen = {**dict(ListenSection()), "peers": tuple(ListenSection().peers)}
    assert ListenOptions(**listen) == ListenOptions()
    assert LogOptions(**dict(LogSection())) == LogOptions()
    assert MetricsOptions(**dict(MetricsSection())) == MetricsOptions()
    ami = {**dict(AmiSection()), "queues": tuple(AmiSection().queues)}
    assert AmiOptions(**ami) == AmiOptions()
    assert AriOptions(**dict(AriSection())) == AriOptions()
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


GOOD_AMI = {"host": "127.0.0.1", "secret_file": "/etc/screener/ami.secret"}


def test_no_queue_is_watched_unless_a_host_is_named() -> None:
    assert AmiSection().host == ""
    assert AmiSection.model_validate(GOOD_AMI).queues == ["operators"]


@pytest.mark.parametrize(
    "ami",
    [
        {"host": "127.0.0.1"},
        {**GOOD_AMI, "host": "a b"},
        {**GOOD_AMI, "port": 0},
        {**GOOD_AMI, "user": ""},
        {**GOOD_AMI, "user": "a b"},
        {**GOOD_AMI, "secret_file": "ami.secret"},
        {**GOOD_AMI, "queues": []},
        {**GOOD_AMI, "queues": ["a\r\nAction: Originate"]},
        {**GOOD_AMI, "queues": ["x" * 81]},
        {**GOOD_AMI, "every": "0.5s"},
        {**GOOD_AMI, "every": "11s"},
        {**GOOD_AMI, "secret": "s3cret"},
    ],
)
def test_a_watch_that_could_not_look_is_refused(ami: object) -> None:
    with pytest.raises(ValidationError):
        AmiSection.model_validate(ami)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8088",
        "http://localhost:8088/",
        "http://[::1]:8088/pbx",
        "https://pbx.example.org:8089",
        "https://192.0.2.7",
    ],
)
def test_a_password_goes_over_loopback_or_tls(url: str) -> None:
    section = AriSection.model_validate({"url": url, "secret_file": "/etc/screener/ari"})
    assert section.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:8088",
        "http://127.example.org:8088",
        "http://user:word@127.0.0.1:8088",
        "http://127.0.0.1:8088/ari?x=1",
        "ftp://127.0.0.1",
        "127.0.0.1:8088",
        None,
    ],
)
def test_any_other_address_of_ari_is_refused(url: object) -> None:
    with pytest.raises(ValidationError):
        AriSection.model_validate({"url": url, "secret_file": "/etc/screener/ari"})


def test_ari_needs_a_password_only_where_it_is_on() -> None:
    assert AriSection.model_validate({"secret_file": ""}).url == ""
    with pytest.raises(ValidationError, match="findings"):
        AriSection.model_validate({"url": "http://127.0.0.1:8088"})


def test_by_default_no_figures_are_served() -> None:
    assert MetricsOptions().host == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", ""])
def test_figures_are_served_on_loopback(host: str) -> None:
    assert MetricsSection.model_validate({"host": host}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_figures_leave_the_machine_only_where_that_is_said(host: str) -> None:
    with pytest.raises(ValidationError):
        MetricsSection.model_validate({"host": host})
    assert MetricsSection.model_validate({"host": host, "anywhere": True}).host == host
