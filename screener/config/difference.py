"""What differs between two configurations in force, key by key, under the file's own keys.

Maps of named things (limits, lists, signals) are compared by name. Entries of lists are callers'
numbers: how many came and went is told, never which. Whether a difference matters is left to
whoever asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from screener.config.build import Config

NOTHING = "nothing"
"""Stands for a key that one of the two does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One key with both its values, as the file would write them."""

    key: str
    before: object
    after: object

    def __str__(self) -> str:
        """Return `key: before -> after`."""
        return f"{self.key}: {_written(self.before)} -> {_written(self.after)}"


def differences(before: Config, after: Config) -> list[Difference]:
    """Return what differs in effect, in the order of the file."""
    one, other = before.effective(), after.effective()
    found = [
        difference
        for difference in _compare("", one, other)
        if not (difference.key.startswith("lists.") and difference.key.endswith(".entries"))
    ]
    return sorted([*found, *_entries(before, after)], key=lambda one: _place(one.key, list(other)))


def _place(key: str, order: list[str]) -> int:
    return order.index(key.partition(".")[0])


def _compare(key: str, before: object, after: object) -> Iterator[Difference]:
    if _is_named(before) and _is_named(after):
        before, after = _by_name(before), _by_name(after)
        both = [
            [name for name in one if name in before and name in after] for one in (before, after)
        ]
        if both[0] != both[1]:
            yield Difference(f"{key}.order", both[0], both[1])
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            path = f"{key}.{name}" if key else str(name)
            yield from _compare(path, before.get(name, NOTHING), after.get(name, NOTHING))
    elif before != after:
        yield Difference(key, _shown(before), _shown(after))


def _is_named(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and "name" in item for item in value
    )


def _by_name(value: object) -> dict[str, object]:
    items = value if isinstance(value, list) else []
    return {
        str(item["name"]): {name: held for name, held in item.items() if name != "name"}
        for item in items
    }


def _shown(value: object) -> object:
    """Return a whole list or limit that came or went in one word or line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(held)}" for name, held in value.items())
    return value


def _entries(before: Config, after: Config) -> Iterator[Difference]:
    one = {spec.name: spec.entries for spec in before.settings.lists}
    other = {spec.name: spec.entries for spec in after.settings.lists}
    for name in one.keys() & other.keys():
        if one[name] == other[name]:
            continue
        gone, came = set(one[name]) - set(other[name]), set(other[name]) - set(one[name])
        moved = "" if gone or came else ", in another order"
        told = f"{len(other[name])} ({len(came)} added, {len(gone)} removed{moved})"
        yield Difference(f"lists.{name}.entries", len(one[name]), told)


def _written(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_written(held)}" for name, held in value.items()) + "}"
    return str(value)
