"""Python's collector of cyclic garbage, kept from holding up calls.

What the rules and a session leave behind is freed at once, without it: they make no cycles (a
test counts), and tables keep next to nothing that it looks at (`storage.packing`). So it looks at
what is new, a little at a time, and at everything only where two million objects have come to
stay: then something leaks, and a pause is the lesser evil.

By itself it counts what comes less what goes. In plain Python the crowds of prefixes and the
caller ids that are kept read are objects that it knows, 28,000 where both are full, and for each
that comes one goes: by them alone it never came to its threshold, and when others brought it there
it met all of them as new ones (27,000, 18 ms; measured). Hence `Steps`, from time to time.
Compiled, they are nothing to it.
"""

import gc
from dataclasses import dataclass

THRESHOLDS = (1_000, 3, 700)
"""New objects, of those that are still there, after which the newest are looked at, a
millisecond's work at most; how often that is before those that stayed are; and these before all.
"""

FEW, MANY = 400, 3_000
"""New objects that a step looks at, and such as stayed since it last looked at those."""


def collect_rarely() -> None:
    """Begin to collect so rarely."""
    gc.set_threshold(*THRESHOLDS)


def keep_what_is() -> None:
    """Collect once, and look at what is there now no more: it stays as long as the agent."""
    gc.collect()
    gc.freeze()


@dataclass(slots=True)
class Steps:
    """Looks at what is new before it is much, however much went meanwhile."""

    stayed: int = 0

    def take(self) -> None:
        """Take a step, a millisecond's or two where there is anything to look at."""
        new = len(gc.get_objects(generation=0))
        if new < FEW:
            return
        self.stayed += new
        if self.stayed < MANY:
            gc.collect(0)
        else:
            self.stayed = 0
            # By itself it would come to that only where so many are new between two steps.
            gc.collect(2 if gc.get_count()[2] >= THRESHOLDS[2] else 1)


def keep_without_a_look() -> None:
    """Look at what is there now no more; takes no time."""
    gc.freeze()
