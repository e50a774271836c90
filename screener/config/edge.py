"""One configuration file for several agents: what differs from edge to edge is derived from it.

SCREENER_EDGE (the option `--edge`, or a systemd unit's instance) says which edge this process
belongs to. Edge 1 is the file as it is; edge N has every port of ours 10 * (N - 1) higher, and
`-N` behind its control socket, its Stasis application and its name among edges, keeps its log
and memory in the folder `edge-N` of `storage.folder`, and leaves a Kamailio in front to edge 1.
Keys and all rules are those of the file, and so is the hash that stands in verdicts.
"""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.config.options import ControlOptions
from screener.errors import ConfigError, Place

if TYPE_CHECKING:
    from screener.config.build import Config

EDGE = "SCREENER_EDGE"
MOST_EDGES = 99
PORT_STEP = 10

_TOP_PORT = 65_535
_LONGEST_SOCKET = 107
_LONGEST_NAME = 40


def edge_of(environment: Mapping[str, str]) -> int:
    """Return which edge this process belongs to, 1 where that is not said; raises ConfigError."""
    text = environment.get(EDGE, "") or "1"
    if not re.fullmatch("[1-9][0-9]?", text):
        raise ConfigError([(Place(EDGE), f"is not an edge; allowed: 1 to {MOST_EDGES}")])
    return int(text)


def as_edge(config: "Config", environment: Mapping[str, str]) -> "Config":
    """Return the configuration as the edge of this process has it.

    Raises:
        ConfigError: There is no such edge, or what would be its own does not fit.
    """
    edge = edge_of(environment)
    if edge == 1:
        return config
    shifted = _Shifted(edge)
    folder = str(Path(config.storage.folder) / f"edge-{edge}")
    control = shifted.path("control.socket", config.control.socket)
    own: dict[str, Any] = {
        "listen": replace(config.listen, port=shifted.port("listen.port", config.listen.port)),
        "metrics": replace(config.metrics, port=shifted.port("metrics.port", config.metrics.port)),
        "web": replace(config.web, port=shifted.port("web.port", config.web.port)),
        "control": ControlOptions(control, control),
        "storage": replace(config.storage, folder=folder, declared_folder=folder),
        "ari": replace(config.ari, app=shifted.name("ari.app", config.ari.app)),
    }
    # Two who keep one Kamailio would empty each other's tables: it is edge 1's.
    own["front"] = replace(config.front, socket="")
    for section in ("sharing", "ship"):  # where one has to name its edge
        held = getattr(config, section, None)
        if held is not None and held.edge:
            name = machine() if held.edge == "auto" else held.edge
            own[section] = replace(held, edge=shifted.name(f"{section}.edge", name))
    if shifted.problems:
        raise ConfigError(shifted.problems)
    return replace(config, **own)


def machine() -> str:
    """Return this machine's name, in the letters that an edge's name may have."""
    return re.sub("[^A-Za-z0-9_.-]", "-", socket.gethostname()) or "edge"


class _Shifted:
    """Makes the values of one edge, and gathers what does not fit."""

    def __init__(self, edge: int) -> None:
        self.problems: list[tuple[Place, str]] = []
        self._edge = edge

    def port(self, key: str, port: int) -> int:
        """Return the edge's port; any free one stays that."""
        own = port + PORT_STEP * (self._edge - 1) if port else 0
        if own > _TOP_PORT:
            self._refuse(key, f"would be {own}; allowed: up to {_TOP_PORT}")
        return own

    def path(self, key: str, path: str) -> str:
        """Return the edge's path: its number behind the file's name."""
        place = Path(path)
        own = str(place.with_stem(f"{place.stem}-{self._edge}"))
        if len(os.fsencode(own)) > _LONGEST_SOCKET:
            self._refuse(key, f"would be too long; allowed: {_LONGEST_SOCKET} characters")
        return own

    def name(self, key: str, name: str) -> str:
        """Return the edge's name."""
        own = f"{name}-{self._edge}"
        if len(own) > _LONGEST_NAME:
            self._refuse(key, f"would be too long; allowed: {_LONGEST_NAME} characters")
        return own

    def _refuse(self, key: str, why: str) -> None:
        self.problems.append((Place(f"{EDGE}={self._edge}"), f"{key} {why}"))
