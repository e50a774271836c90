"""`screener lab`: a real Asterisk, real SIP callers and the agent, to watch and to try on."""

from typing import Annotated

import typer
from rich.console import Console

from screener.lab.fetch import ensure_lab, lab_folder
from screener.lab.play import LabRun, play


def lab(
    *,
    seconds: Annotated[
        float, typer.Option(min=5, max=3_600, help="How long the traffic plays, in seconds.")
    ] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
    observe: Annotated[
        bool, typer.Option("--observe", help="Let the agent observe instead of enforce.")
    ] = False,
    fetch_only: Annotated[
        bool, typer.Option("--fetch-only", help="Fetch what the lab needs and end.")
    ] = False,
    where: Annotated[bool, typer.Option("--where", help="Say where the lab is kept.")] = False,
) -> None:
    """Play people and floods over real SIP through a real Asterisk and the agent, and watch."""
    console = Console()
    if where:
        typer.echo(lab_folder())
        return
    if fetch_only:
        root = ensure_lab(console.print)
        console.print(f"Asterisk {root.version} is ready in {lab_folder()}")
        return
    play(console, LabRun(seconds=seconds, stay=not once, enforce=not observe))
