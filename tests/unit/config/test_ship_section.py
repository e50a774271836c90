from pathlib import Path

import pytest
from pydantic import ValidationError

from screener.config.load import parse_config
from screener.config.options import ShipOptions
from screener.config.ship_section import ShipSection
from screener.errors import ConfigError


def test_the_defaults_are_those_of_the_options_and_off() -> None:
    assert ShipOptions(**dict(ShipSection())) == ShipOptions()
    assert not ShipOptions().dsn


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "service=screener",
        "host=db user=s passfile=/etc/screener/pgpass sslmode=verify-full",
        "postgresql://screener@db:5432/screener?sslmode=verify-full&passfile=/etc/pgpass",
        "postgresql://db/nopassword",
    ],
)
def test_a_connection_string_needs_no_password(dsn: str) -> None:
    assert ShipSection.model_validate({"dsn": dsn}).dsn == dsn


@pytest.mark.parametrize(
    "dsn",
    [
        "host=db password=planted-word",
        "password = 'planted-word' host=db",
        "postgresql://screener:planted-word@db/screener",
        "postgresql://db/screener?password=planted-word",
        "host=db sslpassword=planted-word",
        "host=db PASSWORD=planted-word",
    ],
)
def test_a_password_is_refused_and_not_quoted(dsn: str) -> None:
    text = f'version: 1\nship:\n  dsn: "{dsn}"\n'
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "site.yaml", Path())
    assert "site.yaml:3:8: ship.dsn holds a password" in str(caught.value)
    assert "planted-word" not in str(caught.value)


@pytest.mark.parametrize(
    "told", [{"edge": ""}, {"edge": "a b"}, {"edge": "x" * 61}, {"batch": 9}, {"pause": "0s"}]
)
def test_what_is_out_of_range_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ShipSection.model_validate(told)


def test_a_file_makes_options_that_are_told_back_under_its_keys() -> None:
    text = "version: 1\nship: {dsn: service=log, edge: edge-1, batch: 100, pause: 0.5s}\n"
    config = parse_config(text, "site.yaml", Path())
    assert config.ship == ShipOptions("service=log", "edge-1", 100, 0.5)
    assert config.effective()["ship"] == {
        "dsn": "service=log",
        "edge": "edge-1",
        "batch": 100,
        "pause": "0.5s",
    }
