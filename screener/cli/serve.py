"""`screener serve`: run the agent in the foreground until a signal ends it."""

from screener.cli.arguments import ConfigFile
from screener.config.load import load_config
from screener.daemon import serve as serve_agent


def serve(config: ConfigFile = None) -> None:
    """Run the agent. SIGHUP reloads the configuration, SIGTERM drains and ends it."""
    serve_agent(load_config(config), config)
