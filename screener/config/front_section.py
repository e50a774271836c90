"""The sections of the configuration about too many calls: the cap, and a Kamailio in front.

`admission` takes its defaults from `core.settings`, `front` from `options`.
"""

from typing import Annotated

from screener.config.options import FrontOptions
from screener.config.sections import Section
from screener.config.times import Duration
from screener.config.values import Text, Whole
from screener.core.settings import AdmissionSettings

_ADMISSION = AdmissionSettings()
_FRONT = FrontOptions()

# 107 bytes are what a Unix socket's address holds on Linux (unix(7)).
_SOCKET = Text(107, 0, "(/[ -~]+)?", "an absolute path of at most 107 characters, empty = off")
_TABLE = Whole(100, 1_000_000)


class AdmissionSection(Section):
    """`admission`: how many calls a second are judged."""

    calls_per_second: Annotated[int, Whole(0, 100_000)] = _ADMISSION.calls_per_second


class FrontSection(Section):
    """`front`: a Kamailio before Asterisk that refuses what the agent would refuse anyway."""

    socket: Annotated[str, _SOCKET] = _FRONT.socket
    ttl: Annotated[float, Duration(10, 3_600)] = _FRONT.ttl
    blocks: Annotated[int, _TABLE] = _FRONT.blocks
    known: Annotated[int, _TABLE] = _FRONT.known
    writes_per_second: Annotated[int, Whole(10, 20_000)] = _FRONT.writes_per_second
    rows_per_minute: Annotated[int, Whole(0, 6_000)] = _FRONT.rows_per_minute
