"""The rewriting of records for the compiled wheel: what it makes is what was there before."""

import ast
import importlib.util
from collections.abc import Callable
from dataclasses import fields, replace
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = '''
from collections import Counter
from dataclasses import InitVar, dataclass, field
from enum import Enum
from typing import ClassVar, Final
from screener.core.records import record

MOST, _LEAST = 3, -3
WAYS: dict[str, int] = {
    "in": MOST,
}
"""Told."""
T = object()
lower = 4
TWO = ONES = 1
SAID: Final[int] = 5

@record
class Plain:
    """A record."""

    left: int
    right: str = "r"

    def both(self) -> str:
        return f"{self.left}{self.right}"

@dataclass(frozen=True, slots=True)
class Frozen:
    number: float
    held: dict[str, int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=lambda: Counter("aab"))
    uid: str = field(default="u", compare=False, repr=False)

@dataclass(slots=True, kw_only=True)
class Named:
    left: int
    right: int = 2

@dataclass(slots=True)
class Counted:
    length: int = field(init=False)
    text: str = "abc"
    left: int = field(default=0, kw_only=True)
    made: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.length = len(self.text)

@dataclass
class Empty:
    pass

@dataclass(slots=True)
class Special:
    of_all: ClassVar[int] = 1
    scale: InitVar[int] = 3
    value: int = 0

    def __post_init__(self, scale: int) -> None:
        self.value = scale

@dataclass(slots=True)
class Heir(Plain):
    last: int = 1

class Kind(Enum):
    ONE = "one"

@record
class Alike:
    kind: Kind
    at: float | None = None

@record
class Leading:
    plain: Plain
'''
CALLS: dict[str, Callable[[Any], Any]] = {
    "Plain": lambda cls: cls(1, right="b"),
    "Frozen": lambda cls: cls(1.5, {"a": 1}),
    "Named": lambda cls: cls(left=1),
    "Counted": lambda cls: cls("four", left=2),
    "Empty": lambda cls: cls(),
    "Special": lambda cls: cls(7),
    "Heir": lambda cls: cls(1, last=4),
}
WRITTEN = ("Plain", "Frozen", "Named", "Counted", "Empty")
LEFT = ("Special", "Heir")


def _rewriter() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "compiled_records", ROOT / ".ci" / "compiled_records.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _in_mypyc_words(source: str) -> str:
    return str(_rewriter().in_mypyc_words(source))


def _classes(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {"mypyc_attr": lambda **_: lambda cls: cls}
    exec(compile(source, "rewritten", "exec"), found)  # noqa: S102 - our own source
    return found


REWRITTEN = _in_mypyc_words(SOURCE)
# Only compiled code sets a frozen field directly; what is compiled is held to that in tests/e2e.
BEFORE, AFTER = _classes(SOURCE), _classes(REWRITTEN.replace("(frozen=True", "(unsafe_hash=True"))


@pytest.mark.parametrize("name", CALLS)
def test_a_record_is_told_compared_and_hashed_as_before(name: str) -> None:
    before, after = CALLS[name](BEFORE[name]), CALLS[name](AFTER[name])
    assert repr(after) == repr(before)
    assert after == CALLS[name](AFTER[name])
    assert (AFTER[name].__hash__ is None) == (BEFORE[name].__hash__ is None)
    assert [one.name for one in fields(after)] == [one.name for one in fields(before)]


def test_it_can_be_replaced() -> None:
    assert replace(AFTER["Frozen"](1.5), uid="v").uid == "v"
    assert replace(AFTER["Plain"](1), left=2) == AFTER["Plain"](2)


@pytest.mark.parametrize("name", CALLS)
def test_it_is_made_of_the_same_parameters(name: str) -> None:
    def told(cls: type) -> list[tuple[str, object, bool]]:
        found = signature(cls).parameters.values()
        return [(one.name, one.kind, one.default is Parameter.empty) for one in found]

    assert told(AFTER[name]) == told(BEFORE[name])


@pytest.mark.parametrize("name", WRITTEN)
def test_its_constructor_stands_in_the_source(name: str) -> None:
    assert AFTER[name].__init__.__code__.co_filename == "rewritten"
    assert not hasattr(AFTER[name], "__slots__")


@pytest.mark.parametrize("name", LEFT)
def test_what_only_dataclasses_can_make_is_left_to_them(name: str) -> None:
    assert AFTER[name].__init__.__code__.co_filename != "rewritten"


def test_each_record_gets_containers_of_its_own() -> None:
    first, second = AFTER["Frozen"](1.0), AFTER["Frozen"](1.0)
    assert first.held == second.held == {}
    assert first.held is not second.held
    assert first.seen == {"a": 2, "b": 1}


def test_what_is_frozen_stays_so() -> None:
    assert "@dataclass(frozen=True, init=False)\nclass Frozen:" in REWRITTEN


def test_the_constants_of_a_module_are_final() -> None:
    lines = REWRITTEN.splitlines()
    assert lines[1] == "from typing import Final"
    assert {"MOST: Final = 3", "_LEAST: Final = -3"} <= set(lines)
    assert "WAYS: Final[dict[str, int]] = {'in': MOST}" in lines
    left = {"T = object()", "lower = 4", "TWO = ONES = 1", "SAID: Final[int] = 5"}
    assert left <= set(lines)
    assert (AFTER["MOST"], AFTER["_LEAST"], AFTER["WAYS"]) == (3, -3, {"in": 3})


def test_records_of_plain_fields_alone_are_told_to_be_in_no_cycle() -> None:
    told = {
        node.name
        for node in ast.walk(ast.parse(REWRITTEN))
        if isinstance(node, ast.ClassDef)
        and "mypyc_attr(acyclic=True)" in map(ast.unparse, node.decorator_list)
    }
    assert told == {"Plain", "Named", "Empty", "Alike"}


def test_a_module_without_either_stays_as_it_is() -> None:
    source = '"""Told."""\n\nimport re\n\n\nclass Plain:\n    at = 1\n'
    assert _in_mypyc_words(source) == source


def test_a_method_of_before_is_called_after_it() -> None:
    assert AFTER["Counted"]("four").length == 4
    assert AFTER["Plain"](1).both() == "1r"


@pytest.mark.parametrize("path", sorted((ROOT / "screener" / "core").glob("*.py")))
def test_every_record_of_the_rules_gets_a_written_constructor(path: Path) -> None:
    for node in ast.walk(ast.parse(_in_mypyc_words(path.read_text("utf-8")))):
        if isinstance(node, ast.ClassDef) and any(
            "dataclass" in ast.unparse(one) for one in node.decorator_list
        ):
            names = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
            assert "__init__" in names, node.name
