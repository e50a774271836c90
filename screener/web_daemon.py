"""The one place that builds the web admin's objects: site -> accounts -> pages -> listener -> stop.

A process of its own beside the agent, run until SIGTERM or SIGINT; it needs none to be up.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import uvloop
from aiohttp import web

from screener import __version__
from screener.adapters.service_manager import ServiceManager
from screener.desk.site_folder import refuse_wrong_user
from screener.errors import ScreenerError
from screener.service.logs import LogPipe
from screener.service.uncaught import of_loop, telling_uncaught
from screener.web.accounts import ACCOUNTS, Accounts
from screener.web.app import make_app
from screener.web.connections import Connections
from screener.web.hub import Hub
from screener.web.listening import tls_of
from screener.web.pages import all_pages
from screener.web.site import Site

log = logging.getLogger("screener.web")

SHUTDOWN_S = 1.0
"""How long pages under way may still be answered; live streams never end by themselves."""


def serve_web(path: Path | None, say: Callable[[str], object]) -> None:
    """Serve the web admin of the site whose configuration file is `path`, until a signal.

    `say` is told where it listens, and, while there is no user, the secret that makes the first.
    Raises ConfigError, and ScreenerError where it cannot listen or its files are not ours.
    """
    with closing(Site(path, _wall)) as site:
        refuse_wrong_user(site.folder, path)
        pipe = LogPipe(sys.stderr, site.config.log.level, site.config.log.format)
        try:
            with (
                telling_uncaught(),
                closing(Accounts(site, time.monotonic)) as accounts,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                runner.run(_serve(site, accounts, say))
        finally:
            pipe.close()


async def _serve(site: Site, accounts: Accounts, say: Callable[[str], object]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(of_loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = make_app(site, accounts, all_pages())
    app[ACCOUNTS] = accounts
    site.hub = hub = Hub(lambda: site.config.control.socket, _steady())
    following = loop.create_task(hub.run())

    async def end_streams(_app: web.Application) -> None:
        hub.close()

    app.on_shutdown.append(end_streams)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    server: asyncio.Server | None = None
    try:
        server, address = await _listen(runner, site)
        say(f"the web admin is at {address}")
        if accounts.setup_secret:
            say(f"nobody can sign in yet: open {address}/setup and give it this secret, which is")
            say(f"shown nowhere else and works once: {accounts.setup_secret}")
        port = server.sockets[0].getsockname()[1]
        log.info("WEB-READY version=%s listen=%s:%d", __version__, site.config.web.host, port)
        with ServiceManager(lambda: f"shows pages at {address}").serving():
            await stop.wait()
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    log.info("WEB-STOPPED")


async def _listen(runner: web.AppRunner, site: Site) -> tuple[asyncio.Server, str]:
    """Listen where the configuration says; return the server and its address for a browser."""
    options = site.config.web
    tls = tls_of(options)
    try:
        server = await Connections(runner).listen(options.host, options.port, tls)
    except OSError as error:
        raise ScreenerError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror or 'refused'}; "
            "choose another with web.port"
        ) from None
    port = server.sockets[0].getsockname()[1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    return server, f"http{'s' if tls else ''}://{host}:{port}"


def _steady() -> Callable[[], float]:
    """Return a clock of seconds since 1970 that is not set, for what is told second by second."""
    offset = _wall() - time.monotonic()
    return lambda: time.monotonic() + offset


def _wall() -> float:
    """Return the machine's time, in which people tell theirs."""
    return time.time()  # noqa: TID251 - the one reading of the wall clock
