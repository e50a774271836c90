"""The site of the e2e tests with a real Kamailio before its Asterisk, and the agent between."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from screener.adapters.kamailio_link import KamailioLink
from screener.lab.ports import LOOPBACK
from screener.lab.sipp import SCENARIOS, Load, Sipp
from screener.protocol.kamailio_rpc import Request, Value, item_of, look
from tests.e2e.screened_site import ScreenedSite, until
from tests.servers.kamailio import Kamailio

FRONT = """\
front:
  socket: {socket}
  ttl: {ttl}
"""


def routed_caller(folder: Path) -> Path:
    """Write the lab's caller as one that heeds Record-Route, as every telephone does."""
    text = (SCENARIOS / "caller.xml").read_text()
    requests = "      [last_To:]\n      Call-ID: [call_id]\n"
    if text.count(requests) != 3:  # ACK and BYE of a call, and the ACK of a refusal
        raise ValueError("caller.xml has other requests within a call now")
    path = folder / "routed.xml"
    path.write_text(text.replace(requests, f"      [routes]\n{requests}", 2))
    return path


class Carrier(Sipp):
    """Callers of one carrier, which sends from an address of its own."""

    address = LOOPBACK

    def _words(self) -> list[str]:
        words = super()._words()
        words[words.index("-i") + 1] = self.address
        return words


@dataclass
class FrontedSite(ScreenedSite):
    """Calls come in by Kamailio, which hears of the agent."""

    kamailio: Kamailio | None = None
    ttl: str = "5m"
    more: str = ""
    """A line more of the section `front`."""
    _calls: int = 0

    @property
    def proxy(self) -> Kamailio:
        """The Kamailio in front."""
        assert self.kamailio is not None
        return self.kamailio

    def start_fronted(self, extra: str) -> None:
        """Start an agent that keeps this Kamailio, and wait until it does."""
        more = f"  {self.more}" if self.more else ""
        self.start_agent(extra + FRONT.format(socket=self.proxy.socket, ttl=self.ttl) + more)
        assert until(lambda: self.front()["state"] == "up")

    def front(self) -> dict[str, object]:
        """Return what the agent's status says of the front."""
        told = self.agent.ask({"op": "status"})["front"]
        assert isinstance(told, dict)
        return told

    def settled(self, blocks: int) -> bool:
        """Wait until so many blocks stand in Kamailio and nothing waits."""

        def is_so() -> bool:
            told = self.front()
            return (told["blocks"], told["waiting"]) == (blocks, 0)

        return until(is_so)

    def inward(
        self,
        mark: str,
        fields: Sequence[Sequence[str]],
        rate: float = 20.0,
        at_once: int = 1000,
        *,
        address: str = LOOPBACK,
    ) -> Sipp:
        """Start calls through Kamailio, one for each row, by the carrier that has that address."""
        self._calls += 1
        load = Load(len(fields), rate, fields, limit_s=60.0, mark=mark, at_once=at_once)
        folder = self.folder / f"in-{mark}-{self._calls}"
        folder.mkdir()
        scenario = str(routed_caller(folder))
        run = Carrier(self.root, folder, scenario, load, target=self.proxy.port)
        run.address = address
        self._runs.append(run)
        run.start()
        return run

    def command(self, *words: str) -> str:
        """Run a command of `screener` as an admin would, and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "screener", *words, "--config", str(self.agent.config)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def held(self, key: str, table: str = "screener_blocks") -> Value | None:
        """Return what stands under a key in Kamailio."""

        async def ask(request: Request) -> Value | None:
            with KamailioLink(str(self.proxy.socket)) as link:
                return item_of(await link.ask(request))

        return asyncio.run(ask(look(table, key)))
