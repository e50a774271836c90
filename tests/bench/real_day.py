"""The beginning of an attacked day, ten times as fast, through a real Asterisk: and simulated.

    python -m tests.bench real-day [--minutes N] [--scenario NAME] [--share S]

The very same callers are played twice under the same settings: over SIP (`day_over_sip`), where
SIPp dials, a real Asterisk asks a real agent, captchas are spoken and phones answer; and in the
simulator (`day_simulated`). What the two say of each other's faithfulness is what this measures.
Other seeds of the simulator tell how far apart chance alone puts two plays, and once more it plays
the same callers at their own pace, with captchas as long as the site's people take.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from screener.config.load import load_config
from screener.config.simulation import load_play
from screener.core.settings import Settings
from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.fetch import ensure_lab
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK, free_udp_block
from screener.lab.presser import Presser
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.bench.day_dialler import Dialler
from tests.bench.day_over_sip import ONE_KEY, Ears, Parts, Player, Wire
from tests.bench.day_people import VERDICTS, Day, DayClock, Fates
from tests.bench.day_plan import HURRY, Plan, first_minutes, hurried_sections
from tests.bench.day_simulated import simulate
from tests.bench.figures import Scale, cpu_s, quantile, show

SCENARIO = "mnsure-attack"
MINUTES = 4.0
"""Of attack, as they pass here: 40 of the day."""

QUIET_MINUTES = 5.0
"""Before it: so many that the few calls of a quarter of the site teach the crowds what is usual."""

SHARE = 0.25
"""Of the site and all who call it: 46,000 calls an hour tenfold are 128 a second."""

SEED = 1
MORE_SEEDS = range(101, 109)
PRESSERS = 6
_TALK_MS = 3_600_000
"""Operators do not hang up: callers do, when they have talked as long as they were to."""

_TRUNK = """
[{name}]
type = endpoint
transport = transport-udp
context = from-trunk
disallow = all
allow = ulaw,alaw
direct_media = no
trust_id_inbound = yes

[{name}-from]
type = identify
endpoint = {name}
match = {host}
"""


@dataclass(frozen=True, slots=True)
class Played:
    """The day over SIP: its callers, what was heard beside, and what the agent said."""

    day: Day
    wire: Wire
    settings: Settings
    unanswered: int
    lost: int
    links_lost: int
    agent_cpu_s: float
    asterisk_cpu_s: float


def run(scale: Scale) -> None:
    """Play and print; raises UsageError, and MissingPartError without an Asterisk."""
    minutes = scale.minutes or (0.4 if scale.quick else MINUTES)
    play = load_play(scale.scenario or SCENARIO)
    share = scale.share or (0.1 if scale.quick else SHARE)
    quiet = 0.1 if scale.quick else QUIET_MINUTES

    def plan_of(seed: int) -> Plan:
        return first_minutes(play, share, quiet * 60 * HURRY, minutes * 60 * HURRY, seed)

    plan = plan_of(SEED)
    print(
        f"  {plan.scenario.name} at {share:g} of the site: {plan.site.operators} operators, "
        f"{plan.site.channels} channels; {quiet:g} + {minutes:g} minutes at {HURRY:g} x",
        flush=True,
    )
    root = ensure_lab(lambda text: print(f"  {text}", flush=True))
    played = asyncio.run(_over_sip(root, plan))
    taken = {pressed: median(all_s) for pressed, all_s in played.day.captcha_s.items()}
    same = simulate(plan, played.settings, taken)
    own_pace = simulate(plan, load_config(None).settings, {}, hurry=1.0)
    seeds = scale.of(len(MORE_SEEDS), 2)
    others = [simulate(plan_of(s), played.settings, taken) for s in MORE_SEEDS[:seeds]]
    _print(plan, played, (same, own_pace, *others))


async def _over_sip(root: LabRoot, plan: Plan) -> Played:
    async with AsyncExitStack() as stack:
        place = tempfile.TemporaryDirectory(prefix="screener-day-")
        folder = Path(stack.enter_context(place))
        trunks = {name: f"127.0.0.{at}" for at, name in enumerate(plan.site.trunks, 2)}
        site = LabSettings(
            operators=plan.site.operators,
            ari_secret=secrets.token_hex(16),
            extra={"pjsip.conf": "".join(_TRUNK.format(name=n, host=h) for n, h in trunks.items())},
        )
        asterisk = stack.enter_context(Asterisk(root, folder / "asterisk", settings=site))
        agent = _agent(stack, plan, asterisk, folder / "agent")
        phones = Sipp(
            root,
            folder / "operators",
            "operator.xml",
            Load(hold_ms=_TALK_MS),
            port=asterisk.ports.operators,
        )
        stack.enter_context(phones)
        day = Day(DayClock(plan.lasts))
        ears = await _ears(stack, _prompts(root, asterisk, folder / "prompts"))
        diallers: dict[str, Dialler] = {}
        queue_log = asterisk.folder / "log/queue_log"
        player = Player(plan, day, Parts(diallers, ears, agent, queue_log))
        for name, host in trunks.items():
            target = f"{LOOPBACK}:{asterisk.ports.sip}"
            dialler = Dialler(root, folder / name, host, target, player.heard)
            stack.push_async_callback(dialler.close)
            dialler.start()
            diallers[name] = dialler
        for dialler in diallers.values():
            await dialler.connect()
        before = cpu_s(agent.pid), cpu_s(asterisk.pid)
        await player.play()
        for part in (agent, asterisk, phones, *diallers.values()):
            if not part.running:
                raise MissingPartError(f"{part.what} ended while the day was played")
        after = cpu_s(agent.pid), cpu_s(asterisk.pid)
        said, dialplan = (log.read_text(errors="replace") for log in (agent.log, asterisk.log))
        day.incidents = said.count("INCIDENT-BEGAN")
        return Played(
            day,
            player.wire,
            load_config(agent.config).settings,
            dialplan.count("screener: error"),
            dialplan.count("screener: captcha lost"),
            said.count("ARI-DOWN"),
            after[0] - before[0],
            after[1] - before[1],
        )


def _agent(stack: AsyncExitStack, plan: Plan, asterisk: Asterisk, folder: Path) -> AgentProcess:
    """Start the agent and teach it the earlier days."""
    folder.mkdir()
    sections = hurried_sections(load_config(None).settings, plan.site)
    extra = sections + over_ari(asterisk)
    agent = AgentProcess(folder, asterisk.ports.agent, enforce=True, extra=extra)
    stack.enter_context(agent)
    now = time.time()  # noqa: TID251 - the agent beside reads the same clock
    agent.teach(
        [
            {
                "caller": past.number,
                "at": now + past.at,
                "outcome": "answered" if past.answered else "abandoned",
                "talk_s": past.talk,
            }
            for past in plan.past_calls()
        ]
    )
    agent.listen_in()
    return agent


async def _ears(stack: AsyncExitStack, templates: Templates) -> Ears:
    listener = await stack.enter_async_context(Listener(LOOPBACK, (0,), templates))
    pressers = [
        await stack.enter_async_context(Presser(LOOPBACK, [ONE_KEY])) for _ in range(PRESSERS)
    ]
    return Ears(listener, pressers, free_udp_block(2))


def _prompts(root: LabRoot, asterisk: Asterisk, heard: Path) -> Templates:
    """Have Asterisk convert the digits' prompts to what a telephone hears."""
    heard.mkdir()
    for command in Templates.conversions(root.data / "sounds/en", heard):
        asterisk.rx(command)
    return Templates.load(heard)


