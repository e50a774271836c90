import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from screener.adapters.metrics import PATH, MetricsServer
from screener.config.options import MetricsOptions
from screener.core.settings import Level
from screener.errors import ScreenerError
from screener.service.figures import Figures
from screener.service.sharing import SharingFigures

FIGURES = Figures(
    verdicts={"admit": 7, "challenge": 2, "drop": 1},
    would={"admit": 6, "challenge": 2, "drop": 2},
    faults={"fail-open": 1},
    latency=((0.001, 4), (0.01, 10)),
    latency_sum=0.05,
    level=Level.RISING,
    pressure=0.5,
    places_taken=3,
    places=23,
    is_attacked=True,
    incidents=2,
    excess_per_s=1.5,
    swollen={"new": 4},
)
EXPECTED = {
    ("screener_calls_total", "verdict=admit"): 7.0,
    ("screener_calls_total", "verdict=challenge"): 2.0,
    ("screener_calls_total", "verdict=drop"): 1.0,
    ("screener_would_total", "verdict=drop"): 2.0,
    ("screener_faults_total", "kind=fail-open"): 1.0,
    ("screener_verdict_seconds_bucket", "le=0.001"): 4.0,
    ("screener_verdict_seconds_bucket", "le=0.01"): 10.0,
    ("screener_verdict_seconds_bucket", "le=+Inf"): 10.0,
    ("screener_verdict_seconds_sum", ""): 0.05,
    ("screener_verdict_seconds_count", ""): 10.0,
    ("screener_pressure", ""): 0.5,
    ("screener_pressure_level", "level=calm"): 0.0,
    ("screener_pressure_level", "level=rising"): 1.0,
    ("screener_captcha_places_taken", ""): 3.0,
    ("screener_captcha_places", ""): 23.0,
    ("screener_incident_active", ""): 1.0,
    ("screener_incidents_total", ""): 2.0,
    ("screener_excess_calls_per_second", ""): 1.5,
    ("screener_swollen_crowds", "callers=new"): 4.0,
}
LOOPBACK = MetricsOptions("127.0.0.1", 0)


@asynccontextmanager
async def serving(read: Callable[[], Figures]) -> AsyncIterator[MetricsServer]:
    server = MetricsServer(LOOPBACK, read)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def got(port: int, path: str = PATH) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, answer.headers["Content-Type"], await answer.text()


def samples(page: str) -> dict[tuple[str, str], float]:
    return {
        (one.name, ",".join(f"{name}={value}" for name, value in one.labels.items())): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
    }


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        async with asyncio.timeout(10.0):
            await test()

    asyncio.run(timed())


def test_the_page_holds_every_figure_as_its_readers_expect_it() -> None:
    async def test() -> None:
        async with serving(lambda: FIGURES) as server:
            status, kind, page = await got(server.port)
        assert status == 200
        assert kind.startswith("text/plain")
        assert samples(page).items() >= EXPECTED.items()

    run(test)


def test_who_asks_over_the_control_socket_is_told_the_same_though_nothing_is_served() -> None:
    told = MetricsServer(MetricsOptions(), lambda: FIGURES).answer({"op": "metrics"})
    assert set(told) == {"text"}
    assert samples(str(told["text"])).items() >= EXPECTED.items()


def test_each_request_reads_anew() -> None:
    async def test() -> None:
        told = iter([FIGURES, replace(FIGURES, is_attacked=False)])
        async with serving(lambda: next(told)) as server:
            first, second = [samples((await got(server.port))[2]) for _ in range(2)]
        assert first["screener_incident_active", ""] == 1.0
        assert second["screener_incident_active", ""] == 0.0

    run(test)


def test_there_is_no_other_page() -> None:
    async def test() -> None:
        async with serving(lambda: FIGURES) as server:
            assert (await got(server.port, "/"))[0] == 404
            assert (await got(server.port, "/metrics/x"))[0] == 404

    run(test)


def test_a_fault_in_reading_is_one_failed_answer_and_not_the_end() -> None:
    async def test() -> None:
        told = iter([FIGURES])
        async with serving(lambda: next(told)) as server:
            assert (await got(server.port))[0] == 200
            assert (await got(server.port))[0] == 500
            assert (await got(server.port, "/"))[0] == 404

    run(test)


def test_without_a_host_nothing_is_served() -> None:
    async def test() -> None:
        server = MetricsServer(MetricsOptions(), lambda: FIGURES)
        await server.start()
        assert server.port == 0
        await server.close()

    run(test)


def test_a_port_that_is_taken_is_told_in_words() -> None:
    async def test() -> None:
        async with serving(lambda: FIGURES) as server:
            other = MetricsServer(replace(LOOPBACK, port=server.port), lambda: FIGURES)
            with pytest.raises(ScreenerError, match=r"cannot serve metrics on 127\.0\.0\.1:"):
                await other.start()
            await other.close()

    run(test)


def test_closing_twice_is_closing_once() -> None:
    async def test() -> None:
        async with serving(lambda: FIGURES) as server:
            await server.close()

    run(test)


def test_what_edges_share_is_told_where_they_do() -> None:
    latency = ((0.001, 3), (0.01, 5))
    told = replace(FIGURES, sharing=SharingFigures(True, 7, 1, 9, 2, latency, 0.02))  # noqa: FBT003 - in their order
    page = MetricsServer(MetricsOptions(), lambda: told).answer({})["text"]
    for line in (
        "screener_sharing_up 0.0",
        "screener_sharing_waiting 7.0",
        "screener_sharing_dropped_total 1.0",
        "screener_sharing_alone_calls_total 9.0",
        "screener_sharing_outcomes_elsewhere_total 2.0",
        'screener_sharing_seconds_bucket{le="+Inf"} 5.0',
    ):
        assert line in str(page)
    assert "sharing" not in str(MetricsServer(MetricsOptions(), lambda: FIGURES).answer({})["text"])
