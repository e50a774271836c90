"""Our records in the words of mypyc: plain dataclasses, each with its `__init__` written out.

mypyc lays a plain dataclass out as a C structure, but leaves its `__init__` to `dataclasses`, which
makes it as Python: 0.4 us a record, and twelve of them a call (measured). One that stands in the
source is compiled. Nothing else of a record changes: `fields`, `replace`, `repr`, comparing,
hashing and what is frozen are made by `dataclasses` as before.

A module's constants become `Final`, which they are: compiled code then has them at hand, and does
does not look for their names in a dictionary (a twelfth of a decision, measured).

A record of numbers, texts and members of enumerations is in no cycle, and nothing to the collector
of cyclic garbage. That one counts what comes less what goes: where tables and caches push one out
for each that comes, it met all 26,000 of theirs as new ones, 9 ms at a time (measured). Which
modules are compiled, and how, is left to `compiled`.
"""

import ast
import re
from dataclasses import dataclass
from itertools import starmap
from typing import TypeGuard

_RECORDS = "screener.core.records"
_AS_RECORD = {"unsafe_hash": "True"}
"""What `@record` says of a dataclass, but for its slots."""


@dataclass(frozen=True)
class _Field:
    """One field as its parameter and its assignment; `default` is empty where there is none."""

    name: str
    annotation: str
    default: str
    made: str
    """What makes the default of each record anew, empty where nothing does."""
    is_parameter: bool
    is_keyword: bool

    def parameter(self) -> str:
        """Return the parameter of `__init__`."""
        if self.made:
            return f"{self.name}: {self.annotation} | None = None"
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default else "")

    def value(self) -> str:
        """Return what the field is set to."""
        if not self.is_parameter:
            return self.made or self.default
        return f"{self.made} if {self.name} is None else {self.name}" if self.made else self.name


def in_mypyc_words(source: str) -> str:
    """Return a module's source with its records as mypyc makes them quickest."""
    tree = ast.parse(source)
    plain = _PLAIN.union(one.name for one in tree.body if _is_enumeration(one))
    edits: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            edits += _edits_of(node, plain)
        elif isinstance(node, ast.ImportFrom) and node.module == _RECORDS:
            edits.append((node.lineno, node.end_lineno or node.lineno, _IMPORT))
    edits += _constants(tree)
    if any(text.startswith(_ACYCLIC) for _, _, text in edits):
        first = _first_import(tree)
        edits.append((first, first - 1, _OF_MYPYC))
    lines = source.splitlines(keepends=True)
    for first, last, text in sorted(edits, reverse=True):
        lines[first - 1 : last] = [text]
    return "".join(lines)


_IMPORT = "from dataclasses import dataclass\n"
_PLAIN = frozenset({"bool", "bytes", "float", "int", "str", "None"})
_ACYCLIC = "@mypyc_attr(acyclic=True)\n"
_OF_MYPYC = (
    "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n"
    "    from mypy_extensions import mypyc_attr\n"
)
"""For the compiler alone: where the agent runs there is no such module, and nobody asks for it."""
_IMPORTS = (ast.Import, ast.ImportFrom)
_CONSTANT = re.compile("_?[A-Z][A-Z0-9_]+")


