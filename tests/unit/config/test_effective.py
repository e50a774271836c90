import json
from pathlib import Path

import yaml

from screener.config.load import Config, parse_config


def parsed(text: str, folder: Path = Path("/")) -> Config:
    return parse_config("version: 1\n" + text, "f.yaml", folder)


def test_what_is_in_force_is_told_without_any_number() -> None:
    config = parsed('lists: [{name: a, action: deny, entries: ["+16515550142"]}]')
    told = json.dumps(config.effective())
    assert "16515550142" not in told
    assert config.effective()["lists"] == [
        {"name": "a", "action": "deny", "until": None, "reason": "", "entries": 1}
    ]


def test_what_is_in_force_reads_back_as_the_same_configuration() -> None:
    text = """
mode: enforce
control: {socket: /tmp/x.sock}
listen: {host: "::1", peers: ["2001:db8::/32"], header_timeout: 0.25}
ami: {host: pbx.example, secret_file: /x, queues: [a, b], every: 2s}
signals: {new-caller: {mode: observe}}
lists: [{name: a, action: deny, entries: ["+16515550142"], until: "2026-12-31T00:00:00Z"}]
"""
    config = parsed(text)
    again = yaml.safe_dump(config.effective(reveal_entries=True), sort_keys=True)
    assert parse_config(again, "again.yaml", Path("/")) == config
