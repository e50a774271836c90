"""Features of a logged call that a search can ask for, and the blocks of calls that hold them.

A block is 1,024 calls in the order of writing. Writing a feature once a block costs a writer
almost nothing and spares a search the blocks without it; whole searches are in `log_query`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

BLOCK_BITS = 10
HOUR_S = 3_600
LET_IN = "kept:let-in"
REFUSED = "kept:refused"
CALLER = "caller:"
"""What the feature of a masked caller begins with; see `caller_facet`."""
ANY_DIGIT = "_"
_TAIL = re.compile("[0-9]([0-9](?:;\u2022)?)$")


def block_of(seq: int) -> int:
    """Return the block that holds the call."""
    return seq >> BLOCK_BITS


def seqs_of(block: int) -> tuple[int, int]:
    """Return the first and the last seq of a block."""
    return block << BLOCK_BITS, ((block + 1) << BLOCK_BITS) - 1


def hour_facet(at: float) -> str:
    """Return the feature of the hour (UTC) that a moment, seconds since 1970, lies in.

    Its text sorts as the hours do.
    """
    return f"hour:{max(int(at), 0) // HOUR_S:09d}"


def outcome_facet(event: str) -> str:
    """Return the feature of a call that had this event."""
    return f"outcome:{event}"


@lru_cache(maxsize=1_024)
def caller_facet(masked: str) -> str:
    """Return the feature of a call whose caller is shown like this, but for its last digit but one.

    Ten features of one country are in nearly every block, so one row in a hundred writes one more;
    with both digits it was one row in ten (counted), and spared a search hardly a block.
    """
    return CALLER + _TAIL.sub(ANY_DIGIT + r"\1", masked)


def retention_facet(verdict: str, would: str) -> str:
    """Return the feature that says how long the call is kept: let in, or refused.

    A call that enforcing would have challenged or dropped counts as refused, although observe
    mode let it in: it is what a supervisor will be asked about.
    """
    return LET_IN if verdict == would == "admit" else REFUSED


def facets_of(
    at: float,
    verdict: str,
    would: str,
    reasons: str,
    *,
    did: str = "",
    trunk: str = "",
    caller: str = "",
) -> set[str]:
    """Return the features of a call; `reasons` is as the log keeps them, with commas.

    `caller` is the masked one; without it the call has no such feature.
    """
    found = {
        hour_facet(at),
        f"verdict:{verdict}",
        f"would:{would}",
        f"did:{did}",
        f"trunk:{trunk}",
        *(f"reason:{name}" for name in names_in(reasons)),
    }
    if caller:
        found.add(caller_facet(caller))
    return found


def names_in(reasons: str) -> Iterator[str]:
    """Yield the names of reasons that the log keeps as one text."""
    return (name for name in reasons.split(",") if name)
