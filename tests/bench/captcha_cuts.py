"""Calls lost or stuck while the link to ARI is cut again and again, beside the same uncut.

SIPp callers, all challenged over ARI by a real agent, whose link leads through a proxy: four in
five hear nothing and press nothing, one in five listens and passes. Every one of them is to end
with an operator. A cut ends all connections at a moment of chance and refuses new ones for a while;
it counts only where the link had been made again since the last one. Ways in the captcha are told
by the dialplan, the rest by the agent and by SIPp.
"""

import asyncio
import random
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.fetch import ensure_lab
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.bench.figures import Scale, show
from tests.e2e.screened_site import STAYS_MS, STEADY, numbers, until
from tests.e2e.tcp_proxy import TcpProxy

CALLS, QUICK_CALLS = 1_000, 40
CUTS, QUICK_CUTS = 20, 2
RATE = 8.0
LISTENING = 0.2
"""The share of callers who hear the question and answer it."""

AWAY_S = (0.1, 1.5)
"""How long a cut link stays away, least and most."""

OPERATORS = 40
QUIET_S = 30.0
"""A channel that is up for so long after the last call has ended is stuck."""

_SEED = 20_161_101
_EXTENSION = "captcha-cut"

_CONFIG = (
    STEADY
    + """\
limits: []
signals:
  new-caller: {points: 6}
captcha:
  tries: 1
  key_wait: 2s
  places: 1000
  share_of_channels: 1.0
  silent_places: 1000
"""
)
_DIALPLAN = f"""
[from-trunk](+)
exten => {_EXTENSION},1,Set(CHANNEL(hangup_handler_push)=screener-hangup,s,1)
 same => n,Gosub(screener,s,1)
 same => n,GotoIf($["${{GOSUB_RETVAL}}" != "challenge"]?screened,${{GOSUB_RETVAL}},1)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Verbose(1,bench way=${{SCREENER_LANE}}${{STASISSTATUS}} got=${{GOSUB_RETVAL}}.)
 same => n,Goto(screened,${{GOSUB_RETVAL}},1)
"""
_TOLD = re.compile(r"bench way=(\w*) got=(\w+)\.")
_WAYS = {"ari": "ariSUCCESS", "no app": "ariFAILED", "agi": "agi"}
_RESULTS = ("passed", "silent", "failed", "lost", "away")


@dataclass(slots=True)
class _Story:
    """What became of the calls of one run."""

    calls: int
    cuts: int = 0
    failed: int = 0
    ended_for: int = 0
    answered: int = 0
    stuck: int = 0
    asking: int = 0
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    ari: dict[str, object] = field(default_factory=dict)

    def over(self, way: str) -> int:
        return sum(count for (taken, _), count in self.told.items() if taken == _WAYS[way])

    def got(self, result: str) -> int:
        return sum(count for (_, came), count in self.told.items() if came == result)


@dataclass(frozen=True, slots=True)
class _Site:
    root: LabRoot
    folder: Path
    asterisk: Asterisk
    templates: Templates


