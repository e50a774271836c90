from pathlib import Path

import pytest

from tests.unit.cli.command import run_here


def test_a_configuration_that_is_refused_ends_it_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text("version: 1\nweb: {host: 192.0.2.1}\n")
    done = run_here(capsys, "web", "--config", str(path))
    assert done.status == 3
    assert f"{path}:2:" in done.err
