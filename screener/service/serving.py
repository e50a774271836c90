"""What an agent that takes calls says of itself: in the log, and to whoever started it.

Telling a service manager is `adapters.service_manager`'s.
"""

import logging

from screener import __version__
from screener.config.load import Config

log = logging.getLogger("screener.agent")


def tell_ready(config: Config, port: int) -> None:
    """Write into the log that calls are taken, at which port, and by which rules."""
    log.info(
        "READY version=%s listen=%s:%d control=%s mode=%s config=%s",
        __version__,
        config.listen.host,
        port,
        config.control.socket,
        config.settings.mode.value,
        config.settings.config_hash,
    )


def in_words(config: Config, port: int) -> str:
    """Return it in a few words: where calls are taken, what is done of verdicts."""
    mode = config.settings.mode.value
    return (
        f"takes calls at {config.listen.host}:{port}, {mode}, config {config.settings.config_hash}"
    )
