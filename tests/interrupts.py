"""Programs that tests interrupt, also where the tests themselves were started in the background."""

import signal


def heed_interrupts() -> None:
    """Undo what a shell does to what it starts in the background: SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
