"""The central log's tables: made, or brought to the present version, by whichever edge comes first.

An advisory lock lets several edges start at once; each script is run once, forward, whole or not
at all. A log that a newer program made is left alone.
"""

from importlib.resources import files

from screener.storage.central.driver import Connection, told_errors
from screener.storage.central.error import CentralError

MIGRATIONS = ("central_schema.sql",)
"""The scripts from nothing to version 1, from 1 to 2, and so on."""

SCHEMA_LOCK, ERASE_LOCK, PURGE_LOCK, EDGE_LOCKS = 7_401, 7_402, 7_403, 7_404
"""What stands for which advisory lock of the database; of the last each edge has its own."""


def prepare(connection: Connection) -> int:
    """Make or migrate the tables and return their version; raises CentralError."""
    with told_errors(), connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        version = _version(connection)
        if version < len(MIGRATIONS):
            _refuse_other_letters(connection)
            if not version:
                connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
            for script in MIGRATIONS[version:]:
                text = files("screener.storage.central").joinpath(script).read_text("utf-8")
                connection.execute(text.encode())
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version VALUES (%s)", (len(MIGRATIONS),))
    return len(MIGRATIONS)


def look(connection: Connection) -> None:
    """Refuse tables that this program does not know, changing nothing; raises CentralError."""
    with told_errors():
        version = _version(connection)
    if version < len(MIGRATIONS):
        raise CentralError(
            f"the central log has the version {version}, this program reads {len(MIGRATIONS)}: "
            "run `screener ship` of this version once"
        )


def _version(connection: Connection) -> int:
    found = connection.execute("SELECT to_regclass('schema_version')").fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    version = row[0] if row and isinstance(row[0], int) else 0
    if version > len(MIGRATIONS):
        raise CentralError(
            f"the central log has the version {version}, this program knows {len(MIGRATIONS)}: "
            "update it"
        )
    return version


def _refuse_other_letters(connection: Connection) -> None:
    row = connection.execute("SHOW server_encoding").fetchone()
    if row is None or row[0] != "UTF8":
        raise CentralError(
            "the database of the central log must be in UTF-8: createdb --encoding=UTF8 "
            "--template=template0"
        )