def _print(plan: Plan, played: Played, simulated: Sequence[Day]) -> None:
    days = (played.day, *simulated)
    columns = ("over SIP", "simulated", "not hurried", "other seeds: mean", "least", "most")
    show("verdicts", ("share of calls, %", *columns), _verdict_rows(days))
    title = "people who first called during the attack"
    show(title, ("share of them, %", *columns), _people_rows(days, plan.quiet_s))
    wire = played.wire
    p50, p99 = (quantile(wire.latencies_ms, share) for share in (0.5, 0.99))
    print(
        f"  over SIP: {wire.dialled:,} calls dialled, {wire.most_up} up at once at most, "
        f"{wire.unruled} without a verdict ({played.unanswered} said by the dialplan), "
        f"dialled at most {wire.late_s:.2f} s late\n"
        f"  agent, question to verdict: p50 {p50:.2f} ms, p99 {p99:.2f} ms\n"
        f"  seconds from the verdict to a captcha's end, median: {_captchas(played.day)}\n"
        f"  outcomes told: {wire.outcomes}; {played.lost} captchas lost, the link to Asterisk "
        f"{played.links_lost} times\n"
        f"  CPU: agent {played.agent_cpu_s:.1f} s, Asterisk {played.asterisk_cpu_s:.1f} s",
        flush=True,
    )


def _captchas(day: Day) -> str:
    return ", ".join(
        f"{pressed.value} {median(all_s):.1f} ({len(all_s)} of them)"
        for pressed, all_s in sorted(day.captcha_s.items())
    )


def _verdict_rows(days: Sequence[Day]) -> list[tuple[str, ...]]:
    rows = []
    for who in ("people", "bots"):
        counts = [day.people if who == "people" else day.bots for day in days]
        rows.append((f"{who}: calls", *_spread([one.total() for one in counts])))
        for verdict in VERDICTS:
            shares = [100.0 * one[verdict] / max(one.total(), 1) for one in counts]
            rows.append((f"{who}: {verdict}", *_spread(shares)))
    rows.append(("bots that passed", *_spread([day.bots_passed for day in days])))
    rows.append(("incidents begun", *_spread([day.incidents for day in days])))
    return rows


def _people_rows(days: Sequence[Day], since: float) -> list[tuple[str, ...]]:
    fates = [Fates.of(day.callers, since) for day in days]
    return [
        ("people", *_spread([one.people for one in fates])),
        *(
            (name, *_spread([100.0 * getattr(one, name) for one in fates]))
            for name in ("answered", "queued", "challenged", "busied", "refused")
        ),
    ]


def _spread(values: Sequence[float]) -> tuple[str, ...]:
    """Return the first three as they are, and of the others the mean, the least and the most."""
    rest = values[3:]
    figures = (*values[:3], sum(rest) / len(rest), min(rest), max(rest))
    return tuple(f"{value:,.1f}" for value in figures)
