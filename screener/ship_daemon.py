"""The one place that builds the shipper's objects: configuration -> keys -> shipper -> stop.

A process of its own beside the agent, run until SIGTERM or SIGINT: whatever becomes of it or of
the central log, no verdict waits for it.
"""

import logging
import re
import signal
import socket
import sys
import time
from pathlib import Path
from threading import Event

from screener import __version__
from screener.adapters.service_manager import ServiceManager
from screener.config.load import Config, load_config
from screener.config.options import ShipOptions
from screener.desk.site_folder import refuse_wrong_user
from screener.desk.site_keys import site_keys
from screener.errors import ScreenerError
from screener.service.logs import LogPipe
from screener.service.uncaught import telling_uncaught
from screener.storage.central.shipper import Edge, Shipper
from screener.storage.central.shipping import Shipping
from screener.storage.retention import Retention
from screener.storage.site_files import LOG_FILE

log = logging.getLogger("screener.ship")

WATCH_S = 1.0


def serve_ship(path: Path | None) -> None:
    """Ship the log of the agent that runs under this configuration, until a signal.

    Raises ConfigError, and ScreenerError where nothing is configured or the folder is not ours.
    """
    config = load_config(path)
    if not config.ship.dsn:
        raise ScreenerError("ship.dsn is empty: name the PostgreSQL of the central log there")
    refuse_wrong_user(Path(config.storage.folder), path)
    shipping = _built(config)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    pipe = LogPipe(sys.stderr, config.log.level, config.log.format)
    manager = ServiceManager(
        lambda: f"brings the log of {edge_name(config.ship)} to the central one"
    )
    try:
        with telling_uncaught():
            log.info("SHIP-READY version=%s edge=%s", __version__, edge_name(config.ship))
            shipping.start()
            with manager.serving():
                while not stop.wait(min(WATCH_S, manager.beat_s)):
                    shipping.watch()
                    if shipping.goes_on:
                        manager.step()
            shipping.close()
            log.info("SHIP-STOPPED")
    finally:
        pipe.close()


def edge_name(options: ShipOptions) -> str:
    """Return what the edge is called in the central log: as configured, or as the machine is."""
    if options.edge != "auto":
        return options.edge
    return re.sub("[^A-Za-z0-9_.-]", "-", socket.gethostname())[:60] or "edge"


def _built(config: Config) -> Shipping:
    storage, ship = config.storage, config.ship
    edge = Edge(
        edge_name(ship),
        Path(storage.folder) / LOG_FILE,
        site_keys(config),
        Retention(storage.keep_admitted, storage.keep_refused),
        ship.batch,
    )
    return Shipping(Shipper(edge, ship.dsn, time.monotonic), ship.pause)
