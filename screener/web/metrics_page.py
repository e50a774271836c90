"""`/metrics`: the web admin's own figures and the running agent's, for Prometheus.

Asks for a token, or a session, as everything here does; the agent's own page
(`adapters.metrics`) does not, and is off unless the configuration turns it on.
"""

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from screener.errors import ScreenerError
from screener.web.measured import FIGURES
from screener.web.page import Page, Role, Visit


async def metrics(visit: Visit) -> web.StreamResponse:
    """Tell all figures; without an agent its own are missing and `screener_agent_up` is 0."""
    try:
        told = str((await visit.site.ask({"op": "metrics"})).get("text", ""))
    except ScreenerError:
        told = ""
    own = generate_latest(visit.request.app[FIGURES].registry).decode()
    headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    return web.Response(body=own + _up(bool(told)) + told, headers=headers)


def _up(up: bool) -> str:  # noqa: FBT001 - the figure itself
    registry = CollectorRegistry(auto_describe=False)
    Gauge("screener_agent_up", "1 while the agent answers.", registry=registry).set(up)
    return generate_latest(registry).decode()


PAGES = (Page("GET", "/metrics", Role.VIEWER, metrics, api=True),)
