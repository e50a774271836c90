"""A configuration in force, written back under the keys of the file.

For `check-config --effective`, and for the hash that stands in every verdict: comments, the
order of keys and the way a value is written do not show in it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from screener.config.options import ControlOptions, StorageOptions
from screener.config.schema import VERSION, Document, ListSection
from screener.config.sections import Section
from screener.config.values import Kind
from screener.core.lists import ListSpec
from screener.core.settings import Settings

Map = dict[str, object]


def document_of(
    settings: Settings,
    storage: StorageOptions,
    control: ControlOptions,
    plain: Mapping[str, object],
    *,
    reveal_entries: bool,
) -> Map:
    """Return the whole document, every key present; entries of lists are revealed or counted.

    `plain` holds, by their names, the options that are written as they are.
    """
    found: dict[str, object] = {
        "version": VERSION,
        "control": {"socket": control.declared},
        "storage": _storage(storage),
        **{name: _section(type_of(name), options) for name, options in plain.items()},
        "lists": [_list(spec, reveal=reveal_entries) for spec in settings.lists],
    }
    for name, field in Document.model_fields.items():
        if name not in found:
            found[name] = _value(field.annotation, field.metadata, getattr(settings, name))
    return {name: found[name] for name in Document.model_fields}


def type_of(name: str) -> Any:  # noqa: ANN401 - an annotation can be anything
    """Return the section that stands under a top-level key."""
    return Document.model_fields[name].annotation


def _section(section: type[Section], source: object) -> Map:
    written: Map = {}
    for name, field in section.model_fields.items():
        held = source.get(name) if isinstance(source, dict) else getattr(source, name)
        written[name] = _value(field.annotation, field.metadata, held)
    return written


def _storage(storage: StorageOptions) -> Map:
    declared = {"folder": storage.declared_folder, "keys": storage.declared_keys}
    return _section(type_of("storage"), storage) | declared


def _value(annotation: Any, metadata: Iterable[object], held: Any) -> object:  # noqa: ANN401 - an annotation and its value
    for part in metadata:
        if isinstance(part, Kind):
            return part.write(held)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return _section(annotation, held)
    inner = get_args(annotation)[-1]
    inner_metadata = getattr(inner, "__metadata__", ())
    if isinstance(held, dict):
        return {name: _value(inner, inner_metadata, item) for name, item in held.items()}
    items = sorted(held) if isinstance(held, frozenset) else held
    return [_value(inner, inner_metadata, item) for item in items]


def _list(spec: ListSpec, *, reveal: bool) -> Map:
    written = {
        name: ListSection.model_fields[name].metadata[0].write(getattr(spec, name))
        for name in ("name", "action", "until", "reason")
    }
    return written | {"entries": list(spec.entries) if reveal else len(spec.entries)}
