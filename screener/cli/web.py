"""`screener web`: run the web admin in the foreground until a signal ends it."""

from screener.cli.arguments import ConfigFile
from screener.cli.told import aside
from screener.web_daemon import serve_web


def web(config: ConfigFile = None) -> None:
    """Run the web admin, beside an agent with the same configuration; SIGTERM ends it."""
    serve_web(config, aside)
