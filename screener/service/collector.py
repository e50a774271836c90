"""Python's collector of cyclic garbage, kept from holding up calls.

What the rules and a session leave behind is freed at once, without it: they make no cycles (a
test counts), and tables keep nothing that it looks at (`storage.packing`). So it looks at what is
new, a little at a time, and at everything only where two million objects have come to stay: then
something leaks, and a pause is the lesser evil.
"""

import gc

THRESHOLDS = (1_000, 3, 700)
"""New objects, of those that are still there, after which the newest are looked at, a
millisecond's work at most; how often that is before those that stayed are; and these before all.
"""


def collect_rarely() -> None:
    """Begin to collect so rarely."""
    gc.set_threshold(*THRESHOLDS)


def keep_what_is() -> None:
    """Collect once, and look at what is there now no more: it stays as long as the agent."""
    gc.collect()
    gc.freeze()


def keep_without_a_look() -> None:
    """Look at what is there now no more; takes no time."""
    gc.freeze()
