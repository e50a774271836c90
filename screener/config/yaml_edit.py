"""One value set in a YAML text, and not a byte more: comments, order and quotes stay as they are.

The text is cut at one place and the new value put there; a key or section that is missing goes to
the end of its map, as deep as its neighbours and in their style, block or flow. What came of it is
read again by the strict reader: where that does not say exactly what was asked for, nothing is
done and the place is told. Nothing is guessed.
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from screener.config.yaml_tree import Path, Tree, read_tree, shown
from screener.config.yaml_words import Scalar, word
from screener.errors import ConfigError, ScreenerError

BOM = "\ufeff"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_END = re.compile(r"\r\n|\r|\n")


class _NoEditError(ScreenerError):
    """Why a text is not cut here, in words that follow the name of the place."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Between which places of the text is cut, and what stands there then."""

    begin: int
    end: int
    new: str


def set_value(text: str, path: Sequence[str | int], value: Scalar, file: str = "the text") -> str:
    """Return the text with one value set; all that is not that value stays byte for byte.

    Raises ConfigError, at the place and with the name `file`, where the text is no YAML that the
    strict reader takes, or the edit cannot be made safely.
    """
    bom = BOM if text.startswith(BOM) else ""
    body = text.removeprefix(BOM)
    tree = read_tree(body, file)
    if tree.problems:
        raise ConfigError(tree.problems)
    steps = tuple(path)
    try:
        cut = _Editor(body).cut(steps, value)
    except (ValueError, _NoEditError) as error:
        raise ConfigError([(tree.place(steps), f"{_name(steps)}: {error}")]) from None
    edited = body[: cut.begin] + cut.new + body[cut.end :]
    if not _says(edited, _with(tree.value, steps, value)):
        told = f"{_name(steps)} cannot be set safely here; change it by hand"
        raise ConfigError([(tree.place(steps), told)])
    return bom + edited


def value_at(tree: Tree, path: Sequence[str | int]) -> object:
    """Return what the text itself says at the path, None where it says nothing."""
    here = tree.value
    for step in path:
        if isinstance(here, dict) and step in here:
            here = here[step]
            continue
        if not isinstance(here, list) or not isinstance(step, int) or step >= len(here):
            return None
        here = here[step]
    return here


