"""Fifty people before the live page: what that costs verdicts, and the web admin itself.

A real agent is asked over FastAGI at a steady rate while nobody watches, and while viewers hold the
live page's event stream (`web_crowd`); the phases take turns in one run. A verdict's time is from
connecting to the agent's command, as Asterisk waits for it.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from statistics import median

from aiohttp import ClientSession, CookieJar

from screener.errors import MissingPartError
from screener.lab.ports import LOOPBACK
from screener.lab.web_process import WebProcess
from tests.bench.agents import START_LIMIT_S, OurAgent
from tests.bench.environments import environment
from tests.bench.figures import Scale, cpu_s, median_quantile, show

VIEWERS = 50
MOST_OF_ONE = 18
"""Live pages that one person opens here; 20 may be open, and one that ends is opened again."""

CALLS_PER_S = 100
ROUNDS = 4
SETTLE_S = 2.0
"""Between the phases, so that streams that were opened or closed are not measured."""

_PASSWORD = "a bench of viewers"
_VERDICT = re.compile(rb"EXEC MSet ")


@dataclass(slots=True)
class _Phase:
    """All rounds with so many viewers; CPU in seconds a second."""

    viewers: int
    rounds: list[list[float]] = field(default_factory=list)
    web: list[float] = field(default_factory=list)
    agent: list[float] = field(default_factory=list)
    bytes_each: list[float] = field(default_factory=list)


def run(scale: Scale) -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        agent = stack.enter_context(OurAgent(folder / "agent"))
        web = stack.enter_context(WebProcess(agent.config, folder / "web.log"))
        viewers, seconds = scale.of(VIEWERS, 5), scale.of(20, 3)
        phases = asyncio.run(_measure(agent, web, viewers, float(seconds)))
    _print(phases, seconds)


async def _measure(
    agent: OurAgent, web: WebProcess, viewers: int, seconds: float
) -> tuple[_Phase, _Phase]:
    nobody, watched = _Phase(0), _Phase(viewers)
    indices = count()
    cookies = [await _sign_in(web, name) for name in await _people(web)]
    await _call(agent.port, indices, 3.0)
    for turn in range(ROUNDS):
        order = (nobody, watched) if turn % 2 == 0 else (watched, nobody)
        for phase in order:
            async with _crowd(web.address, cookies, phase):
                before = cpu_s(web.pid), cpu_s(agent.pid)
                phase.rounds.append(await _call(agent.port, indices, seconds))
                phase.web.append((cpu_s(web.pid) - before[0]) / seconds)
                phase.agent.append((cpu_s(agent.pid) - before[1]) / seconds)
            await asyncio.sleep(SETTLE_S)
    return nobody, watched


async def _people(web: WebProcess) -> list[str]:
    """Make the users that watch: a person may hold so many live pages and no more."""
    names = [f"viewer-{number}" for number in range(-(-VIEWERS // MOST_OF_ONE))]
    for name in names:
        words = ("users", "add", name, "--password-stdin", "--config", str(web.config))
        made = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "screener", *words),
            stdin=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        await made.communicate(f"{_PASSWORD}\n".encode())
        if made.returncode:
            raise MissingPartError(f"the bench cannot make a user: {made.returncode}")
    return names


async def _sign_in(web: WebProcess, name: str) -> str:
    """Return the cookie of a new session of the user."""
    async with (
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
        session.post(
            f"{web.address}/login",
            data={"name": name, "password": _PASSWORD},
            headers={"Origin": web.address},
            allow_redirects=False,
        ) as answer,
    ):
        if answer.status != HTTPStatus.SEE_OTHER:
            raise MissingPartError(f"the bench cannot sign in: {answer.status}")
        return "; ".join(f"{one.key}={one.value}" for one in answer.cookies.values())


@asynccontextmanager
async def _crowd(address: str, cookies: list[str], phase: _Phase) -> AsyncIterator[None]:
    """Have the phase's viewers watch while the context is open."""
    if not phase.viewers:
        await asyncio.sleep(SETTLE_S)
        yield
        return
    pipe = asyncio.subprocess.PIPE
    crowd = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.web_crowd", address, str(phase.viewers)),
        stdin=pipe,
        stdout=pipe,
        cwd=Path(__file__).parents[2],
    )
    if crowd.stdin is None or crowd.stdout is None:
        raise MissingPartError("the viewers have no pipe")
    try:
        crowd.stdin.write("\t".join(cookies).encode() + b"\n")
        async with asyncio.timeout(START_LIMIT_S):
            if await crowd.stdout.readline() != b"ready\n":
                raise MissingPartError("the viewers were sent nothing")
        yield
        crowd.stdin.write(b"\n")
        taken, seconds = (await crowd.stdout.readline()).split()
        phase.bytes_each.append(float(taken) / float(seconds) / phase.viewers)
    finally:
        if crowd.returncode is None:
            crowd.terminate()
        await crowd.wait()


async def _call(port: int, indices: Iterator[int], seconds: float) -> list[float]:
    """Ask at the rate for so long; return how long each verdict took, milliseconds."""
    loop = asyncio.get_running_loop()
    began, times = loop.time(), list[float]()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * CALLS_PER_S)):
            await asyncio.sleep(max(began + number / CALLS_PER_S - loop.time(), 0.0))
            group.create_task(_ask(port, next(indices), times))
    return times


async def _ask(port: int, index: int, times: list[float]) -> None:
    question = environment(index)
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(question)
    if not _VERDICT.match(await reader.readline()):
        raise MissingPartError("the agent gave no verdict")
    times.append((loop.time() - began) * 1000.0)
    writer.write(b"200 result=0\n")
    await reader.read()
    writer.close()


def _print(phases: tuple[_Phase, _Phase], seconds: int) -> None:
    rows = [
        (
            f"{phase.viewers} viewers",
            median_quantile(phase.rounds, 0.5),
            median_quantile(phase.rounds, 0.99),
            max(max(one) for one in phase.rounds),
            100.0 * median(phase.web),
            100.0 * median(phase.agent),
            round(median(phase.bytes_each)) if phase.bytes_each else "-",
        )
        for phase in phases
    ]
    columns = (
        "verdict, ms",
        "p50",
        "p99",
        "longest",
        "web CPU %",
        "agent CPU %",
        "bytes/s each",
    )
    title = f"viewers: {CALLS_PER_S} calls/s, medians of {ROUNDS} rounds of {seconds} s, in turns"
    show(title, columns, rows)
    nobody, watched = phases
    for share in (0.5, 0.99):
        ratio = median_quantile(watched.rounds, share) / median_quantile(nobody.rounds, share)
        print(f"  p{100 * share:g}, watched to not watched: {ratio:.2f} x")
