from pathlib import Path

import pytest

from screener.cli.arguments import Output, control_socket
from screener.errors import ConfigError


def test_the_socket_is_the_one_that_the_configuration_names(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\ncontrol: {socket: /somewhere/else.sock}\n")
    assert control_socket(path) == Path("/somewhere/else.sock")


def test_without_a_configuration_it_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert control_socket(None) == tmp_path / "screener.sock"


def test_a_configuration_that_is_wrong_names_no_socket(tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 2\n")
    with pytest.raises(ConfigError):
        control_socket(path)


def test_a_command_prints_for_people_or_for_programs() -> None:
    assert [form.value for form in Output] == ["table", "json"]
