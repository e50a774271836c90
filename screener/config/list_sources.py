"""The entries of the lists: those in the configuration and those in files beside it.

Each entry is read by the rules' own `parse_entry`, so that none is refused later. Messages
never repeat an entry: it is somebody's number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from screener.config.files import MAX_LIST_BYTES, read_text
from screener.config.problems import written
from screener.config.schema import Entry
from screener.config.sections import MOST_TOLD
from screener.config.yaml_tree import Problem, Tree
from screener.core.lists import parse_entry
from screener.core.number import NumberPlan
from screener.errors import ConfigError, Place

_ENTRY = Entry()


@dataclass(slots=True)
class Entries:
    """The entries found in files, by the list's position, and the problems found.

    Once there are many more problems than are told, no further entry is looked at.
    """

    of_files: dict[int, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def hopeless(self) -> bool:
        """Whether enough is found."""
        return len(self.problems) > 2 * MOST_TOLD


def gather_entries(tree: Tree, plan: NumberPlan | None, folder: Path) -> Entries:
    """Read and check the entries of every list of the tree, as far as it is well-formed."""
    gathered = Entries()
    lists = tree.value.get("lists") if isinstance(tree.value, dict) else None
    for number, item in enumerate(lists if isinstance(lists, list) else ()):
        if not isinstance(item, dict):
            continue
        entries = item.get("entries")
        for position, entry in enumerate(entries if isinstance(entries, list) else ()):
            if gathered.hopeless:
                break
            refusal = _refusal(entry, plan)
            if refusal:
                path = ("lists", number, "entries", position)
                gathered.problems.append((tree.place(path), f"{written(path)} {refusal}"))
        name = item.get("file")
        if isinstance(name, str) and name:
            _gather_file(tree, number, folder / name, plan, gathered)
    return gathered


def _gather_file(
    tree: Tree, number: int, file: Path, plan: NumberPlan | None, gathered: Entries
) -> None:
    try:
        text = read_text(file, MAX_LIST_BYTES)
    except ConfigError as error:
        path = ("lists", number, "file")
        for where, told in error.problems:
            gathered.problems.append((tree.place(path), f"{written(path)}: {where} {told}"))
        return
    entries: list[str] = []
    for line, column, entry in first_columns(text):
        if gathered.hopeless:
            break
        refusal = _refusal(entry, plan)
        if refusal:
            gathered.problems.append((Place(str(file), line, column), refusal))
        else:
            entries.append(entry)
    gathered.of_files[number] = tuple(entries)


def first_columns(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and entry of each line: a number, or the first column of a CSV.

    Empty lines and lines that begin with `#` are skipped; the entry may stand in quotes.
    """
    for line, raw in enumerate(text.split("\n"), start=1):
        content = raw.strip()
        if not content or content.startswith("#"):
            continue
        first = content.split(",", 1)[0].split(";", 1)[0].split("\t", 1)[0].strip()
        column = len(raw) - len(raw.lstrip()) + 1
        if len(first) > 1 and first[0] == first[-1] == '"':
            first = first[1:-1].strip()
        yield line, column, first


def _refusal(entry: object, plan: NumberPlan | None) -> str:
    try:
        text = _ENTRY.read(entry)
    except ValueError as error:
        return f"{error}; allowed: {_ENTRY.allowed}"
    try:
        if plan is not None:  # else the schema has told that the region is none
            parse_entry(text, plan)
    except ValueError as error:
        return str(error).replace(f" {text!r}", "").replace(f"{text!r} ", "")
    return ""
