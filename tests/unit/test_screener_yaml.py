"""`config/screener.yaml` says the defaults, explains each key, and breaks only in words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.config.load import Config, load_config, parse_config
from screener.config.schema import ENTRIES, Document, Entry
from screener.config.sections import Items, Section
from screener.config.values import Kind
from screener.config.yaml_tree import Path as Keys
from screener.config.yaml_tree import read_tree
from screener.core.engine import Engine
from screener.errors import ConfigError
from tests.builders import a_memory

FILE = Path(__file__).parents[2] / "config" / "screener.yaml"
TEXT = FILE.read_text("utf-8")
LINES = TEXT.split("\n")
TREE = read_tree(TEXT, FILE.name)
NAMED_MAPS = {"signals", "groups"}
OF_EMPTY = {
    ("limits", "*", "classes", "*"),
    ("hours", "openings", "*"),
    ("hours", "closed_on", "*"),
    ("web", "proxy", "peers", "*"),
    ("front", "trunks", "*"),
    ("front", "trunks", "*", "*"),
}
"""Items of sequences and maps that are empty by default."""


def fields_of(annotation: Any, metadata: Any, path: Keys = ()) -> Iterator[tuple[Keys, str]]:  # noqa: ANN401 - an annotation can be anything
    """Yield every key of the schema with its range; `*` stands for any item or name."""
    for part in metadata:
        if isinstance(part, Kind | Items):
            yield path, part.range
        if part is ENTRIES:
            yield path, Entry().range
    if isinstance(annotation, type) and issubclass(annotation, Section):
        for name, field in annotation.model_fields.items():
            yield (*path, name), ""
            yield from fields_of(field.annotation, field.metadata, (*path, name))
    elif get_args(annotation):
        inner = get_args(annotation)[-1]
        yield from fields_of(inner, getattr(inner, "__metadata__", ()), (*path, "*"))


def paths_in_file(value: object, path: Keys = ()) -> Iterator[Keys]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths_in_file(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from paths_in_file(item, (*path, number))


def generic(path: Keys) -> Keys:
    named = len(path) > 1 and path[0] in NAMED_MAPS
    return tuple(
        "*" if isinstance(step, int) or (named and number == 1) else step
        for number, step in enumerate(path)
    )


def comment_of(path: Keys) -> str:
    """Return the comment on the key's line and those right above, and those of what holds it.

    What stands on one line with its holder, or has none of its own lines, is explained there.
    """
    told: list[str] = []
    while path:
        line = TREE.place(path, key=True).line - 1
        above = line
        while above and LINES[above - 1].lstrip().startswith("#"):
            above -= 1
        told += [text.partition("#")[2] for text in LINES[above : line + 1]]
        holder = path[:-1]
        if len(holder) < 2 and not NAMED_MAPS.issuperset(holder) and isinstance(path[-1], str):
            break
        path = holder
    return " ".join(told)


SCHEMA = sorted(set(fields_of(Document, ())))
IN_FILE: dict[Keys, list[Keys]] = {}
for one in paths_in_file(TREE.value):
    IN_FILE.setdefault(generic(one), []).append(one)


def test_the_file_says_exactly_the_embedded_defaults() -> None:
    assert load_config(FILE) == load_config(None)


def test_the_embedded_defaults_make_an_engine() -> None:
    config = load_config(None)
    assert Engine(config.settings, a_memory()).settings is config.settings


def test_every_key_of_the_schema_stands_in_the_file() -> None:
    wanted = {path for path, _ in SCHEMA if path} - OF_EMPTY
    assert wanted
    assert wanted - IN_FILE.keys() == set()


def test_every_comment_names_the_range() -> None:
    for path, told in SCHEMA:
        keys = path
        while keys in OF_EMPTY:
            keys = keys[:-1]
        if told:
            said = any(told in comment_of(real) for real in IN_FILE[keys])
            assert said, (told, IN_FILE[keys])


def test_every_signal_and_group_stands_in_the_file() -> None:
    config = load_config(None).settings
    assert isinstance(TREE.value, dict)
    assert set(TREE.value["signals"]) == set(config.signals)
    assert set(TREE.value["groups"]) == set(config.groups)


def test_the_file_is_plain_ascii_and_fits_a_screen() -> None:
    assert TEXT.isascii()
    assert max(map(len, LINES)) <= 110
    assert len(LINES) <= 350


def read_or_refused(text: str) -> Config | ConfigError:
    try:
        return parse_config(text, "mutant.yaml", FILE.parent)
    except ConfigError as error:
        refused = error
    lines = text.count("\n") + 2
    assert refused.problems
    assert all(told and place.line <= lines for place, told in refused.problems)
    return refused


def test_without_any_one_line_it_is_read_or_refused() -> None:
    for number in range(len(LINES)):
        read_or_refused("\n".join(LINES[:number] + LINES[number + 1 :]))


@pytest.mark.parametrize("name", [str(name) for name in Document.model_fields])
def test_without_any_one_block_it_still_says_the_defaults(name: str) -> None:
    start = TREE.place((name,), key=True).line - 1
    end = next(
        (n for n in range(start + 1, len(LINES)) if re.match(r"[a-z]", LINES[n])), len(LINES)
    )
    found = read_or_refused("\n".join(LINES[:start] + LINES[end:]))
    if name == "version":
        assert "version is missing" in str(found)
    else:
        assert found == load_config(None)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_however_it_is_mangled_it_is_read_or_refused(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "twice", "indent", "dedent", "swap", "cut"])):
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = "  " + lines[at]
            case "dedent":
                lines[at] = lines[at][1:]
            case "swap":
                lines[at], lines[at - 1] = lines[at - 1], lines[at]
            case _:
                lines[at] = lines[at][: len(lines[at]) // 2]
    read_or_refused("\n".join(lines))


@given(at=st.integers(0, len(TEXT) - 1), character=st.characters(codec="utf-8"))
@settings(max_examples=300, deadline=None)
def test_with_any_character_flipped_it_is_read_or_refused(at: int, character: str) -> None:
    read_or_refused(TEXT[:at] + character + TEXT[at + 1 :])


@given(at=st.integers(0, len(TEXT)))
@settings(max_examples=100, deadline=None)
def test_cut_off_anywhere_it_is_read_or_refused(at: int) -> None:
    read_or_refused(TEXT[:at])
