"""What a command tells beside its output: on standard error, so that a pipe stays clean."""

import typer


def aside(text: str) -> None:
    """Tell a sentence on standard error."""
    typer.echo(f"screener: {text}", err=True)
