"""An agent in a line, for the log and for whoever started it."""

import logging
from pathlib import Path

import pytest

from screener.config.load import parse_config
from screener.service.serving import in_words, tell_ready

CONFIG = parse_config(
    "version: 1\nmode: enforce\nlisten: {host: 192.0.2.1, peers: [192.0.2.0/24]}\n"
    "control: {socket: /run/screener/control.sock}\n",
    "screener.yaml",
    Path("/"),
)
HASH = CONFIG.settings.config_hash


def test_the_log_says_where_calls_are_taken_and_by_which_rules(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "screener.agent"):
        tell_ready(CONFIG, 4591)
    word, version, *told = caplog.messages[0].split()
    assert (word, version.partition("=")[0]) == ("READY", "version")
    assert told == [
        "listen=192.0.2.1:4591",
        "control=/run/screener/control.sock",
        "mode=enforce",
        f"config={HASH}",
    ]


def test_the_same_in_a_few_words() -> None:
    assert in_words(CONFIG, 4591) == f"takes calls at 192.0.2.1:4591, enforce, config {HASH}"