def _constants(tree: ast.Module) -> list[tuple[int, int, str]]:
    """Return what makes the constants of a module final."""
    edits = []
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names, values, annotation = node.targets, [node.value], ""
            if isinstance(names[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                names, values = names[0].elts, node.value.elts
        elif isinstance(node, ast.AnnAssign) and node.value:
            names, values, annotation = [node.target], [node.value], ast.unparse(node.annotation)
            if annotation.startswith("Final"):
                continue
        else:
            continue
        told = [ast.unparse(name) for name in names]
        if len(told) == len(values) and all(map(_CONSTANT.fullmatch, told)):
            final = f"Final[{annotation}]" if annotation else "Final"
            lines = [
                f"{a}: {final} = {ast.unparse(b)}\n" for a, b in zip(told, values, strict=True)
            ]
            edits.append((node.lineno, node.end_lineno or node.lineno, "".join(lines)))
    first = _first_import(tree)
    return [*edits, (first, first - 1, "from typing import Final\n")] if edits else []


def _first_import(tree: ast.Module) -> int:
    return next((node.lineno for node in tree.body if isinstance(node, _IMPORTS)), 1)


def _is_enumeration(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(it) for it in node.bases)


def _is_acyclic(node: ast.ClassDef, plain: frozenset[str]) -> bool:
    """Say whether its fields hold nothing that could lead back to it."""
    told = [ast.unparse(it.annotation) for it in node.body if isinstance(it, ast.AnnAssign)]
    names = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    more = node.bases or names & {"__init__", "__post_init__"}  # may hold what no field says
    return not more and all(plain.issuperset(one.split(" | ")) for one in told)


def _edits_of(node: ast.ClassDef, plain: frozenset[str]) -> list[tuple[int, int, str]]:
    """Return what replaces which lines of a class, first and last; nothing where it is none."""
    for decorator in node.decorator_list:
        words = _words_of(decorator)
        if words is None:
            continue
        init = _init_of(node, words)
        words.pop("slots", None)
        if init:
            words["init"] = "False"
        told = ", ".join(starmap("{}={}".format, words.items()))
        first, last = decorator.lineno, decorator.end_lineno or decorator.lineno
        end = (node.end_lineno or node.lineno) + 1
        decorated = f"{_ACYCLIC * _is_acyclic(node, plain)}@dataclass({told})\n"
        return [(first, last, decorated), (end, end - 1, init)]
    return []


def _words_of(decorator: ast.expr) -> dict[str, str] | None:
    """Return what a decorator says of a dataclass, None where it makes none."""
    call = isinstance(decorator, ast.Call)
    match ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator):
        case "record" if not call:
            return dict(_AS_RECORD)
        case "dataclass":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            return {str(one.arg): ast.unparse(one.value) for one in keywords}
        case _:
            return None


def _init_of(node: ast.ClassDef, words: dict[str, str]) -> str:
    """Return the text of `__init__`, empty where `dataclasses` must make it or it stands there."""
    names = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    declared = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    if node.bases or "__init__" in names or "init" in words or any(map(_is_special, declared)):
        return ""
    fields = [_field_of(one, keyword=words.get("kw_only") == "True") for one in declared]
    given = [one for one in fields if one.is_parameter]
    parameters = ["self", *(one.parameter() for one in given if not one.is_keyword)]
    if any(one.is_keyword for one in given):
        parameters += ["*", *(one.parameter() for one in given if one.is_keyword)]
    # What no one else may set, the check of types lets nobody set; compiled code does it directly.
    remark = "  # type: ignore[misc]" if words.get("frozen") == "True" else ""
    body = [f"self.{one.name} = {one.value()}{remark}" for one in fields if one.value()]
    if "__post_init__" in names:
        body.append("self.__post_init__()")
    lines = (f"        {line}\n" for line in body or ["pass"])
    return f"\n    def __init__({', '.join(parameters)}) -> None:\n{''.join(lines)}"


def _is_special(declared: ast.AnnAssign) -> bool:
    """Say whether it is no field, or one that only `dataclasses` knows how to take."""
    annotation = ast.unparse(declared.annotation)
    return any(word in annotation for word in ("ClassVar", "InitVar", "KW_ONLY"))


def _field_of(declared: ast.AnnAssign, *, keyword: bool) -> _Field:
    name, annotation = ast.unparse(declared.target), ast.unparse(declared.annotation)
    value = declared.value
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "field"):
        default = ast.unparse(value) if value else ""
        return _Field(name, annotation, default, "", is_parameter=True, is_keyword=keyword)
    told = {str(one.arg): one.value for one in value.keywords}
    made = _made_by(told["default_factory"]) if "default_factory" in told else ""
    if made and ("None" in annotation or not annotation.isprintable() or '"' in annotation):
        raise SystemExit(f"compiled: {name}: {annotation} with a default_factory")
    says = {key: ast.unparse(one) for key, one in told.items()}
    return _Field(
        *(name, annotation, says.get("default", ""), made),
        is_parameter=says.get("init") != "False",
        is_keyword=says.get("kw_only", str(keyword)) == "True",
    )


def _made_by(factory: ast.expr) -> str:
    """Return the call of a factory, which of a lambda is what it returns."""
    return ast.unparse(
        factory.body if isinstance(factory, ast.Lambda) else ast.Call(factory, [], [])
    )
