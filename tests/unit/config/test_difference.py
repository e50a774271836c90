from pathlib import Path

import pytest

from screener.config.build import Config
from screener.config.difference import differences
from screener.config.load import parse_config

LIST = "lists: [{name: bad, action: deny, entries: [%s]}]\n"
NAMED = "{name: %s, action: deny, entries: ['100']}"
LIMIT = "{name: %s, key: [number], windows: [{calls: %d, per: 10m}], points: 4}"


def config(text: str = "") -> Config:
    return parse_config("version: 1\n" + text, "x.yaml", Path())


def told(before: str, after: str) -> list[str]:
    return [str(one) for one in differences(config(before), config(after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("", "# a comment\nmode: observe\n", []),
        (
            "",
            "policy: {thresholds: {calm: {challenge: 4}}}\n",
            ["policy.thresholds.calm.challenge: 5 -> 4"],
        ),
        ("", "mode: enforce\nsite: {operators: 9}\n", ["mode: observe -> enforce"]),
        ("signals: {withheld: {points: 2}}\n", "", ["signals.withheld.points: 2 -> 1"]),
        ("log: {level: debug}\n", "", ["log.level: debug -> info"]),
    ],
)
def test_only_what_differs_in_effect_is_told_under_the_files_keys(
    before: str, after: str, expected: list[str]
) -> None:
    assert told(before, after)[: len(expected) or 1] == expected


def test_differences_come_in_the_order_of_the_file() -> None:
    found = told("", "captcha: {places: 3}\nmode: enforce\nlisten: {port: 4000}\n")
    assert [line.partition(":")[0] for line in found] == ["mode", "listen.port", "captcha.places"]


def test_entries_of_lists_are_counted_and_never_shown() -> None:
    before = LIST % "'+16515550142', '+16515550143'"
    after = LIST % "'+16515550143', '+16515550144', '+16515550145'"
    assert told(before, after) == ["lists.bad.entries: 2 -> 3 (2 added, 1 removed)"]
    assert "5550" not in repr(differences(config(before), config(after)))


def test_the_same_entries_in_another_order_are_told() -> None:
    assert told(LIST % "'100', '101'", LIST % "'101', '100'") == [
        "lists.bad.entries: 2 -> 2 (0 added, 0 removed, in another order)"
    ]


def test_a_list_that_came_is_told_by_what_it_is_and_how_much_it_holds() -> None:
    found = told(LIST % "'100'", "lists: [{name: good, action: allow, entries: ['100']}]\n")
    assert found == [
        "lists.bad: action deny, until none, reason none, entries 1 -> nothing",
        "lists.good: nothing -> action allow, until none, reason none, entries 1",
    ]


def test_the_order_of_lists_matters_as_the_first_one_speaks() -> None:
    a, b = NAMED % "a", NAMED % "b"
    assert told(f"lists: [{a}, {b}]\n", f"lists: [{b}, {a}]\n") == ["lists.order: [a, b] -> [b, a]"]


def test_limits_are_compared_by_name() -> None:
    one, other = (f"limits: [{LIMIT % ('a', calls)}]\n" for calls in (4, 5))
    assert told(one, other) == [
        "limits.a.windows: [{calls: 4, per: 10m}] -> [{calls: 5, per: 10m}]"
    ]
    assert told(one, f"limits: [{LIMIT % ('b', 4)}]\n")[0].startswith("limits.a: key [number], ")
