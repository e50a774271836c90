"""How many captchas are held at once before prompts start late, and what one costs, by each way.

A real Asterisk and a real agent; the same call over ARI, over AGI and asked by the dialplan alone
(the floor: no agent in the captcha), in one run. At each level N callers are in the captcha at
once and come and go all the while: each is answered, waits for `HOLD_S` in silence, hears the
prompt, presses nothing, and hangs up `STAY_S` after the prompt began; 2 N calls, N / 7 s of them a
second. Measured is, at the caller's socket, from the SIP answer to the first packet of sound, and
`HOLD_S` is taken off: the agent's lateness, Asterisk's own and the network's together. CPU is of
the whole call, its verdict and outcome included, and of what a process does at rest meanwhile.
Not measured: keys, the second try, operators; more than 400, since the lab's Asterisk has sound
ports for 500 calls.
"""

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.fetch import ensure_lab
from screener.lab.samples import LabSettings
from tests.bench.captcha_callers import CaptchaCallers, Heard
from tests.bench.figures import Scale, cpu_s, quantile, show
from tests.e2e.screened_site import STEADY, numbers, until

WAYS = ("ari", "agi", "plain")
LEVELS = (25, 50, 100, 200, 400)
HOLD_S = 3.0
STAY_S = 4.0
LATE_MS = 250.0
"""A prompt that starts later than this is late."""

MISSING = 0.01
"""A level is not held where a larger share of its calls hears no prompt.

A machine that is short of CPU gives some no verdict within the dialplan's 2 s; they are hung up.
"""

REST_S = 1.0
WARM_UP = 20
CALLERS = 7_000

CONFIG = (
    STEADY
    + f"""\
limits: []
signals:
  new-caller: {{points: 6}}
captcha:
  hold: silence
  hold_for: {HOLD_S:g}s
  places: 2000
  share_of_channels: 1.0
"""
)
"""Whoever is new is challenged; the rest of the captcha is as the agent has it."""

_DIALPLAN = f"""
[from-trunk](+)
exten => _captcha-.,1,Set(CHANNEL(hangup_handler_push)=screener-hangup,s,1)
 same => n,Gosub(screener,s,1)
 same => n,GotoIf($["${{GOSUB_RETVAL}}" != "challenge"]?out)
 same => n,Set(SCREENER_LANE=${{EXTEN:8}})
 same => n,GotoIf($["${{SCREENER_LANE}}" != "plain"]?ask)
 same => n,Set(SCREENER_LANE=)
 same => n,Answer()
 same => n,Wait({HOLD_S:g})
 same => n(ask),Gosub(screener-captcha,s,1)
 same => n(out),Hangup()
"""


@dataclass(frozen=True, slots=True)
class _Load:
    level: int
    calls: int
    rate: float

    @classmethod
    def of(cls, level: int, scale: Scale) -> Self:
        if scale.quick:
            return cls(level, level, level / 2.0)
        return cls(level, 2 * level, level / (HOLD_S + STAY_S))


@dataclass(frozen=True, slots=True)
class _Round:
    """One way at one level; CPU in ms a call."""

    way: str
    level: int
    heard: Heard
    agent_ms: float
    asterisk_ms: float

    @property
    def missing(self) -> int:
        """How many of its calls heard no prompt, for whatever reason."""
        return self.heard.without + self.heard.unanswered

    @property
    def late_ms(self) -> list[float]:
        return [sound - HOLD_S * 1e3 for sound in self.heard.sounds_ms]


def run(scale: Scale) -> None:
    """Measure and print; raises MissingPartError where there is no Asterisk to be had."""
    root = ensure_lab(lambda text: print(f"  {text}", flush=True))
    levels = LEVELS[:1] if scale.quick else LEVELS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        settings = LabSettings(
            extra={"extensions.conf": _DIALPLAN}, ari_secret=secrets.token_hex(16)
        )
        asterisk = stack.enter_context(Asterisk(root, folder / "asterisk", settings=settings))
        agent = stack.enter_context(_agent(asterisk, folder))
        callers = CaptchaCallers(asterisk.ports.sip)
        stack.callback(callers.close)
        callers_numbers = iter(numbers(CALLERS))
        for way in WAYS:
            callers.play(f"captcha-{way}", callers_numbers, WARM_UP, WARM_UP, 0.5)
        rounds = [
            _round(way, _Load.of(level, scale), (asterisk, agent, callers), callers_numbers)
            for level in levels
            for way in WAYS
        ]
    _print(rounds)


def _agent(asterisk: Asterisk, folder: Path) -> AgentProcess:
    home = folder / "agent"
    home.mkdir()
    text = CONFIG + over_ari(asterisk)
    return _LinkedAgent(home, asterisk.ports.agent, enforce=True, extra=text)


class _LinkedAgent(AgentProcess):
    """An agent that is up when its link to ARI is."""

    def start(self) -> None:
        """Start it; raises MissingPartError where it or its link does not come up."""
        super().start()
        if not until(self._is_linked):
            self.stop()
            raise MissingPartError("the agent's link to Asterisk did not come up")

    def _is_linked(self) -> bool:
        told = self.ask({"op": "status"})["ari"]
        return isinstance(told, dict) and told["state"] == "up"


def _round(
    way: str,
    load: _Load,
    parts: tuple[Asterisk, AgentProcess, CaptchaCallers],
    callers_numbers: Iterator[str],
) -> _Round:
    asterisk, agent, callers = parts
    time.sleep(REST_S)
    before = cpu_s(agent.pid), cpu_s(asterisk.pid)
    heard = callers.play(f"captcha-{way}", callers_numbers, load.rate, load.calls, STAY_S)
    if not until(lambda: asterisk.channels() == 0):
        raise MissingPartError("calls are still up after their callers have hung up")
    after = cpu_s(agent.pid), cpu_s(asterisk.pid)
    agent_ms, asterisk_ms = (
        (late - early) / load.calls * 1e3 for early, late in zip(before, after, strict=True)
    )
    return _Round(way, load.level, heard, agent_ms, asterisk_ms)


def _print(rounds: list[_Round]) -> None:
    rows = [
        (
            f"{one.level}, {one.way}",
            one.heard.at_once,
            *(round(quantile(one.late_ms, share), 1) for share in (0.5, 0.95, 0.99)),
            round(max(one.late_ms, default=0.0), 1),
            sum(late > LATE_MS for late in one.late_ms),
            one.heard.unanswered,
            one.heard.without,
            one.agent_ms,
            one.asterisk_ms,
        )
        for one in rounds
    ]
    columns = (
        "held, asked over",
        "at once",
        "late p50 ms",
        "p95",
        "p99",
        "max",
        f"> {LATE_MS:g} ms",
        "not answered",
        "no sound",
        "agent CPU ms",
        "Asterisk CPU ms",
    )
    show("captchas: how late prompts start, and CPU a call", columns, rows)
    for way in WAYS:
        print(f"  {way}: {_held_in_time(one for one in rounds if one.way == way)}", flush=True)


def _held_in_time(rounds: Iterator[_Round]) -> str:
    held = 0
    for one in rounds:
        missing = one.missing / (one.missing + len(one.late_ms))
        if missing > MISSING or quantile(one.late_ms, 0.95) > LATE_MS:
            return f"{held} held with p95 within {LATE_MS:g} ms, {one.level} not"
        held = one.level
    return f"{held} held with p95 within {LATE_MS:g} ms, the most that was tried"