class _Editor:
    """Finds where a text is to be cut; raises _NoEditError where that is not plain."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
        found = _LINE_END.search(text)
        self._line_end = found[0] if found else "\n"

    def cut(self, path: Path, value: Scalar) -> _Cut:
        """Return the one cut that sets the value."""
        if not path:
            raise _NoEditError("no key is named")
        node, parent = self._root, None
        for depth, step in enumerate(path):
            if node is None or _is_empty(node):
                return self._filled(node, parent, path[depth:], value)
            inner = _inner(node, step)
            if inner is None:
                return self._added(node, path[depth:], value)
            parent, node = node, inner
        return self._replaced(node, value)

    def _replaced(self, node: yaml.Node | None, value: Scalar) -> _Cut:
        if not isinstance(node, yaml.ScalarNode):
            raise _NoEditError("a whole section stands here, no single value")
        begin, end = _span(node)
        if node.start_mark.line != node.end_mark.line:
            raise _NoEditError("the value goes over several lines; change it by hand")
        quote = node.style if node.style in {"'", '"'} else ""
        return _Cut(begin, end, self._gap(begin, end) + word(value, quote))

    def _gap(self, begin: int, end: int) -> str:
        """Return what must part a key from a value where there was none."""
        return " " if begin == end and self._text[begin - 1 : begin] == ":" else ""

    def _filled(
        self, node: yaml.Node | None, parent: yaml.Node | None, path: Path, value: Scalar
    ) -> _Cut:
        """Put a section where there is a key and nothing yet, or into a text that says nothing."""
        if node is None or parent is None:
            return self._line_at(len(self._text), 0, path, value)
        begin, end = _span(node)
        if begin != end or _is_flow(parent):
            return _Cut(begin, end, self._gap(begin, end) + "{" + self._flow(path, value) + "}")
        deeper = parent.start_mark.column + self._step()
        return self._line_at(self._line_ends_at(begin), deeper, path, value)

    def _added(self, node: yaml.Node, path: Path, value: Scalar) -> _Cut:
        if not isinstance(node, yaml.MappingNode) or not isinstance(path[0], str):
            raise _NoEditError("what stands here is no section")
        if _is_flow(node):
            last = _last(node)
            inside = node.start_mark.index + 1 if last is node else _span(last)[1]
            comma = "" if last is node else ", "
            return _Cut(inside, inside, comma + self._flow(path, value))
        begin = self._end_of(_last(node))
        return self._line_at(begin, node.start_mark.column, path, value)

    def _end_of(self, last: yaml.Node) -> int:
        """Return where the line of the last value ends, its comment included."""
        at = _span(last)[1]
        if last.end_mark.column == 0 and last.end_mark.line > last.start_mark.line:
            return at  # a block scalar ends where the next line begins
        return self._line_ends_at(at)

    def _line_ends_at(self, at: int) -> int:
        found = _LINE_END.search(self._text, at)
        return found.end() if found else len(self._text)

    def _line_at(self, at: int, column: int, path: Path, value: Scalar) -> _Cut:
        """Put lines of their own at the beginning of a line, or after a last one without an end."""
        ended = at == 0 or self._text[at - 1] in "\r\n"
        lines = self._block(column, path, value)
        end = self._line_end
        return _Cut(at, at, ("" if ended else end) + end.join(lines) + (end if ended else ""))

    def _block(self, column: int, path: Path, value: Scalar) -> list[str]:
        step, lines = self._step(), []
        for depth, key in enumerate(path):
            last = depth == len(path) - 1
            told = f" {word(value)}" if last else ""
            lines.append(" " * (column + depth * step) + f"{_key(key)}:{told}")
        return lines

    def _flow(self, path: Path, value: Scalar) -> str:
        told = word(value)
        for depth, key in enumerate(reversed(path)):
            told = f"{_key(key)}: {told}" if not depth else f"{_key(key)}: {{{told}}}"
        return told

    def _step(self) -> int:
        """Return how much deeper a section of this text stands than its key; 2 where none does."""
        for _, inner in self._root.value if isinstance(self._root, yaml.MappingNode) else ():
            if isinstance(inner, yaml.MappingNode) and not _is_flow(inner):
                return inner.start_mark.column or 2
        return 2


def _inner(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return next((value for key, value in pairs if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        items: list[yaml.Node] = node.value
        return items[step] if 0 <= step < len(items) else None
    return None


def _last(node: yaml.Node) -> yaml.Node:
    """Return the node that ends last inside a collection; the node itself where it is empty.

    A collection in brackets ends with them, save the one that is asked about.
    """
    inner = _last_inner(node)
    while inner is not None:
        node, inner = inner, None if _is_flow(inner) else _last_inner(inner)
    return node


def _last_inner(node: yaml.Node) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and node.value:
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        key, value = pairs[-1]
        return value if _span(value)[1] >= _span(key)[1] else key
    if isinstance(node, yaml.SequenceNode) and node.value:
        found: yaml.Node = node.value[-1]
        return found
    return None


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in {"", "null"}


def _span(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _key(key: str | int) -> str:
    if not isinstance(key, str):
        raise _NoEditError("an item cannot be added to a sequence")
    return word(key)


def _name(path: Path) -> str:
    return ".".join(shown(str(step)) for step in path) or "the text"


def _with(tree: object, path: Path, value: Scalar) -> object:
    """Return the data with the value set, as the edited text must say it."""
    whole = copy.deepcopy(tree)
    root: dict[str | int, object] = {0: whole}
    here: object = root
    for depth, step in enumerate((0, *path)):
        if not isinstance(here, dict | list):
            return None
        if depth == len(path):
            here[step] = value  # type: ignore[index] # steps were found in the text
        elif (here.get(step) if isinstance(here, dict) else here[step]) is None:  # type: ignore[index] # the same
            here[step] = {}  # type: ignore[index] # the same
        here = here[step]  # type: ignore[index] # the same
    return root[0]


def _says(text: str, wanted: object) -> bool:
    try:
        tree = read_tree(text, "")
    except ConfigError:
        return False
    return not tree.problems and tree.value == wanted
