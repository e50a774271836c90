import copy
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.config.load import parse_config
from screener.config.yaml_edit import BOM, set_value, value_at
from screener.config.yaml_tree import read_tree
from screener.config.yaml_words import Scalar
from screener.errors import ConfigError

FILE = Path(__file__).parents[3] / "config" / "screener.yaml"

NAMES = ["a", "policy", "new-caller", "x y", "1", "null", "true", 'say "a"', "it's", "é😀", "#k"]
scalars = st.one_of(
    st.integers(-(10**9), 10**9),
    st.integers(-99_999, 99_999).map(lambda n: n / 100),
    st.booleans(),
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["22:00", "10m", "NO", "+1651", "a, b", "a: b", "x # y", "- z", "{", "*a"]),
)
maps = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), scalars, max_size=3),
    lambda inner: st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(
            scalars, inner, st.lists(st.one_of(scalars, inner.filter(bool)), min_size=1, max_size=3)
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=8,
)


class Writer:
    """Writes data as a person might: block or flow, with comments, empty lines and quotes."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.step = draw(st.integers(1, 4))

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def text(self, value: dict[str, object]) -> str:
        head = self.pick("", "# head\n", "\n", "---\n")
        body = "\n".join(self.block(value, 0)) if value else self.pick("", "{}", "{ }")
        return head + body + self.pick("", "\n", "\n# foot\n", "\n\n") if body else head

    def scalar(self, value: Scalar) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return f"{value}"
        if "'" not in value and value.isprintable() and self.draw(st.booleans()):
            return f"'{value}'"
        escaped = (f"\\U{ord(one):08x}" if not one.isprintable() else one for one in value)
        return '"' + "".join({'"': '\\"', "\\": "\\\\"}.get(one, one) for one in escaped) + '"'

    def key(self, name: str) -> str:
        plain = re.fullmatch("[a-z-]+", name) and name not in {"null", "true"}
        return name if plain and self.draw(st.booleans()) else self.scalar(name)

    def flow(self, value: object) -> str:
        space = self.pick("", " ")
        if isinstance(value, dict):
            inner = ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in value.items())
            return "{" + space + inner + space + "}"
        if isinstance(value, list):
            return "[" + space + ", ".join(map(self.flow, value)) + space + "]"
        return self.scalar(value)  # type: ignore[arg-type]  # all that is left

    def block(self, value: dict[str, object], column: int) -> list[str]:
        lines, indent = [], " " * column
        for name, held in value.items():
            lines += self.draw(st.sampled_from([[], [], [""], [indent + "# why"], ["# left"]]))
            comment = self.pick("", "", "  # told: x")
            opening = f"{indent}{self.key(name)}:"
            if isinstance(held, dict | list) and held and self.draw(st.booleans()):
                lines.append(opening + comment)
                lines += self.inside(held, column)
            elif held is None and self.draw(st.booleans()):
                lines.append(opening + comment)
            else:
                lines.append(f"{opening} {self.flow(held)}{comment}")
        return lines

    def inside(self, held: dict[str, object] | list[object], column: int) -> list[str]:
        if isinstance(held, dict):
            return self.block(held, column + self.step)
        column += self.step
        lines = []
        for item in held:
            if isinstance(item, dict) and self.draw(st.booleans()):
                inner = [line for line in self.block(item, column + 2) if line.strip(" ")]
                first = next(n for n, line in enumerate(inner) if "# " not in line.lstrip()[:2])
                inner[first] = " " * column + "- " + inner[first][column + 2 :]
                lines += inner
            else:
                lines.append(f"{' ' * column}- {self.flow(item)}")
        return lines


@st.composite
def written(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    value = draw(maps)
    text = Writer(draw).text(value)
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from(["", BOM])) + text, value


def said(text: str) -> object:
    tree = read_tree(text.removeprefix(BOM), "x")
    assert tree.problems == []
    return tree.value


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all single values, and of some that are missing."""
    if isinstance(value, dict):
        missing = [(*path, "missing"), (*path, "more", "deeper")]
        return missing + [one for k, v in value.items() for one in places(v, (*path, k))]
    if isinstance(value, list):
        return [one for n, v in enumerate(value) for one in places(v, (*path, n))]
    return [path, *([(*path, "filled")] if value is None else [])]


def with_value(value: object, path: tuple[str | int, ...], new: Scalar) -> object:
    whole = copy.deepcopy(value)
    here: Any = whole
    for step in path[:-1]:
        if here.get(step) is None if isinstance(here, dict) else here[step] is None:
            here[step] = {}
        here = here[step]
    here[path[-1]] = new
    return whole


@settings(max_examples=200, deadline=None)
@given(written(), scalars, st.data())
def test_what_is_set_is_said_and_every_other_line_stays_as_it_was(
    text_and_value: tuple[str, dict[str, object]], new: Scalar, data: st.DataObject
) -> None:
    text, value = text_and_value
    assert (said(text) or {}) == value
    path = data.draw(st.sampled_from(places(value)))
    edited = set_value(text, path, new)
    assert said(edited) == with_value(value, path, new)
    assert "\n" not in gone(text, edited)
    assert set(re.findall(r"\r?\n", edited)) <= (set(re.findall(r"\r?\n", text)) or {"\n"})
    for comment in ("# head", "# foot", "# why", "# left", "  # told: x"):
        assert edited.count(comment) == text.count(comment)


