"""Retention in the central log: each edge's calls for as long as that edge keeps them.

Any edge forgets for all, so that what one brought is forgotten also when it is no more; one at a
time, in steps, by the server's clock, so that no edge whose clock is wrong deletes others' calls.
"""

from screener.storage.central.driver import Connection, told_errors
from screener.storage.central.erased import DELETE
from screener.storage.central.schema import ERASE_LOCK, PURGE_LOCK

STEP = 2_000
"""Calls deleted in one transaction: writers wait for one, some 50 ms."""

_DAY_S = 86_400.0
# As `retention.Retention` says: imported calls are kept like refused ones, from their import on.
# What is younger than any edge keeps is not looked at, which the index on time does.
_OVER = """
seq IN (
    SELECT calls.seq FROM calls JOIN edges USING (edge)
    WHERE at < extract(epoch FROM now()) -
        (SELECT min(least(keep_admitted, keep_refused)) FROM edges)
    AND CASE
        WHEN imported_at IS NOT NULL THEN imported_at + keep_refused
        WHEN verdict = 'admit' AND would = 'admit' THEN at + keep_admitted
        ELSE at + keep_refused
    END < extract(epoch FROM now())
    ORDER BY at LIMIT %s
)
"""
_FORGET_ERASED = """
DELETE FROM erased WHERE at < extract(epoch FROM now()) - %s -
    (SELECT coalesce(max(keep_refused), 0.0) FROM edges)
"""


def forget_old(connection: Connection, step: int = STEP) -> int:
    """Delete what is over its time; return how many calls. Raises CentralError."""
    gone = 0
    with told_errors():
        while True:
            with connection.transaction():
                taken = connection.execute(
                    "SELECT pg_try_advisory_xact_lock(%s)", (PURGE_LOCK,)
                ).fetchone()
                if taken is None or not taken[0]:
                    return gone
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (ERASE_LOCK,))
                row = connection.execute(DELETE.format(which=_OVER), (step,)).fetchone()
                done = int(str(row[0])) if row else 0
                if done < step:
                    connection.execute(_FORGET_ERASED, (_DAY_S,))
            gone += done
            if done < step:
                return gone
