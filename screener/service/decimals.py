"""Numbers with two or three places, as formatting writes them, with less of the library.

For what every call tells: by compiled code a formatted number takes longer than to reckon it.
"""

from math import copysign

_MOST = 100_000.0
_SURELY_NEAREST = 0.49
_HUNDREDTHS = tuple(f".{part:02d}" for part in range(100))
THOUSANDTHS = tuple(f".{part:03d}" for part in range(1_000))
"""What stands behind a whole number."""


def two_places(value: float) -> str:
    """Return the value as `:.2f` writes it."""
    parts = abs(value) * 100.0
    if not parts < _MOST:
        return f"{value:.2f}"
    nearest = int(parts + 0.5)
    if abs(parts - nearest) > _SURELY_NEAREST:
        # So near the middle only the exact value tells which of the two it is.
        return f"{value:.2f}"
    sign = "-" if copysign(1.0, value) < 0.0 else ""
    return f"{sign}{nearest // 100}{_HUNDREDTHS[nearest % 100]}"


def three_places(value: float) -> str:
    """Return the value as `:.3f` writes it."""
    parts = abs(value) * 1_000.0
    if not parts < _MOST:
        return f"{value:.3f}"
    nearest = int(parts + 0.5)
    if abs(parts - nearest) > _SURELY_NEAREST:
        return f"{value:.3f}"
    sign = "-" if copysign(1.0, value) < 0.0 else ""
    return f"{sign}{nearest // 1_000}{THOUSANDTHS[nearest % 1_000]}"
