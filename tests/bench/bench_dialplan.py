"""The dialplan of the benchmarks with a real Asterisk: ways to one refusal, 403 by `Hangup(21)`.

bench-plain    nothing else
bench-defence  what a dialplan does alone: a blacklist in AstDB, counts by groups, the queue's load
bench-bare     the sample's subroutine [screener] as it stands, with AGI() replaced by the one
               MSet that an agent would have sent
bench-NAME     the subroutine asking the agent of that name

The same with `-answer` behind it is answered in place of refused, and waits for the caller's end.
"""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.bench.floor_agent import COMMAND

_SECTION = re.compile(r"^\[screener\]\n(.*?)(?=^\[)", re.MULTILINE | re.DOTALL)
_ASK = re.compile(r"^( same => n(?:\([a-z]+\))?),AGI\(agi://.*$", re.MULTILINE)
_ENDS = {"": " same => n,Hangup(21)\n", "-answer": " same => n,Answer()\n same => n,Wait(10)\n"}
_ASKING = " same => n,Gosub({context},s,1)\n"
_ANSWERED = ' same => n,ExecIf($["${GOSUB_RETVAL}" = "error"]?Hangup(38))\n'
"""A call without a verdict meets another code."""

_DEFENCE = """
[bench-defence]
exten => s,1,GotoIf(${DB_EXISTS(blacklist/${CALLERID(num)})}?drop)
 same => n,Set(GROUP(bench-all)=up)
 same => n,Set(GROUP(bench-number)=${CALLERID(num)})
 same => n,GotoIf($[${GROUP_COUNT(up@bench-all)} > 20000]?drop)
 same => n,GotoIf($[${GROUP_COUNT(${CALLERID(num)}@bench-number)} > 3]?drop)
 same => n,GotoIf($[${QUEUE_WAITING_COUNT(operators)} > 20000]?drop)
 same => n,Set(SCREENER_VERDICT=admit)
 same => n,Set(SCREENER_REASON=dialplan)
 same => n,Set(SCREENER_PRIO=4)
 same => n,Return()
 same => n(drop),Set(SCREENER_VERDICT=drop)
 same => n,Return()
"""


def bench_dialplan(screener_conf: str, ports: Mapping[str, int]) -> str:
    """Return what stands behind the sample extensions.conf; `ports` are the agents' by name.

    Raises ValueError where the sample no longer looks as this module knows it.
    """
    text = "\n[from-trunk](+)\n"
    for end, lines in _ENDS.items():
        text += f"exten => bench-plain{end},1,NoOp()\n{lines}"
        for name in ("defence", "bare"):
            text += f"exten => bench-{name}{end},1,NoOp()\n"
            text += _ASKING.format(context=f"bench-{name}") + lines
        for name, port in ports.items():
            text += f"exten => bench-{name}{end},1,Set(SCREENER_AGENT=127.0.0.1:{port})\n"
            text += _ASKING.format(context="screener") + _ANSWERED + lines
    return f"{text}{_DEFENCE}\n[bench-bare]\n{_without_agent(screener_conf)}"


def fill_blacklist(folder: Path, entries: int = 10_000) -> None:
    """Put numbers that nobody calls from into an AstDB, before its Asterisk starts."""
    with closing(sqlite3.connect(folder / "lib/astdb.sqlite3")) as database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS astdb "
            "(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))"
        )
        rows = [(f"/blacklist/+4930{index:08}", "1") for index in range(entries)]
        database.executemany("INSERT OR REPLACE INTO astdb VALUES (?, ?)", rows)
        database.commit()


def _without_agent(screener_conf: str) -> str:
    section = _SECTION.search(screener_conf)
    if section is None:
        raise ValueError("screener.conf no longer has [screener]: fit the benchmark to the sample")
    assignments = COMMAND.decode().split('"')[1]
    text, asked = _ASK.subn(rf"\1,MSet({assignments})", section[1])
    if asked != 1:
        raise ValueError(f"[screener] asks the agent in {asked} places: fit the benchmark to it")
    return text