def run(scale: Scale) -> None:
    """Measure and print; raises MissingPartError where there is no Asterisk to be had."""
    root = ensure_lab(lambda text: print(f"  {text}", flush=True))
    calls, cuts = scale.of(CALLS, QUICK_CALLS), scale.of(CUTS, QUICK_CUTS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        settings = LabSettings(
            operators=OPERATORS,
            extra={"extensions.conf": _DIALPLAN},
            ari_secret=secrets.token_hex(16),
        )
        asterisk = stack.enter_context(Asterisk(root, folder / "asterisk", settings=settings))
        port, phones = asterisk.ports.operators, folder / "operators"
        stack.enter_context(Sipp(root, phones, "operator.xml", Load(hold_ms=500), port=port))
        site = _Site(root, folder, asterisk, _templates(root, asterisk))
        stories = [asyncio.run(_story(site, calls, wanted)) for wanted in (0, cuts)]
    _print(stories)


def _templates(root: LabRoot, asterisk: Asterisk) -> Templates:
    folder = asterisk.folder / "prompts"
    folder.mkdir()
    for command in Templates.conversions(root.data / "sounds/en", folder):
        asterisk.rx(command)
    return Templates.load(folder)


async def _story(site: _Site, calls: int, cuts: int) -> _Story:
    """Play one run: all calls, and so many cuts while they come."""
    asterisk, story = site.asterisk, _Story(calls)
    log_from = asterisk.log.stat().st_size
    with ExitStack() as stack:
        proxy = stack.enter_context(TcpProxy(asterisk.ports.http))
        agent = _agent(site, cuts, proxy.port)
        await asyncio.to_thread(agent.start)
        stack.callback(agent.stop)
        if not await asyncio.to_thread(until, lambda: _status(agent, "ari")["state"] == "up"):
            raise MissingPartError("the agent's link to Asterisk did not come up")
        agent.listen_in()
        cutting = asyncio.get_running_loop().create_task(_cut(proxy, cuts, calls / RATE, story))
        try:
            await _call(site, calls, cuts, story)
        finally:
            cutting.cancel()
        await asyncio.to_thread(until, lambda: asterisk.channels() == 0, QUIET_S)
        story.stuck = asterisk.channels()
        story.ari = _status(agent, "ari")
        story.asking = int(str(_status(agent, "captchas")["asking"]))
        told = [one for one in agent.events() if one.get("outcome") == "answered"]
        story.answered = len({one["id"] for one in told})
    with asterisk.log.open(errors="replace") as log:
        log.seek(log_from)
        story.told.update((way, got) for way, got in _TOLD.findall(log.read()))
    return story


def _agent(site: _Site, cuts: int, ari_port: int) -> AgentProcess:
    folder = site.folder / f"agent-{cuts}"
    folder.mkdir()
    own, by_proxy = site.asterisk.ari_url, f"http://{LOOPBACK}:{ari_port}"
    text = _CONFIG + over_ari(site.asterisk).replace(own, by_proxy)
    return AgentProcess(folder, site.asterisk.ports.agent, enforce=True, extra=text)


async def _call(site: _Site, calls: int, cuts: int, story: _Story) -> None:
    """Make all calls, those who listen and those who do not, and wait until they are over."""
    listening = round(calls * LISTENING)
    callers = numbers(calls, start=cuts * calls)
    async with Listener(LOOPBACK, [0], site.templates) as listener:
        runs = [
            _sipp(site, f"hear-{cuts}", callers[:listening], RATE * LISTENING, listener.ports[0]),
            _sipp(site, f"deaf-{cuts}", callers[listening:], RATE * (1 - LISTENING), 0),
        ]
        for one in runs:
            one.start()
        try:
            for one in runs:
                counts = await asyncio.to_thread(one.wait)
                story.failed += counts.failed
                story.ended_for += counts.received.get("BYE", 0)
        finally:
            for one in runs:
                one.stop()


def _sipp(site: _Site, mark: str, callers: list[str], rate: float, media_port: int) -> Sipp:
    fields = [(caller, "", _EXTENSION, str(STAYS_MS)) for caller in callers]
    limit_s = len(callers) / rate + 2 * STAYS_MS / 1e3
    load = Load(len(fields), rate, fields, limit_s=limit_s, mark=mark, media_port=media_port)
    return Sipp(site.root, site.folder / mark, "caller.xml", load, target=site.asterisk.ports.sip)


async def _cut(proxy: TcpProxy, cuts: int, span_s: float, story: _Story) -> None:
    rng = random.Random(_SEED)  # noqa: S311 - the same moments each time
    while story.cuts < cuts:
        away_s = rng.uniform(*AWAY_S)
        await asyncio.sleep(rng.uniform(0.0, 2.0) * max(span_s / cuts - AWAY_S[1], 0.0))
        while not proxy.is_used:  # noqa: ASYNC110 - a proxy has no event for this
            await asyncio.sleep(0.02)
        proxy.cut()
        story.cuts += 1
        await asyncio.sleep(away_s)
        proxy.mend()


def _status(agent: AgentProcess, part: str) -> dict[str, object]:
    told = agent.ask({"op": "status"})[part]
    if not isinstance(told, dict):
        raise MissingPartError("the agent's status has another shape")
    return told


def _print(stories: list[_Story]) -> None:
    figures: list[tuple[str, Callable[[_Story], object]]] = [
        ("lost: no operator answered", lambda one: one.calls - one.answered),
        ("lost: met what SIPp did not expect", lambda one: one.failed),
        ("lost: ended by the caller's patience", lambda one: one.calls - one.ended_for),
        ("stuck: channels left", lambda one: one.stuck),
        ("stuck: captchas still asked", lambda one: one.asking),
        ("asked over ARI", lambda one: one.over("ari")),
        ("asked over AGI, link known to be down", lambda one: one.over("agi")),
        ("asked over AGI, application not there", lambda one: one.over("no app")),
        *((f"came out {result}", _came_out(result)) for result in _RESULTS),
        ("asked anew over the next link", lambda one: one.ari["reclaimed"]),
        ("released by the agent", lambda one: one.ari["released"]),
        ("freed by the dialplan's watchdog", _freed),
        ("links made again", lambda one: one.ari["reconnects"]),
    ]
    rows = [(name, *(of(one) for one in stories)) for name, of in figures]
    columns = (f"of {stories[-1].calls:,} calls", *(f"cut {one.cuts} times" for one in stories))
    show("captcha-cuts: the link to ARI cut at moments of chance", columns, rows)


def _came_out(result: str) -> Callable[[_Story], object]:
    return lambda one: one.got(result)


def _freed(story: _Story) -> int:
    return story.got("lost") - int(str(story.ari["released"]))
