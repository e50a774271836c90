"""The section `ship` of the configuration: to which PostgreSQL the log is brought, and as whom.

A password never stands in it: libpq's own password and service files hold one where others cannot
read it. Connecting is left to `storage.central`.
"""

import re
from collections.abc import Iterator
from typing import Annotated

from screener.config.options import ShipOptions
from screener.config.sections import Finding, Section
from screener.config.times import Duration
from screener.config.values import Text, Whole

_SHIP = ShipOptions()

_DSN = Text(1_000, 0, "[ -~]*", "a connection string of ASCII characters, empty = off")
_EDGE = Text(
    60, 1, "[A-Za-z0-9_.-]+", "auto = the machine's, or 1 to 60 of A-Z, a-z, 0-9, _, - and ."
)
# `password=` of a keyword string or of a URL's query, and `//user:password@` of a URL.
_PASSWORD = re.compile(r"(?i)(^|[\s?&])(ssl)?password\s*=|//[^/@?]*:[^/@?]*@")


class ShipSection(Section):
    """`ship`: the central log."""

    dsn: Annotated[str, _DSN] = _SHIP.dsn
    edge: Annotated[str, _EDGE] = _SHIP.edge
    batch: Annotated[int, Whole(10, 5_000)] = _SHIP.batch
    pause: Annotated[float, Duration(0.1, 60)] = _SHIP.pause

    def check(self) -> Iterator[Finding]:
        """No password stands in a file that is shown, compared and kept."""
        if _PASSWORD.search(self.dsn):
            told = "holds a password; allowed: a passfile= or a service= that names a file"
            yield Finding(("dsn",), told)
