"""Every error the project raises on purpose, in one tree.

An error says what was refused, where (file:line:column, call id, peer) and what is allowed.
It leaves to the caller what to do about it: the daemon fails open, a command prints one line
and exits with the error's status.
"""

from dataclasses import dataclass


class ScreenerError(Exception):
    """Root of all of ours; `exit_status` is what a command that meets it returns."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a text something stands: a file name and, from 1, its line and column."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, the form editors jump to; a line of 0 means the whole file."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ConfigError(ScreenerError):
    """A configuration was refused whole; `problems` holds every (place, what is wrong) found."""

    exit_status = 3

    def __init__(self, problems: list[tuple[Place, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{place}: {text}" for place, text in self.problems))


class ProtocolError(ScreenerError):
    """A peer and we do not agree on what stands on the wire."""


class LocalProtocolError(ProtocolError):
    """We tried to send what the protocol forbids: a bug of ours, stopped before the wire."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what the grammar does not allow, or too much, or stopped in the middle."""


class UsageError(ScreenerError):
    """A value on the command line is none of those allowed; says which are."""

    exit_status = 2


class MissingPartError(ScreenerError):
    """Something this command needs is not on the machine or not running; says how to get it."""

    exit_status = 4


class CallerGoneError(ScreenerError):
    """The caller hung up while something was being done on its line."""


class LineLostError(ScreenerError):
    """The way to a caller's telephone is gone, through no doing of the caller."""


class SharedStoreError(ScreenerError):
    """What several edges share cannot be had now (down, late, refused): this edge goes on alone."""


class SharedRefusedError(SharedStoreError):
    """What was asked of the store is more than any takes; the store itself is well."""
