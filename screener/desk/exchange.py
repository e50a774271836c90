"""One configuration file put in another's place, and the running agent with it, or neither.

What is about to be done is written into the audit and the old bytes are kept first; an agent that
refuses the new file leaves the old one in its place. Whether to exchange at all is settled before,
by `apply` and `rollback`.
"""

from dataclasses import dataclass
from pathlib import Path

from screener.adapters.control_client import SilentAgentError, ask
from screener.config.history import History, write_whole
from screener.config.load import Config
from screener.desk.noting import note
from screener.desk.site_folder import refuse_wrong_user
from screener.errors import MissingPartError, ScreenerError
from screener.storage.review_store import Act

RELOAD_S = 60.0
"""How long a reload may take, seconds: a list of a million numbers takes about twenty."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is to stand at `path`: `new` bytes, which mean `config`, in the place of `old` ones.

    `socket` is where the agent answers that runs with the file, who exchanges is `who`, when is
    `at` (seconds since 1970). The audit calls it `what`, and tells what the old bytes meant: `was`
    is the hash of that configuration, empty where it was refused.
    """

    path: Path
    old: bytes
    new: bytes
    config: Config
    socket: str
    what: str
    was: str
    who: str
    at: float


def exchange(what: Exchange) -> str:
    """Exchange the file and have the agent read it; return in words what is in force now.

    Raises ScreenerError where it cannot be done; then the old file stands there again.
    """
    try:
        return _exchange(what)
    except OSError as error:
        raise ScreenerError(f"{error.filename or what.path}: {error.strerror}") from error


def _exchange(what: Exchange) -> str:
    if what.path.read_bytes() != what.old:
        raise ScreenerError(f"{what.path} was changed just now by somebody else: nothing is done")
    # All where the new configuration says: there `rollback` looks, which only knows that one.
    folder = Path(what.config.storage.folder)
    refuse_wrong_user(folder, what.path, root_may=True)
    _note(what, what.what)
    history = History(folder)
    kept = history.keep(what.old, who=what.who, at=what.at, source=what.path)
    write_whole(what.path, what.new)
    try:
        told = _reload(what)
    except ScreenerError as error:
        write_whole(what.path, what.old)
        history.forget(kept)
        _note(what, f"{what.what}-refused")
        raise ScreenerError(f"{error}\nthe old file is back in its place") from None
    if told is None:
        return f"{what.path} is exchanged; no agent runs with it now"
    later = [f"{name} takes effect at the next start" for name in _words(told.get("next_start"))]
    return "\n".join([f"config {told['config']} is in force, was {told['was']}", *later])


def _note(what: Exchange, word: str) -> None:
    target = f"config {what.was or 'refused'} -> {what.config.settings.config_hash}"
    note(what.config, Act(what.who, word, what.at), target)


def _reload(what: Exchange) -> dict[str, object] | None:
    """Have the agent read the file; None where none runs. Raises ScreenerError."""
    if running(what.socket) is None:
        return None
    told = ask(what.socket, {"op": "reload"}, RELOAD_S)
    if told.get("config") != what.config.settings.config_hash:
        raise ScreenerError(f"the agent at {what.socket} runs with another file than {what.path}")
    return told


def _words(names: object) -> list[str]:
    return [str(name) for name in names] if isinstance(names, list) else []


def running(socket: str | Path) -> dict[str, object] | None:
    """Return what the agent tells of itself, or None where none runs.

    Raises ScreenerError, and SilentAgentError where one runs and does not answer.
    """
    try:
        return ask(socket, {"op": "status"})
    except SilentAgentError:
        raise
    except MissingPartError:
        return None
