import dataclasses
import json
from pathlib import Path

import pytest
import yaml

from screener.config.build import defaults
from screener.config.load import Config, load_config, parse_config
from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass
from screener.core.settings import (
    DEFAULT_SIGNALS,
    GroupCap,
    KeyField,
    Level,
    LimitSpec,
    Mode,
    Settings,
    SignalSpec,
    Thresholds,
    Window,
)
from screener.errors import ConfigError


def parsed(text: str, folder: Path = Path("/")) -> Config:
    return parse_config("version: 1\n" + text, "f.yaml", folder)


def test_without_a_file_the_embedded_defaults_hold() -> None:
    settings = load_config(None).settings
    assert dataclasses.replace(settings, config_hash="default") == Settings()


def test_a_file_that_says_nothing_means_the_defaults() -> None:
    assert parsed("") == load_config(None)


def test_a_missing_file_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/x\.yaml: cannot be read"):
        load_config(Path("/nowhere/x.yaml"))


def test_given_limits_replace_the_default_ones() -> None:
    text = """
limits:
  - name: trunk-rush
    key: [trunk, did]
    windows: [{calls: 30, per: 90s}, {calls: 100, per: 3600}]
    points: 2
    mode: enforce
    classes: [valid]
"""
    assert parsed(text).settings.limits == (
        LimitSpec(
            "trunk-rush",
            (KeyField.TRUNK, KeyField.DID),
            (Window(30, 90.0), Window(100, 3600.0)),
            2.0,
            Mode.ENFORCE,
            frozenset({CallerClass.VALID}),
        ),
    )
    assert parsed("limits: []").settings.limits == ()


def test_given_lists_replace_the_default_ones_and_take_their_files(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("+16515550143,x\n", "utf-8")
    text = """
lists:
  - name: vip
    action: allow
    entries: ["+16515550142"]
    file: n.csv
    until: "1970-01-02T00:00:00Z"
    reason: partners
"""
    assert parsed(text, tmp_path).settings.lists == (
        ListSpec("vip", ListAction.ALLOW, ("+16515550142", "+16515550143"), 86_400.0, "partners"),
    )
    assert parsed("lists: []").settings.lists == ()


def test_signals_groups_and_thresholds_are_overridden_one_by_one() -> None:
    text = """
signals: {new-caller: {mode: observe}, withheld: {points: 3}}
groups: {history: {low: -9}}
policy: {thresholds: {calm: {drop: 20}}}
"""
    settings = parsed(text).settings
    assert settings.signals == {
        **DEFAULT_SIGNALS,
        "new-caller": SignalSpec(1.0, Mode.OBSERVE),
        "withheld": SignalSpec(3.0),
    }
    assert settings.groups["history"] == GroupCap(-9.0, 6.0)
    assert settings.policy.thresholds[Level.CALM] == Thresholds(5.0, 20.0)
    assert settings.policy.thresholds[Level.FULL] == Thresholds(0.5, 7.0)


def test_the_hash_ignores_comments_order_and_spelling_but_no_value() -> None:
    one = parsed("mode: enforce\nsite: {operators: 9, mean_service: 120s}\n")
    other = parsed("# x\nsite:\n  mean_service: 2m  # y\n  operators: 9\nmode: 'enforce'\n")
    changed = parsed("mode: enforce\nsite: {operators: 9, mean_service: 121s}\n")
    assert one.settings.config_hash == other.settings.config_hash
    assert one.settings.config_hash != changed.settings.config_hash
    assert len(one.settings.config_hash) == 12


def test_the_hash_follows_the_entries_of_a_list_file(tmp_path: Path) -> None:
    text = "lists: [{name: a, action: deny, file: n.txt}]"
    (tmp_path / "n.txt").write_text("+16515550142", "utf-8")
    before = parsed(text, tmp_path).settings.config_hash
    (tmp_path / "n.txt").write_text("+16515550143", "utf-8")
    assert parsed(text, tmp_path).settings.config_hash != before


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
signals: {new-caller: {mode: observe}}
lists: [{name: a, action: deny, entries: ["+16515550142"], until: "2026-12-31T00:00:00Z"}]
"""
    config = parsed(text)
    again = yaml.safe_dump(config.effective(reveal_entries=True), sort_keys=True)
    assert parse_config(again, "again.yaml", Path("/")) == config


def test_where_auto_leads_does_not_change_the_hash(tmp_path: Path) -> None:
    here, there = defaults({"XDG_RUNTIME_DIR": str(tmp_path)}), defaults({})
    assert here.control.socket != there.control.socket
    assert here.settings.config_hash == there.settings.config_hash


def test_all_problems_of_a_file_come_at_once_in_order() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("mode: maybe\nsite: {operators: 0x10, channels: 0}\nlists: [{entries: [hello]}]\n")
    places = [str(place) for place, _ in caught.value.problems]
    assert places == [
        "f.yaml:2:7",
        "f.yaml:3:19",
        "f.yaml:3:35",
        *["f.yaml:4:9"] * 2,
        "f.yaml:4:20",
    ]


def test_entries_are_not_judged_by_a_region_that_is_none() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed('region: XX\nlists: [{name: a, action: deny, entries: ["hello"]}]')
    assert [str(place) for place, _ in caught.value.problems] == ["f.yaml:2:9"]


def test_eighty_thousand_entries_are_taken() -> None:
    entries = "".join(f'      - "+1651{number:07d}"\n' for number in range(80_000))
    config = parsed(f"lists:\n  - name: a\n    action: deny\n    entries:\n{entries}")
    assert len(config.settings.lists[0].entries) == 80_000
