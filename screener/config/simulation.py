"""Finding sites and scenarios for the simulator: the shipped ones by name, own ones by path.

Shipped files stand in a checkout's `config/simulation` or in the installed wheel, scenarios in a
folder for each split. What the files mean is left to `simulation_site` and `simulation_scenario`.
"""

from pathlib import Path

import screener
from screener.config.sections import unknown
from screener.config.simulation_scenario import SPLITS, load_scenario
from screener.config.simulation_site import load_site
from screener.config.yaml_tree import shown
from screener.errors import MissingPartError, UsageError
from screener.sim.model import CenterSite, Scenario

__all__ = ["load_folder", "load_play", "load_scenario", "load_site", "scenario_names", "site_names"]

_SUFFIXES = (".yaml", ".yml")

Play = tuple[CenterSite, Scenario]


def site_names() -> tuple[str, ...]:
    """Return the names of the shipped sites; raises MissingPartError where none are installed."""
    return tuple(sorted(_shipped("sites")))


def scenario_names(split: str | None = None) -> tuple[str, ...]:
    """Return the names of the shipped scenarios, split by split, or of one split.

    Raises UsageError where there is no such split, MissingPartError where none are installed.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"split {unknown(split, SPLITS)}")
    shipped = _shipped("scenarios")
    ordered = sorted(shipped, key=lambda name: (SPLITS.index(shipped[name].parent.name), name))
    return tuple(name for name in ordered if split in (None, shipped[name].parent.name))


def load_play(scenario: str, site: str | None = None) -> Play:
    """Return a scenario, ready to be played, with its site, or with another than its own.

    Each is a shipped name, or a path: anything with a `/` or with the ending `.yaml`; the site that
    a file names is looked for beside that file. Raises ConfigError, UsageError, MissingPartError.
    """
    path = _find("scenarios", scenario)
    wanted = site if site is not None else load_scenario(path).site
    beside = None if site is not None else path.parent
    center = load_site(_find("sites", wanted, beside))
    return center, load_scenario(path, center)


def load_folder(folder: Path) -> tuple[Play, ...]:
    """Return every scenario of a folder with its site, by name; raises as `load_play` does."""
    found = sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES)
    if not found:
        raise UsageError(f"{folder} holds no scenario; allowed: a folder with files *.yaml")
    return tuple(load_play(str(path.absolute())) for path in found)


def _find(kind: str, wanted: str, beside: Path | None = None) -> Path:
    if "/" in wanted or wanted.endswith(_SUFFIXES):
        return (beside or Path()) / wanted
    shipped = _shipped(kind)
    if wanted not in shipped:
        raise UsageError(f"{kind.removesuffix('s')} {shown(wanted)} {unknown(wanted, shipped)}")
    return shipped[wanted]


def _shipped(kind: str) -> dict[str, Path]:
    """Return the shipped files of one kind by name."""
    return {path.stem: path for path in (_folder() / kind).rglob("*.yaml")}


def _folder() -> Path:
    package = Path(screener.__file__).parent
    for folder in (package.parent / "config/simulation", package / "_share/config/simulation"):
        if (folder / "sites").is_dir():
            return folder
    raise MissingPartError(f"sites and scenarios are missing beside {package}: install again")
