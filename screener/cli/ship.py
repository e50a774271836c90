"""`screener ship`: bring the log to the central one, in the foreground until a signal ends it."""

from importlib import import_module

from screener.cli.arguments import ConfigFile


def ship(config: ConfigFile = None) -> None:
    """Ship this agent's log to the central PostgreSQL, beside the agent; SIGTERM ends it."""
    # Only now: what speaks to PostgreSQL may be missing, and the other commands do without.
    import_module("screener.ship_daemon").serve_ship(config)
