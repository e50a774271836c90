"""The option `--edge`, which every command has that reads an agent's configuration.

It stands in the environment from then on, where `config.edge` looks: so a reload and what the
command starts belong to the same edge.
"""

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from screener.config.edge import EDGE, MOST_EDGES

Command = Callable[..., object]

Edge = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_EDGES,
        show_default=False,
        help="Which of several agents with this file: each has ports, folder and names of its own.",
    ),
]


def with_edge(command: Command) -> Command:
    """Return the command with `--edge` beside its own options, where it reads a configuration.

    That is a command with a parameter `config`; `edged` gives the option to any other.
    """
    return edged(command) if "config" in inspect.signature(command).parameters else command


def edged(command: Command) -> Command:
    """Return the command with `--edge` beside its own options, where it has none of its own."""
    signature = inspect.signature(command)
    if "edge" in signature.parameters:
        return command
    own = inspect.Parameter("edge", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Edge)

    @wraps(command)
    def run(*values: Any, edge: int | None = None, **named: Any) -> object:  # noqa: ANN401 - the command's own, passed on
        if edge is not None:
            os.environ[EDGE] = str(edge)
        return command(*values, **named)

    told: Any = run  # what typer reads of a command
    told.__signature__ = signature.replace(parameters=[*signature.parameters.values(), own])
    told.__annotations__ = {**get_type_hints(command, include_extras=True), "edge": Edge}
    return run


def give_edges(group: typer.Typer) -> None:
    """Give the option to every command of a group that reads an agent's configuration."""
    for info in group.registered_commands:
        if info.callback is not None:
            info.callback = with_edge(info.callback)
