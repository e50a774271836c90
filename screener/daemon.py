"""The one place that builds objects: config -> objects -> listeners -> signals -> drain.

`Agent` wires an engine, its memory, the FastAGI server and the control socket together and
runs until SIGTERM or SIGINT; SIGHUP and the control op `reload` exchange the configuration.
What the parts do is theirs; here stands only who knows whom.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import uvloop

from screener import __version__
from screener.adapters.ami_client import AmiClient
from screener.adapters.ari_client import AriClient
from screener.adapters.control import ControlServer, Handler, Message
from screener.adapters.control_folder import own_folder
from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import options_from
from screener.adapters.kamailio_client import KamailioClient
from screener.adapters.metrics import MetricsServer
from screener.adapters.service_manager import ServiceManager
from screener.adapters.wire_facts import outcome_handler, screen_handler
from screener.config.load import Config
from screener.core.call import Facts, Load
from screener.core.engine import Engine
from screener.core.number_validity import compile_all
from screener.errors import ScreenerError
from screener.service.answer import Route
from screener.service.challenging import Challenges
from screener.service.collector import Steps, collect_rarely, keep_what_is, keep_without_a_look
from screener.service.explaining import explain, facts_from
from screener.service.feed import Feed
from screener.service.figures import FigureReader
from screener.service.front import new_front
from screener.service.history import take_history
from screener.service.incidents import Incidents
from screener.service.journal import write_decision, write_outcome
from screener.service.logs import LogPipe
from screener.service.queue_watch import QueueWatch
from screener.service.reloading import Reloading
from screener.service.reviewing import Reviewing
from screener.service.screening import ScreeningService
from screener.service.serving import in_words, tell_ready
from screener.service.site import describe_admission, describe_pressure, describe_site
from screener.service.tally import Tally
from screener.service.uncaught import of_loop, telling_uncaught
from screener.sharing_parts import SharingParts
from screener.steady_clock import SteadyClock, wall
from screener.storage.folder_lock import FolderLock
from screener.storage.incident_book import INCIDENT_FILE, IncidentBook
from screener.storage.keys import load_keys
from screener.storage.new_log import decision_log
from screener.storage.new_memory import new_memory
from screener.storage.pseudonyms import pseudonym
from screener.storage.review_changes import ChangesReader
from screener.storage.review_file import REVIEW_FILE
from screener.storage.shards import LARGEST
from screener.storage.site_files import LOG_FILE, STATE_FILE
from screener.storage.state_keeper import StateKeeper
from screener.storage.state_restore import Sources, restore

log = logging.getLogger("screener.agent")

TICK_S, BUSY_TICK_S, BUSY_FROM = 0.5, 0.1, 64
"""How often calls that the log could not take at once are tried again, and incidents looked at; and
while so many calls wait for the log, which are more than it gathers in a moment."""

_OPENING_S = 2.0
"""How long a start waits for the log: what was known of callers is read from it."""

_SWITCH_S = 0.0005
"""How long a thread that writes logs or reads a configuration may keep a call waiting, seconds."""


class Agent:
    """One running agent."""

    _log_pipe: LogPipe | None = None
    _keeping: asyncio.Task[None] | None = None
    _collecting = Steps()  # as the collector, one for the process

    def __init__(self, config: Config, path: Path | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_at = clock()
        self._memory = new_memory(config.settings, largest=LARGEST)
        self._tally = Tally()
        self._feed = Feed()
        self._queues = QueueWatch(config.ami.queues if config.ami.host else (), clock)
        self._folder = FolderLock(Path(config.storage.folder))
        self._stop = asyncio.Event()
        self._ready = False
        self._decisions, self._upkeep = decision_log(config.storage, clock)
        decisions = self._decisions
        folder, keys = Path(config.storage.folder), Path(config.storage.keys)
        self._state = StateKeeper(folder / STATE_FILE, keys, self._memory, clock)
        self._reviewing = Reviewing(
            lambda: self.service.engine,
            self._memory.reviews,
            ChangesReader(folder / REVIEW_FILE, keys, lambda: self.service.engine.plan, wall),
            clock,
            wall,
        )
        engine_now: Callable[[], Engine] = lambda: self.service.engine  # noqa: E731 - a reload exchanges it
        kept = [decisions] if decisions else []
        see = self._queues.complete
        self._front = new_front(config.front, engine_now, self._memory, see, clock)
        in_front = [self._front] if self._front else []
        for front in in_front:
            front.sinks, self._reviewing.heed = (*kept, self._feed), front.heed
        self.service = ScreeningService(
            Engine(config.settings, self._memory),
            clock,
            self._tally,
            (write_decision, self._feed, self._state, *in_front),
            keep=kept,
            outcome_sinks=(
                *([decisions.outcome] if decisions else []),
                write_outcome,
                self._feed.outcome,
                self._state.told,
                *(one.told for one in in_front),
            ),
            fault_sinks=[decisions.fault] if decisions else [],
            complete=see,
            route=self._route,
        )
        parts = self.service, self._memory, self._reviewing, clock
        self._sharing = SharingParts(config, *parts)
        self._incidents = Incidents(engine_now, clock, self._keep_incident)
        more = self._sharing.figures, self._front
        figures = FigureReader(engine_now, self._tally, see, clock, sharing=more[0], front=more[1])
        self.metrics = MetricsServer(config.metrics, figures)
        self._challenges = Challenges(self.service)
        self._ari = AriClient(config.ari, self._challenges, lambda: engine_now().settings.captcha)
        self.fastagi = FastAgiServer(self.service, options_from(config.listen), self._challenges)
        self._reloading = Reloading(
            config,
            path,
            self.service,
            accept=self._accept,
            settle=self._settle,
            refresh=self._reviewing.refresh,
            during=self._manager.reloading,
        )
        self.control = ControlServer(config.control.socket, self._handlers(), self._feed.subscribe)
        self._watching: list[asyncio.Task[None]] = []

    def _handlers(self) -> Mapping[str, Handler]:
        return {
            "screen": screen_handler(self.service),
            "outcome": outcome_handler(self.service),
            "explain": self._explain,
            "learn": self._learn,
            "refresh": self._refresh,
            "forget": self._forget,
            "save": self._save,
            "status": self._status,
            "metrics": self.metrics.answer,
            "incidents": self._incidents.answer,
            "reload": lambda _request: self._reloading.reload(),
        }

    @cached_property
    def _book(self) -> IncidentBook:
        return IncidentBook(Path(self._config.storage.folder) / INCIDENT_FILE)

    @cached_property
    def _manager(self) -> ServiceManager:
        return ServiceManager(lambda: in_words(self._config, self.fastagi.port))

    @property
    def _config(self) -> Config:
        return self._reloading.config

    async def run(self, log_pipe: LogPipe | None = None) -> None:
        """Serve until told to stop, then drain."""
        self._log_pipe = log_pipe
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reloading.by_signal)
        self._folder.take()
        opening = await self._open_log()
        try:
            await self._remember()
            keep_without_a_look()  # what was put back stays
            self._warm_up()
            await self.fastagi.start()
            await self._serve()
        finally:
            drain = self.fastagi.drain(self._config.listen.drain_timeout)
            await asyncio.gather(drain, self._ari.close(), self.metrics.close())
            await self.control.close()
            for task in self._watching:
                task.cancel()
            await asyncio.gather(*self._watching, return_exceptions=True)
            await self._sharing.close()
            await self._state.close()
            await self._leave_incident()
            await asyncio.gather(opening, *([self._keeping] if self._keeping else []))
            if self._upkeep is not None and self._decisions is not None:
                self._decisions.gather(None)
                await asyncio.to_thread(self._upkeep.close)
            self._folder.release()
        told = " ".join(f"{name}={count}" for name, count in self._tally.verdicts.items())
        log.info("STOPPED %s", told or "without a call")

    async def _serve(self) -> None:
        """Serve between the listeners' start and their drain."""
        own_folder(Path(self._config.control.socket).parent)
        await self.control.start()
        await self.metrics.start()
        self._tick()
        loop = asyncio.get_running_loop()
        self._keeping = loop.create_task(self._state.run())
        self._watching.append(loop.create_task(self._ari.run()))
        self._watching.append(loop.create_task(self._sharing.run()))
        if self._queues.queues:
            watcher = AmiClient(self._config.ami, self._queues)
            self._watching.append(loop.create_task(watcher.run()))
        if self._front is not None:
            kamailio = KamailioClient(self._config.front, self._front)
            self._watching.append(loop.create_task(kamailio.run()))
        self._ready = True
        tell_ready(self._config, self.fastagi.port)
        with self._manager.serving():
            await self._stop.wait()
        log.info("DRAIN seconds=%g", self._config.listen.drain_timeout)

    async def _open_log(self) -> asyncio.Future[None]:
        """Open the log, with what a killed agent left waiting for it; calls wait for it so long.

        What is returned is done when it is open, which a locked disk may put off. Raises
        ScreenerError where the keys are exposed or broken.
        """
        if self._upkeep is None:
            nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            nothing.set_result(None)
            return nothing
        self._upkeep.prepare()
        if self._decisions is not None:
            self._decisions.gather(asyncio.get_running_loop().call_later)
        opening = asyncio.ensure_future(asyncio.to_thread(self._upkeep.start))
        await asyncio.wait([opening], timeout=_OPENING_S)
        return opening

    async def _remember(self) -> None:
        """Put back what was known of callers, and what people decided of them, before any call."""
        now, storage = self._clock(), self._config.storage
        folder = Path(storage.folder)
        log_file = folder / LOG_FILE if storage.log else None
        sources = Sources(folder / STATE_FILE, log_file, Path(storage.keys))
        restored = restore(self.service.engine, self._memory, sources, now)
        age_s = restored.age_s
        self._sharing.restored(0.0 if age_s is None else now - age_s)
        await self._reviewing.start(pardon_after=None if age_s is None else now - age_s)

    def _tick(self) -> None:
        if self._stop.is_set():
            return
        waiting = self._decisions.queued if self._decisions is not None else 0
        delay = BUSY_TICK_S if waiting >= BUSY_FROM else TICK_S
        asyncio.get_running_loop().call_later(delay, self._tick)
        if self._decisions is not None:
            self._decisions.flush()
        self._incidents.step()
        self._collecting.take()

    def _keep_incident(self, told: Message) -> None:
        asyncio.get_running_loop().run_in_executor(None, self._book.keep_or_tell, told)

    async def _leave_incident(self) -> None:
        """Write down an incident that goes on, as nobody will watch it any more."""
        if (incident := self._incidents.under_way) is not None:
            await asyncio.to_thread(self._book.keep_or_tell, self._incidents.as_seen(incident))

    def _warm_up(self) -> None:
        """Let the first call find everything loaded and compiled that the rules need."""
        compile_all(self.service.engine.plan.country_code)
        explain(self.service.engine, Facts(number="+16515550100"), self._clock())
        keep_what_is()

    def _route(self) -> Route | None:
        """Say over what a caller would be asked now; without its sounds, by the dialplan's own."""
        if self._ari.missing_sounds:
            return None
        return Route("ari", self._config.ari.app) if self._ari.is_up else Route("agi")

    def stop(self) -> None:
        """Ask a running agent to drain and return."""
        self._stop.set()

    def _accept(self, new: Config) -> None:
        self.fastagi.options = options_from(new.listen)  # refuses what the machine cannot give

    def _settle(self, new: Config) -> None:
        sizes = new.settings.tables
        self._memory.counters.resize(sizes.counters, 0)
        self._memory.callers.resize(sizes.callers, sizes.known)
        self._memory.calls.resize(sizes.calls, 0)
        self._memory.busied.resize(sizes.busied, 0)
        self._memory.crowds.prefixes.resize(sizes.prefixes, 0)
        if self._log_pipe is not None:
            self._log_pipe.set_level(new.log.level)
        keep_without_a_look()  # long lists among it

    def _explain(self, request: Message) -> Message:
        facts = facts_from(request.get("facts"))
        return explain(self.service.engine, facts, self._clock(), self._queues.complete)

    def _learn(self, request: Message) -> Message:
        records = request.get("records")
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise ScreenerError("learn: records must be a list of objects")
        self._state.touch()
        taken = take_history(self.service.engine, records)
        if self._front is not None:
            self._front.rescan()
        return {"taken": taken}

    async def _refresh(self, _request: Message) -> Message:
        """Take in what people decided since the last time; in force when this answers."""
        told = await self._reviewing.refresh()
        self._state.touch()
        return told

    async def _save(self, _request: Message) -> Message:
        """Keep what is remembered now, as a restart would find it: for who has taught much."""
        return {"saved": await self._state.save()}

    async def _forget(self, request: Message) -> Message:
        """Forget a caller at once: in memory, in the kept state and in what waits for the log."""
        identity = request.get("identity")
        if not isinstance(identity, str) or not identity:
            raise ScreenerError("forget: identity must be a caller's number")
        shared = await self._sharing.forget(identity, self.service.engine.forget(identity))
        if self._front is not None:
            self._front.forget(identity)
        queued = 0
        if self._decisions is not None:
            keys = load_keys(Path(self._config.storage.keys))
            queued = self._decisions.forget(pseudonym("number", identity, keys))
        return {"queued": queued, "saved": await self._state.save(), **shared}

    def _status(self, _request: Message) -> Message:
        return {
            "version": __version__,
            "ready": self._ready,
            "mode": self._config.settings.mode.value,
            "config": self._reloading.config_hash,
            "port": self.fastagi.port,
            "up_since": round(self._began_at, 3),
            "pressure": describe_pressure(
                self.service.engine, self._queues.complete(Load()), self._clock()
            ),
            "keys": len(self._memory.counters) + len(self._memory.callers),
            "lost_log_lines": self._log_pipe.lost if self._log_pipe else 0,
            "decision_log": self._decisions.snapshot() if self._decisions else None,
            "queue_feed": self._queues.snapshot(),
            "captchas": self._challenges.snapshot(),
            "ari": self._ari.snapshot(),
            "admission": describe_admission(self.service.engine),
            "front": self._front.snapshot() if self._front else {"state": "off"},
            "incident": self._incidents.snapshot(),
            "site": describe_site(self.service.engine, self._clock()),
            "sharing": self._sharing.snapshot(),
            **self._reviewing.snapshot(),
            **self._tally.snapshot(),
        }


def serve(config: Config, path: Path | None) -> None:
    """Run an agent in this process until a signal ends it; the `screener serve` command."""

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(of_loop)
        await Agent(config, path, SteadyClock()).run(log_pipe)

    sys.setswitchinterval(_SWITCH_S)
    collect_rarely()
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # told by none
    log_pipe = LogPipe(sys.stderr, config.log.level, config.log.format)
    try:
        with (
            telling_uncaught(),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(run())
    finally:
        log_pipe.close()
