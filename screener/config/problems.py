"""What the schema refuses, as sentences with their places: each says what is allowed.

The sentences of single values come from their kinds; here stand those about keys and shapes,
and the order in which all problems of a file are told.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from types import UnionType
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from screener.config.sections import MOST_TOLD, Section, unknown
from screener.config.values import Kind, found
from screener.config.yaml_tree import Path, Problem, Tree, shown
from screener.errors import Place

_SHAPES = {
    "model_type": "a map",
    "dict_type": "a map",
    "list_type": "a sequence",
}


Whole = TypeVar("Whole", bound=Section)


def validated(tree: Tree, schema: type[Whole]) -> tuple[Whole | None, list[Problem]]:
    """Hold the tree against the schema of a whole file: the document, or else every problem."""
    try:
        return schema.model_validate(tree.value), []
    except ValidationError as error:
        problems = _Refused(tree, schema).problems(error, ())
        return None, list(islice(problems, 10 * MOST_TOLD))


def in_order(problems: Iterable[Problem], first_file: str) -> list[Problem]:
    """Return the problems as they are told: by place, the configuration's own file first."""

    def order(problem: Problem) -> tuple[bool, str, int, int]:
        place = problem[0]
        return place.file != first_file, place.file, place.line, place.column

    told = sorted(dict.fromkeys(problems), key=order)
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [(Place(first_file), f"only the first {MOST_TOLD} problems are shown")]
    return told


def written(path: Path) -> str:
    """Return a path as a message names it: `limits[0].windows[1].per`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path)
    return "".join(parts).removeprefix(".") or "the configuration"


class _Refused:
    """What pydantic refused of one tree, held against the schema it was read by."""

    def __init__(self, tree: Tree, schema: type[Section]) -> None:
        self._tree = tree
        self._schema = schema

    def problems(self, error: ValidationError, base: Path) -> Iterator[Problem]:
        """Yield each problem of an error at a path with its place."""
        for one in error.errors(include_url=False):
            path = (*base, *one["loc"])
            context: dict[str, Any] = one.get("ctx", {})
            if one["type"] == "findings":
                for finding in context["findings"]:
                    whole = (*path, *finding.path)
                    place = self._tree.place(whole, key=finding.at_key)
                    yield place, f"{written(whole)} {finding.told}"
                if context["inner"] is not None:
                    yield from self.problems(context["inner"], path)
                continue
            key = one["type"] == "extra_forbidden"
            told = self._told(one["type"], path, one)
            yield self._tree.place(path, key=key), f"{written(path)} {told}"

    def _told(self, kind: str, path: Path, error: Any) -> str:  # noqa: ANN401 - pydantic's own record
        if kind == "told":
            return str(error["ctx"]["told"])
        if kind == "extra_forbidden":
            return unknown(str(path[-1]), self._section_at(path[:-1]).model_fields)
        if kind == "missing":
            return f"is missing{self._what_is_allowed(path)}"
        if kind in _SHAPES:
            return f"{found(error['input'])}; allowed: {_SHAPES[kind]}{self._keys_at(path)}"
        return str(error["msg"])

    def _what_is_allowed(self, path: Path) -> str:
        field = self._section_at(path[:-1]).model_fields[str(path[-1])]
        for part in field.metadata:
            if isinstance(part, Kind):
                return f"; allowed: {part.allowed}"
        return ""

    def _keys_at(self, path: Path) -> str:
        section = self._type_at(path)
        if isinstance(section, type) and issubclass(section, Section):
            return f" with the keys {', '.join(sorted(section.model_fields))}"
        return ""

    def _section_at(self, path: Path) -> type[Section]:
        section = self._type_at(path)
        if not (isinstance(section, type) and issubclass(section, Section)):
            raise TypeError(f"no section at {path}")
        return section

    def _type_at(self, path: Path) -> object:
        here: Any = self._schema
        for step in path:
            if isinstance(here, type) and issubclass(here, Section):
                here = here.model_fields[str(step)].annotation
            else:
                here = get_args(here)[-1]
            if isinstance(here, UnionType):  # a section that may be left out
                here = get_args(here)[0]
        return here
