"""The dialplan of the delay benchmark: five ways to the same refusal, 403 by `Hangup(21)`.

bench-plain  nothing else
bench-bare   the sample's subroutine [screener] as it stands, with AGI() replaced by the one
             MSet that the agent would have sent
bench-floor  the subroutine asking the floor agent
bench-quiet  the subroutine asking our agent with `log.level: warning`
bench-agent  the subroutine asking our agent as it is
"""

import re
from collections.abc import Mapping

from tests.bench.floor_agent import COMMAND

ASKED = ("floor", "quiet", "agent")
"""The ways that ask somebody."""

CASES = ("plain", "bare", *ASKED)

_SECTION = re.compile(r"^\[screener\]\n(.*?)(?=^\[)", re.MULTILINE | re.DOTALL)
_ASK = re.compile(r"^( same => n(?:\([a-z]+\))?),AGI\(agi://.*$", re.MULTILINE)
_ENTRY = """\
exten => bench-{name},1,Set(SCREENER_AGENT=127.0.0.1:{port})
 same => n,Gosub({context},s,1)
 same => n,Hangup(21)
"""


def bench_dialplan(screener_conf: str, ports: Mapping[str, int]) -> str:
    """Return what stands behind the sample extensions.conf; `ports` are the agents' by case.

    Raises ValueError where the sample no longer looks as this module knows it.
    """
    text = "\n[from-trunk](+)\nexten => bench-plain,1,Hangup(21)\n"
    text += _ENTRY.format(name="bare", port=ports["agent"], context="bench-bare")
    for name in ASKED:
        text += _ENTRY.format(name=name, port=ports[name], context="screener")
    return f"{text}\n[bench-bare]\n{_without_agent(screener_conf)}"


def _without_agent(screener_conf: str) -> str:
    section = _SECTION.search(screener_conf)
    if section is None:
        raise ValueError("screener.conf no longer has [screener]: fit the benchmark to the sample")
    assignments = COMMAND.decode().split('"')[1]
    text, asked = _ASK.subn(rf"\1,MSet({assignments})", section[1])
    if asked != 1:
        raise ValueError(f"[screener] asks the agent in {asked} places: fit the benchmark to it")
    return text
