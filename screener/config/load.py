"""From a configuration file, or none, to a `Config`; a refusal tells every problem at once.

`load_config` reads the file, `parse_config` the text. Nothing in force is touched here: who
reloads keeps the old configuration where this raises.
"""

import os
from pathlib import Path

from screener.config.build import Config, build, defaults
from screener.config.edge import as_edge
from screener.config.files import MAX_CONFIG_BYTES, read_text
from screener.config.list_sources import gather_entries
from screener.config.problems import in_order, validated
from screener.config.rule_sections import Region
from screener.config.schema import Document
from screener.config.yaml_tree import Tree, read_tree
from screener.core.number import NumberPlan
from screener.core.settings import Settings
from screener.errors import ConfigError

__all__ = ["Config", "load_config", "parse_config"]


def load_config(path: Path | None) -> Config:
    """Read the configuration at the path, or return the embedded one; raises ConfigError."""
    if path is None:
        return as_edge(defaults(os.environ), os.environ)
    return parse_config(read_text(path, MAX_CONFIG_BYTES), str(path), path.parent)


def parse_config(text: str, file_name: str, folder: Path) -> Config:
    """Read a configuration's text; raises ConfigError with every problem of it.

    `file_name` is what the problems name; list files are looked up in `folder`, the only thing
    read beside the text.
    """
    tree = read_tree(text, file_name)
    spelling = {place for place, _ in tree.problems}
    document, refused = validated(tree, Document)
    entries = gather_entries(tree, _plan(tree), folder)
    # A word refused for its spelling is not refused a second time for what it might mean.
    meaning = [found for found in (*refused, *entries.problems) if found[0] not in spelling]
    problems = in_order([*tree.problems, *meaning], file_name)
    if problems or document is None:
        raise ConfigError(problems)
    return as_edge(build(document, entries.of_files, os.environ), os.environ)


def _plan(tree: Tree) -> NumberPlan | None:
    """Return the plan that the file asks for; None where it asks for one that there is not."""
    given = tree.value.get("region") if isinstance(tree.value, dict) else None
    try:
        return NumberPlan(Settings().region if given is None else Region().read(given))
    except ValueError:
        return None
