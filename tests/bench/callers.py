"""Telephone numbers for the benchmarks: spoofers, each once, and callers who are known.

No two of these ever agree: the known have area codes that no spoofer shows.
"""

KNOWN_AREAS = (320, 321)
AREAS = (
    *(212, 218, 303, 312, 404, 415, 503, 507, 602, 612),
    *(617, 651, 702, 713, 763, 786, 818, 917, 952),
)
"""Area codes of spoofers whose number could be somebody's."""

_OTHERS = tuple(code for code in range(200, 1_000) if code not in (*AREAS, *KNOWN_AREAS))
_LINES = 8_000_000
_SCATTER = 2_654_435_761
"""Odd and no multiple of 5, so that it steps through all lines without repeating one."""


def spoofed(index: int) -> str:
    """Return the number of spoofer `index`: one in two from `AREAS`, the rest from anywhere else.

    Different for any two indices below 300,000,000.
    """
    place, plausible = divmod(index, 2)
    areas = AREAS if plausible else _OTHERS
    block, area = divmod(place, len(areas))
    return _number(areas[area], block)


def known(index: int) -> str:
    """Return the number of the known caller `index`, 0 to 15,999,999."""
    block, line = divmod(index, _LINES)
    return _number(KNOWN_AREAS[block], line)


def _number(area: int, index: int) -> str:
    return f"+1{area}{2_000_000 + index * _SCATTER % _LINES}"
