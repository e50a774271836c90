"""The way to PostgreSQL: psycopg where it is installed, a connection with bounds, its errors told.

No message of ours quotes what the server said of a row, nor any part of a connection string but
the host. What is done over a connection is left to the other modules.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from screener.errors import MissingPartError
from screener.storage.central.error import CentralAwayError, CentralError

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ModuleNotFoundError as error:  # pragma: no cover - the tests have it
    raise MissingPartError(
        "the central log needs psycopg, which is not installed: pip install 'screener[postgresql]'"
    ) from error

Connection = psycopg.Connection[tuple[object, ...]]

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Seconds, and milliseconds for the last: a server that vanished is noticed within half a minute.

What the connection string says itself goes before.
"""
READ_TIMEOUT_MS = 30_000
"""After which a question is given up by the server."""

_ADVICE = "Is the server running"
"""Begins what libpq adds below the reason, which is the line above it."""

_OPEN_MODE = "disable"
_AWAY = ("08", "53", "57")
"""Classes of what the server says: no connection, no room for one, or it is being stopped."""


def connect(dsn: str, name: str, *, read_only: bool = False) -> Connection:
    """Open a connection in autocommit under an application name.

    Raises CentralError where there is none to be had, or only one that others could read.
    """
    try:
        told = conninfo_to_dict(dsn)
    except psycopg.Error:
        raise CentralError("ship.dsn is no connection string of libpq") from None
    told = {"application_name": name, **_DEFAULTS, **told}
    with told_errors():
        connection = psycopg.connect(make_conninfo("", **told), autocommit=True)
    try:
        _refuse_open_network(connection)
        with told_errors():
            _settle(connection, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn what psycopg raises into one line that quotes nothing of a row."""
    try:
        yield
    except psycopg.Error as error:
        kind = CentralAwayError if _is_away(error) else CentralError
        raise kind(f"the central log cannot be used: {words_for(error)}") from None


def words_for(error: psycopg.Error) -> str:
    """Return what happened, for a line of the log."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "that took too long; narrow it with --since"
    if error.sqlstate:
        name = type(error).__name__
        return f"{name} ({error.sqlstate})"
    # Without a state it is libpq's own word on the connection, which knows of no row.
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(_ADVICE)]
    return told[-1][:200] if told else type(error).__name__


def _is_away(error: psycopg.Error) -> bool:
    return error.sqlstate is None or (
        error.sqlstate.startswith(_AWAY) and not isinstance(error, psycopg.errors.QueryCanceled)
    )


def _settle(connection: Connection, *, read_only: bool) -> None:
    # Nothing here waits for long: what is locked by others is tried again later.
    connection.execute("SET lock_timeout = '20s'")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    if read_only:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute(f"SET statement_timeout = {READ_TIMEOUT_MS:d}")
    else:
        # A row may leave the edge's own log one day; what was committed must outlive a crash.
        connection.execute("SET synchronous_commit = on")


def _refuse_open_network(connection: Connection) -> None:
    info = connection.info
    if connection.pgconn.ssl_in_use or _is_here(info.hostaddr):
        return
    if info.get_parameters().get("sslmode") == _OPEN_MODE:
        return
    raise CentralError(
        f"the connection to {info.host} is not encrypted: put sslmode=verify-full into ship.dsn "
        "(or sslmode=disable, where that network is yours alone)"
    )


def _is_here(address: str) -> bool:
    """Say whether the peer is on this machine: no address, a socket's path, or loopback."""
    if not address or address.startswith(("/", "@")):
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
