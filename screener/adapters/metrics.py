"""The agent's figures in the format of Prometheus: its page `/metrics`, and for the web admin.

Whoever reaches the page may read it; the web admin asks over the control socket for the same.

It tells counts and levels of the agent as a whole, in a registry of its own: no caller, no
number, and only labels whose values are few. What the figures are is `service.figures`'s.
"""

from collections.abc import Callable, Iterator, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from screener.config.options import MetricsOptions
from screener.core.settings import Level
from screener.errors import ScreenerError
from screener.service.figures import Figures
from screener.service.sharing import SharingFigures

PATH = "/metrics"

_SHUTDOWN_S = 0.5


class MetricsServer:
    """Serves what `read` returns, where the options say; without a host it does nothing."""

    def __init__(self, options: MetricsOptions, read: Callable[[], Figures]) -> None:
        self._options = options
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Figures(read))
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` is the one taken then.

        Raises:
            ScreenerError: The address is taken, or not this machine's.
        """
        host, port = self._options.host, self._options.port
        if not host:
            return
        app = web.Application(client_max_size=1_024)
        app.router.add_get(PATH, self._page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.close()
            raise ScreenerError(
                f"cannot serve metrics on {host}:{port}: {error.strerror or 'refused'}"
            ) from None
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Listen no more, and end what is being answered."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def answer(self, _request: Mapping[str, object]) -> dict[str, object]:
        """Answer who asks over the control socket: the page as `text`, served or not."""
        return {"text": generate_latest(self._registry).decode()}

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )


class _Figures(Collector):
    """Turns figures into metrics, each time that somebody asks."""

    def __init__(self, read: Callable[[], Figures]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        told = self._read()
        yield _counted("screener_calls", "Calls by what was done.", "verdict", told.verdicts)
        yield _counted(
            "screener_would", "Calls by what enforcing would have done.", "verdict", told.would
        )
        yield _counted("screener_faults", "Faults by their kind.", "kind", told.faults)
        yield _latency(told)
        yield GaugeMetricFamily(
            "screener_pressure", "How loaded the site is: 0 calm, 1 full.", told.pressure
        )
        level = GaugeMetricFamily(
            "screener_pressure_level", "1 for the level in force.", labels=["level"]
        )
        for one in Level:
            level.add_metric([one.value], float(one is told.level))
        yield level
        yield GaugeMetricFamily(
            "screener_captcha_places_taken", "Callers being asked.", told.places_taken
        )
        yield GaugeMetricFamily(
            "screener_captcha_places", "Callers who may be asked at once.", told.places
        )
        yield GaugeMetricFamily(
            "screener_incident_active", "1 while an attack is noticed.", float(told.is_attacked)
        )
        yield CounterMetricFamily(
            "screener_incidents", "Attacks noticed since the start.", told.incidents
        )
        yield GaugeMetricFamily(
            "screener_excess_calls_per_second", "Unwanted calls, estimated.", told.excess_per_s
        )
        yield CounterMetricFamily(
            "screener_turned_away", "Calls above the cap on calls a second.", told.turned_away
        )
        yield _counted(
            "screener_refused_in_front", "Calls that a proxy refused.", "by", told.refused_in_front
        )
        yield GaugeMetricFamily(
            "screener_front_up", "1 while a proxy in front is told.", float(told.front_up)
        )
        swollen = GaugeMetricFamily(
            "screener_swollen_crowds",
            "Crowds of callers above their usual share.",
            labels=["callers"],
        )
        for kind, count in told.swollen.items():
            swollen.add_metric([kind], count)
        yield swollen
        if told.sharing is not None:
            yield from _sharing(told.sharing)


def _counted(name: str, about: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, about, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _sharing(told: SharingFigures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "screener_sharing_up", "1 while other edges' store is there.", float(not told.is_alone)
    )
    yield GaugeMetricFamily("screener_sharing_waiting", "Still to be told.", told.waiting)
    yield CounterMetricFamily("screener_sharing_dropped", "Never to be told.", told.dropped)
    yield CounterMetricFamily(
        "screener_sharing_alone_calls", "Calls decided without the store.", told.alone
    )
    yield CounterMetricFamily(
        "screener_sharing_outcomes_elsewhere", "Outcomes learned for others.", told.elsewhere
    )
    yield _histogram(
        "screener_sharing_seconds", "Time to the store's answer.", told.latency, told.latency_sum
    )


def _latency(told: Figures) -> Metric:
    return _histogram(
        "screener_verdict_seconds", "Time to a verdict.", told.latency, told.latency_sum
    )


def _histogram(
    name: str, about: str, told: tuple[tuple[float, int], ...], total_s: float
) -> Metric:
    family = HistogramMetricFamily(name, about)
    buckets = [(f"{edge:.6g}", count) for edge, count in told]
    family.add_metric([], [*buckets, ("+Inf", told[-1][1] if told else 0)], total_s)
    return family
