"""The places of the newest calls in the log, by id: an outcome mostly comes soon after its call.

Calls that have their hints (`log_hints`) are found without this; those that have none yet would
have to be looked through, on the way of a call.
"""

from collections.abc import Iterable

BLOCK_BITS = 12
"""Calls of one block (seq / 4,096) are forgotten together."""
MOST_BLOCKS = 16
"""Blocks of calls that are remembered at most, some 200 bytes a call; usually two."""


class RecentIds:
    """Remembers every call above the place `since`."""

    def __init__(self, since: int, calls: Iterable[tuple[str, int]] = ()) -> None:
        """`calls` are ids and places of those above it that are there already."""
        self.since = since
        # In blocks: to take what is oldest out of one dict means to search for it.
        self._blocks: dict[int, dict[str, int]] = {}
        for call_id, seq in calls:
            self.add(call_id, seq)

    def add(self, call_id: str, seq: int) -> None:
        """Remember a call, the newest of all."""
        block = self._blocks.get(seq >> BLOCK_BITS)
        if block is None:
            block = self._blocks[seq >> BLOCK_BITS] = {}
            while len(self._blocks) > MOST_BLOCKS:
                self._forget(min(self._blocks))
        block[call_id] = seq

    def seq_of(self, call_id: str) -> int | None:
        """Return where the call was written last; None where it is not remembered."""
        newest = None
        for block in self._blocks.values():
            newest = block.get(call_id, newest)
        return newest

    def forget_up_to(self, seq: int) -> None:
        """Forget whole blocks of calls up to that place."""
        for block in list(self._blocks):
            if _last_of(block) <= seq:
                self._forget(block)

    def _forget(self, block: int) -> None:
        del self._blocks[block]
        self.since = max(self.since, _last_of(block))


def _last_of(block: int) -> int:
    return ((block + 1) << BLOCK_BITS) - 1
