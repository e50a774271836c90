"""An Asterisk that asks the agents a test names, and calls into it that need no telephone."""

import itertools
import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass

from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK, free_ports
from tests.e2e.asterisk_log import logged
from tests.e2e.scripted_agent import Act, ScriptedAgent

SITE = """
[several]
exten => _[a-z]!,1,Set(SCREENER_AGENT=${FILE(${ASTETCDIR}/${EXTEN}.agents,0,200)})
 same => n,Set(SCREENER_SPREAD=${FILE(${ASTETCDIR}/${EXTEN}.spread,0,20)})
 same => n,Set(CALLERID(num)=${FILE(${ASTETCDIR}/${EXTEN}.caller,0,60)})
 same => n,Set(TIMEOUT(absolute)=${SITE_LIMIT})
 same => n,Set(began=${STRFTIME(,,%s%3q)})
 same => n,Gosub(screener,s,1(${EXTEN}))
 same => n,Set(took=$[${STRFTIME(,,%s%3q)} - ${began}])
 same => n,Set(left=${TIMEOUT(absolute)})
 same => n,Set(said=got ${GOSUB_RETVAL} by [${SCREENER_BY}] ms ${took} left ${left}.)
 same => n,Verbose(1,several ${EXTEN} ${said})
 same => n,Set(began=${STRFTIME(,,%s%3q)})
 same => n,GotoIf($["${GOSUB_RETVAL}" = "challenge"]?captcha)
 same => n,Gosub(screener-outcome,s,1(abandoned))
 same => n,Set(took=$[${STRFTIME(,,%s%3q)} - ${began}])
 same => n,Verbose(1,several ${EXTEN} told ms ${took} left ${TIMEOUT(absolute)}.)
 same => n,Hangup()
 same => n(captcha),Gosub(screener-captcha,s,1)
 same => n,Set(took=$[${STRFTIME(,,%s%3q)} - ${began}])
 same => n,Verbose(1,several ${EXTEN} captcha ${GOSUB_RETVAL} ms ${took}.)
 same => n,Hangup()
"""
"""Asks about a call, tells how it ended or asks its caller, and says what came of it."""

PERSON = "+15551230101"


@dataclass(frozen=True)
class Told:
    """What the dialplan says of one call: milliseconds, and the seconds left of a site's limit."""

    verdict: str
    by: str
    ms: int
    left: float


@dataclass
class Switch:
    """One Asterisk, and the agents of one test."""

    asterisk: Asterisk
    started: ExitStack
    _names = (f"call{''.join(two)}" for two in itertools.product("abcdefghijklmnop", repeat=2))

    def agent(self, usual: Act | None = None) -> ScriptedAgent:
        """Start an agent that does the same about every call; without an act it admits."""
        (port,) = free_ports(1)
        return self.started.enter_context(ScriptedAgent(port, usual))

    def nobody(self) -> str:
        """Return an address at which nobody listens."""
        return f"{LOOPBACK}:{free_ports(1)[0]}"

    def mute(self) -> str:
        """Return an address that neither takes a connection nor refuses it."""
        full = self.started.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        for _ in range(2):
            waiting = self.started.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        return f"{LOOPBACK}:{full.getsockname()[1]}"

    def dial(self, *agents: ScriptedAgent | str, spread: str = "no", caller: str = PERSON) -> str:
        """Begin a call whose dialplan asks these agents; return its name."""
        name = next(self._names)
        listed = "&".join(map(address, agents))
        for kind, text in (("agents", listed), ("spread", spread), ("caller", caller)):
            (self.asterisk.folder / f"etc/{name}.{kind}").write_text(text)
        self.asterisk.rx(f"channel originate Local/{name}@several/n application Wait 20")
        return name

    def result(self, name: str) -> Told:
        """Wait for what became of the question about a call."""
        pattern = rf"several {name} got (\w*) by \[(\S*)\] ms (\d+) left ([\d.]+)\.\n"
        found = logged(self.asterisk, pattern)
        return Told(found[1], found[2], int(found[3]), float(found[4]))

    def call(self, *agents: ScriptedAgent | str, spread: str = "no", caller: str = PERSON) -> Told:
        """Place a call and wait for its verdict."""
        return self.result(self.dial(*agents, spread=spread, caller=caller))

    def outcome_ms(self, name: str) -> int:
        """Wait until the outcome of a call is told; return how long that took."""
        return int(logged(self.asterisk, rf"several {name} told ms (\d+)")[1])

    def captcha(self, name: str) -> tuple[str, int]:
        """Wait until a captcha is over; return what it came to, and the milliseconds it took."""
        found = logged(self.asterisk, rf"several {name} captcha (\w+) ms (\d+)")
        return found[1], int(found[2])

    def set(self, name: str, value: object) -> None:
        """Set a global of the dialplan."""
        self.asterisk.rx(f"dialplan set global {name} {value}")

    def away_until(self, agent: ScriptedAgent | str) -> int:
        """Return until when an agent is not asked first, seconds since 1970; 0: it may be."""
        pattern = rf"{mark(agent)}=(\d+)"
        found = re.search(pattern, self.asterisk.rx("dialplan show globals"))
        return int(found[1]) if found else 0


def address(agent: ScriptedAgent | str) -> str:
    """Return how the dialplan names an agent."""
    return agent if isinstance(agent, str) else f"{LOOPBACK}:{agent.port}"


def mark(agent: ScriptedAgent | str) -> str:
    """Return the global that says until when an agent is not asked first."""
    return "SCREENER_DOWN_" + re.sub(r"[.:-]", "_", address(agent))
