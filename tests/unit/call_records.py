"""Lines as Asterisk's cdr_csv and app_queue write them; only what a test names differs."""

import csv
import io
from datetime import UTC, datetime

from screener.core.outcome import Event
from screener.core.past_call import PastLeg, Waiting, WaitStep

PERSON = "+16515550142"
START = 1_700_000_000
"""2023-11-14 22:13:20 UTC."""


def wall(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def cdr_fields(
    at: int = START, *, more: tuple[str, ...] | None = None, **changes: str
) -> list[str]:
    """Return the 16 columns of a call that an operator took, and then `more` (the unique id)."""
    plain = {
        "accountcode": "",
        "src": PERSON,
        "dst": "6515392200",
        "dcontext": "from-trunk",
        "clid": f'"Ann ""A"" Example" <{PERSON}>',
        "channel": "PJSIP/trunk-a-0000001a",
        "dstchannel": "PJSIP/201-0000001b",
        "lastapp": "Queue",
        "lastdata": "support,t",
        "start": wall(at),
        "answer": wall(at + 1),
        "end": wall(at + 100),
        "duration": "100",
        "billsec": "99",
        "disposition": "ANSWERED",
        "amaflags": "DOCUMENTATION",
    }
    return [*{**plain, **changes}.values(), *((f"{at}.7",) if more is None else more)]


def cdr_line(at: int = START, *, more: tuple[str, ...] | None = None, **changes: str) -> str:
    text = io.StringIO()
    quoted = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    quoted.writerow(cdr_fields(at, more=more, **changes))
    return text.getvalue()


def queue_lines(at: int = START, *, number: str = PERSON, talk: int | None = 42) -> str:
    """Return a whole call in a queue: served, or abandoned where there was no talk."""
    call = f"{at}.7|support"
    entered = f"{at + 2}|{call}|NONE|ENTERQUEUE||{number}|1\n"
    if talk is None:
        return f"{entered}{at + 30}|{call}|NONE|ABANDON|1|1|28\n"
    taken = f"{at + 30}|{call}|PJSIP/201|CONNECT|28|{at}.8|3\n"
    return f"{entered}{taken}{at + 30 + talk}|{call}|PJSIP/201|COMPLETECALLER|28|{talk}|1\n"


def a_leg(key: str = "1700000000.7", at: float = START, **changes: object) -> PastLeg:
    plain = PastLeg(
        *(key, at, PERSON, False, "6515392200", "trunk-a", key, ""),
        *(Event.ANSWERED, 99.0, at + 100),
    )
    return plain._replace(**changes)  # type: ignore[arg-type]  # the test names real fields


def a_wait(
    key: str = "1700000000.7",
    at: float = START,
    number: str | None = None,
    did: str = "",
    **changes: object,
) -> WaitStep:
    plain = Waiting(connected=False, served=False, gone=False, talk_s=0.0, ended_at=0.0)
    return WaitStep(key, at, plain._replace(**changes), number, did)  # type: ignore[arg-type]  # the same
