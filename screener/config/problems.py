"""What the schema refuses, as sentences with their places: each says what is allowed.

The sentences of single values come from their kinds; here stand those about keys and shapes,
and the order in which all problems of a file are told.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, get_args

from pydantic import ValidationError

from screener.config.schema import Document
from screener.config.sections import MOST_TOLD, Section, unknown
from screener.config.values import Kind, found
from screener.config.yaml_tree import Path, Problem, Tree, shown
from screener.errors import Place

_SHAPES = {
    "model_type": "a map",
    "dict_type": "a map",
    "list_type": "a sequence",
}


def validated(tree: Tree) -> tuple[Document | None, list[Problem]]:
    """Hold the tree against the schema: the document, or else every problem."""
    try:
        return Document.model_validate(tree.value), []
    except ValidationError as error:
        return None, list(islice(_problems(tree, error, ()), 10 * MOST_TOLD))


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


def _problems(tree: Tree, error: ValidationError, base: Path) -> Iterator[Problem]:
    for one in error.errors(include_url=False):
        path = (*base, *one["loc"])
        context: dict[str, Any] = one.get("ctx", {})
        if one["type"] == "findings":
            for finding in context["findings"]:
                whole = (*path, *finding.path)
                yield tree.place(whole, key=finding.at_key), f"{written(whole)} {finding.told}"
            if context["inner"] is not None:
                yield from _problems(tree, context["inner"], path)
            continue
        key = one["type"] == "extra_forbidden"
        yield tree.place(path, key=key), f"{written(path)} {_told(one['type'], path, one)}"


def _told(kind: str, path: Path, error: Any) -> str:  # noqa: ANN401 - pydantic's own record
    if kind == "told":
        return str(error["ctx"]["told"])
    if kind == "extra_forbidden":
        return unknown(str(path[-1]), _section_at(path[:-1]).model_fields)
    if kind == "missing":
        return f"is missing{_what_is_allowed(path)}"
    if kind in _SHAPES:
        return f"{found(error['input'])}; allowed: {_SHAPES[kind]}{_keys_at(path)}"
    return str(error["msg"])


def _what_is_allowed(path: Path) -> str:
    field = _section_at(path[:-1]).model_fields[str(path[-1])]
    for part in field.metadata:
        if isinstance(part, Kind):
            return f"; allowed: {part.allowed}"
    return ""


def _keys_at(path: Path) -> str:
    section = _type_at(path)
    if isinstance(section, type) and issubclass(section, Section):
        return f" with the keys {', '.join(sorted(section.model_fields))}"
    return ""


def _section_at(path: Path) -> type[Section]:
    section = _type_at(path)
    if not (isinstance(section, type) and issubclass(section, Section)):
        raise TypeError(f"no section at {path}")
    return section


def _type_at(path: Path) -> object:
    here: Any = Document
    for step in path:
        if isinstance(here, type) and issubclass(here, Section):
            here = here.model_fields[str(step)].annotation
        else:
            here = get_args(here)[-1]
    return here
