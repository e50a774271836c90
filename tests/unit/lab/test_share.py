from pathlib import Path

import pytest

import screener
from screener.errors import MissingPartError
from screener.lab.share import sample_folder


def test_a_checkouts_samples_are_those_at_its_top() -> None:
    assert sample_folder() == Path(screener.__file__).parent.parent / "asterisk"


def test_an_installed_packages_samples_are_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener, "__file__", str(tmp_path / "screener/__init__.py"))
    inside = tmp_path / "screener/_share/asterisk"
    with pytest.raises(MissingPartError, match="install again"):
        sample_folder()

    inside.mkdir(parents=True)
    (inside / "screener.conf").touch()

    assert sample_folder() == inside