def gone(old: str, new: str) -> str:
    """Return what went from the old text, all before and after it being the same in the new."""
    head = same(old, new)
    return old[head : len(old) - same(old[head:][::-1], new[head:][::-1])]


def same(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, pair in pairs if pair[0] != pair[1]), min(len(one), len(other)))


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", "policy:\n  refuse_from: 4\n"),
        ("# only\r\n", "# only\r\npolicy:\r\n  refuse_from: 4\r\n"),
        (
            "policy: # all\n  # none\nmode: observe",
            "policy: # all\n  refuse_from: 4\n  # none\nmode: observe",
        ),
        ("policy: {}  # all\n", "policy: {refuse_from: 4}  # all\n"),
        ("policy: {come_again: true,}", "policy: {come_again: true, refuse_from: 4,}"),
        ("policy: null\n", "policy: {refuse_from: 4}\n"),
        ("{version: 1}", "{version: 1, policy: {refuse_from: 4}}"),
        ("version: 1", "version: 1\npolicy:\n  refuse_from: 4"),
        ("version: 1\n...\n", "version: 1\npolicy:\n  refuse_from: 4\n...\n"),
        ("'policy':\n    refuse_from:  12   # why\n", "'policy':\n    refuse_from:  4   # why\n"),
        (
            "site:\n    operators: 1\npolicy:\n    malformed: drop #\n\n# f\n",
            "site:\n    operators: 1\npolicy:\n    malformed: drop #\n    refuse_from: 4\n\n# f\n",
        ),
        (
            "policy:\n  note: |\n    long\n    text\n\nmode: observe\n",
            "policy:\n  note: |\n    long\n    text\n\n  refuse_from: 4\nmode: observe\n",
        ),
    ],
)
def test_a_key_goes_where_its_section_is_in_the_style_of_its_neighbours(
    text: str, edited: str
) -> None:
    assert set_value(text, ("policy", "refuse_from"), 4.0) == edited


def test_a_text_keeps_its_quotes_and_a_word_that_needs_some_gets_them() -> None:
    assert set_value("a: 'it'", ("a",), "it's") == "a: 'it''s'"
    assert set_value('a: "b"', ("a",), "c") == 'a: "c"'
    assert set_value("a: b", ("a",), "22:00") == 'a: "22:00"'
    assert set_value("a: b", ("a",), "+16515550142") == 'a: "+16515550142"'
    assert set_value("a: 5  # s", ("a",), "10m") == "a: 10m  # s"
    assert set_value("a: 5", ("a",), 1e-7) == "a: 0.0000001"


@pytest.mark.parametrize(
    ("text", "path", "value", "place", "told"),
    [
        ("a: 1\nb: [1]\n", ("b",), 4, "f:2:4", "a whole section"),
        ("a: 1\nb: [1]\n", ("b", "c"), 4, "f:2:4", "no section"),
        ("a: 1\nb: [1]\n", ("b", 1), 4, "f:2:4", "no section"),
        ("a: 1\nb: two\n  lines\n", ("b",), 4, "f:2:4", "several lines"),
        ("a: |\n  x\n", ("a",), "y", "f:1:4", "several lines"),
        ("a: 1\nb: x\n", ("b", "c"), 4, "f:2:4", "no section"),
        ("a: {b}\n", ("a", "b"), 4, "f:1:6", "by hand"),
        ("a: 1\n", ("a",), float("nan"), "f:1:4", "finite"),
        ("a: 1\n", ("a",), 10**20, "f:1:4", "15 digits"),
        ("a: 1\na: 2\n", ("a",), 4, "f:2:1", "stands here again"),
        ("a: *b\n", ("a",), 4, "f:1:4", "aliases|alias"),
        ("a: [\n", ("a",), 4, "f:2:1", "not valid YAML"),
        ("a: 1\n", (), 4, "f:1:1", "no key"),
    ],
)
def test_what_cannot_be_edited_safely_is_told_at_its_place(
    text: str, path: tuple[str | int, ...], value: Scalar, place: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        set_value(text, path, value, "f")
    assert str(refused.value).startswith(f"{place}:")


def test_every_number_of_the_shipped_file_can_be_set_and_nothing_else_moves() -> None:
    text = FILE.read_text()
    before = text.splitlines()
    numbers = [
        path
        for path in places(read_tree(text, "x").value)
        if type(value_at(read_tree(text, "x"), path)) in {int, float} and path != ("version",)
    ]
    assert len(numbers) > 90
    for path in numbers:
        after = set_value(text, path, 7.25).splitlines()
        moved = [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
        assert len(moved) == 1
        assert before[moved[0]].partition("  #")[2] == after[moved[0]].partition("  #")[2]


def test_the_shipped_file_with_a_threshold_moved_means_just_that() -> None:
    text = FILE.read_text()
    moved = parse_config(
        set_value(text, ("policy", "thresholds", "calm", "challenge"), 4.5), "x", FILE.parent
    )
    effective = parse_config(text, "x", FILE.parent).effective()
    now = moved.effective()
    policy = now.pop("policy")
    assert isinstance(policy, dict)
    assert policy["thresholds"]["calm"] == {"challenge": 4.5, "drop": 14}
    effective.pop("policy")
    assert now == effective
