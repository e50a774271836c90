"""Fragments of a page that many watch: rendered once a tick for all, and only changes are sent.

A fragment is the content of the element whose id it has; `live.js` puts it there. What stands in
it is the page's business, how it is sent `sse`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from screener.web.sse import Viewer, Viewers, event

WHOLE_EVERY = 30
"""Ticks after which all fragments are sent again, for who lost some."""

PART = "part"
"""The type of an event with one fragment: its id on the first line, then its content."""

Render = Callable[[], Mapping[str, str]]


class Board:
    """What all viewers of a page with the same rights see; `render` makes its fragments."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._viewers = Viewers()
        self._sent: Mapping[str, str] = {}
        self._ticks = 0

    def __len__(self) -> int:
        """Return how many watch."""
        return len(self._viewers)

    @contextmanager
    def join(self) -> Iterator[tuple[Viewer, list[bytes]]]:
        """Watch while the context is open; also returned are the fragments as of now.

        Raises MissingPartError where too many watch.
        """
        with self._viewers.join() as viewer:
            if len(self._viewers) == 1:  # nobody watched: what was sent last is old
                self._sent = dict(self._render())
            yield viewer, [_part(name, content) for name, content in self._sent.items()]

    def tick(self) -> None:
        """Send what changed since the last tick; costs nothing while nobody watches."""
        if not self._viewers:
            return
        self._ticks += 1
        is_whole = self._ticks % WHOLE_EVERY == 0
        now = dict(self._render())
        changed = [
            _part(name, content)
            for name, content in now.items()
            if is_whole or self._sent.get(name) != content
        ]
        self._sent = now
        if changed:
            self._viewers.publish(b"".join(changed))

    def close(self) -> None:
        """End all streams."""
        self._viewers.close()


def _part(name: str, content: str) -> bytes:
    return event(f"{name}\n{content}", PART)
