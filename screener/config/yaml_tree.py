"""The strict YAML reader: text in, plain data with the place of every key and value out.

Stricter than YAML 1.1 on purpose: a key stands once; no tags, anchors, aliases or merge keys;
one document; bounded depth; no word that YAML would quietly change (`plain_scalars`). The
events of libyaml are read, not its node tree: they show anchors, and nothing is built from
input nested too deeply. What the data means is left to `schema`.
"""

from dataclasses import dataclass, field

import yaml

from screener.config.plain_scalars import TrapError, read_plain
from screener.core.call import inert
from screener.errors import ConfigError, Place

MAX_DEPTH = 20

Path = tuple[str | int, ...]
Problem = tuple[Place, str]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Branch:
    """Where a map or sequence starts, where its keys stand, and the places within it."""

    at: int
    keys: dict[str | int, int] = field(default_factory=dict)
    inner: dict[str | int, "_Branch | int"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    """The data of one document and what was wrong with its spelling."""

    file: str
    value: object
    problems: list[Problem]
    marks: "_Branch | int"

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value at the path stands, or its `key`; if missing, its parent."""
        here, at = self.marks, _at(self.marks)
        for number, step in enumerate(path, start=1):
            if not isinstance(here, _Branch) or step not in here.inner:
                break
            last = number == len(path)
            parent, here = here, here.inner[step]
            at = parent.keys.get(step, _at(here)) if key and last else _at(here)
        return _place(self.file, at)


def read_tree(text: str, file: str) -> Tree:
    """Read one YAML document; raises ConfigError where the text is no YAML at all."""
    reader = _Reader(text, file)
    try:
        value, marks = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(file, _pack(mark)) if mark else Place(file)
        told = ", ".join(part for part in (error.context, error.problem) if part)
        if mark and text[mark.index : mark.index + 1] == "\t":
            told = "a tab; indent with spaces"
        raise ConfigError([(place, f"not valid YAML: {told}")]) from error
    except yaml.reader.ReaderError as error:
        raise ConfigError([(_first_unprintable(text, file), _UNPRINTABLE)]) from error
    return Tree(file, value, reader.problems, marks)


class _Reader:
    """Walks the events of one text once."""

    def __init__(self, text: str, file: str) -> None:
        self._events = iter(yaml.parse(text, Loader=_LOADER))
        self._file = file
        self.problems: list[Problem] = []

    def document(self) -> tuple[object, _Branch | int]:
        """Return the data of the one document and its marks; an empty text is None."""
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return None, 0
        if isinstance(start, yaml.DocumentStartEvent) and (start.version or start.tags):
            self._refuse(start, "directives (%YAML, %TAG) are not allowed")
        found = self._value(next(self._events), 1)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "a second document; one file holds one")
        return found

    def _value(self, event: yaml.Event, depth: int) -> tuple[object, _Branch | int]:
        if depth > MAX_DEPTH:
            place = _place(self._file, _spot(event))
            raise ConfigError([*self.problems, (place, f"nested deeper than {MAX_DEPTH} levels")])
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "aliases (*name) are not allowed; write the value out")
            return None, _spot(event)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self._refuse_decoration(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event), _spot(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, depth)
        return self._mapping(event, depth)

    def _refuse_decoration(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, "anchors (&name) are not allowed; write the value out")
        if event.tag is not None:
            self._refuse(event, "tags (!name) are not allowed")

    def _sequence(self, start: yaml.Event, depth: int) -> tuple[list[object], _Branch]:
        items: list[object] = []
        branch = _Branch(_spot(start))
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            item, branch.inner[len(items)] = self._value(event, depth + 1)
            items.append(item)
        return items, branch

    def _mapping(self, start: yaml.Event, depth: int) -> tuple[dict[str, object], _Branch]:
        pairs: dict[str, object] = {}
        branch = _Branch(_spot(start))
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, depth)
            value, marks = self._value(next(self._events), depth + 1)
            if key is None:
                continue
            if key in pairs:
                first = _place(self._file, branch.keys[key])
                self._refuse(event, f'key "{shown(key)}" stands here again; first at {first}')
                continue
            pairs[key] = value
            branch.keys[key] = _spot(event)
            branch.inner[key] = marks
        return pairs, branch

    def _key(self, event: yaml.Event, depth: int) -> str | None:
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<":
            self._refuse(event, "merge keys (<<) are not allowed; write the values out")
            return None
        before = len(self.problems)
        key, _ = self._value(event, depth + 1)
        if isinstance(key, str):
            return key
        if len(self.problems) == before:
            self._refuse(event, "a key must be a text")
        return None

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        if event.style:  # quoted or a block; the C parser says "" for plain, Python's None
            return event.value
        try:
            return read_plain(event.value)
        except TrapError as trap:
            self._refuse(event, str(trap))
            return event.value

    def _refuse(self, event: yaml.Event, text: str) -> None:
        self.problems.append((_place(self._file, _spot(event)), text))


def shown(text: str) -> str:
    """Return a key or word as it may stand in a message: printable, and not too long."""
    return inert(text, 40)


# A place is one integer (line and column from 1, at most 2**24 of each): a list file of a
# million lines then costs a word a line, not an object.
_COLUMN_BITS = 24


def _spot(event: yaml.Event) -> int:
    return _pack(event.start_mark) if event.start_mark else 0


def _pack(mark: "yaml.Mark | yaml._yaml.Mark") -> int:
    return (mark.line + 1) << _COLUMN_BITS | (mark.column + 1)


def _at(marks: _Branch | int) -> int:
    return marks.at if isinstance(marks, _Branch) else marks


def _place(file: str, at: int) -> Place:
    if not at:
        return Place(file)
    return Place(file, at >> _COLUMN_BITS, at & ((1 << _COLUMN_BITS) - 1))


_UNPRINTABLE = "a control character; only printable text, tabs and line ends are allowed"


def _first_unprintable(text: str, file: str) -> Place:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    before = text[: found.start()] if found else ""
    line = before.count("\n") + 1
    return Place(file, line, len(before) - before.rfind("\n")) if found else Place(file)
