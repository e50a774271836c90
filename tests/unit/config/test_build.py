from pathlib import Path

from screener.config.build import defaults
from screener.config.load import Config, parse_config
from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass
from screener.core.settings import (
    DEFAULT_SIGNALS,
    GroupCap,
    KeyField,
    Level,
    LimitSpec,
    Mode,
    PolicySettings,
    SignalSpec,
    Thresholds,
    Window,
)


def parsed(text: str, folder: Path = Path("/")) -> Config:
    return parse_config("version: 1\n" + text, "f.yaml", folder)


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
    assert settings.policy.thresholds[Level.FULL] == PolicySettings().thresholds[Level.FULL]


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


def test_where_auto_leads_does_not_change_the_hash(tmp_path: Path) -> None:
    here, there = defaults({"XDG_RUNTIME_DIR": str(tmp_path)}), defaults({})
    assert here.control.socket != there.control.socket
    assert here.settings.config_hash == there.settings.config_hash
