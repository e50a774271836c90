"""The shared store that a configuration means."""

from collections.abc import Callable
from pathlib import Path

from screener.config.options import SharingOptions
from screener.errors import MissingPartError
from screener.ports import Clock, SharedStore
from screener.storage.shared_sqlite import SharedSqlite


def new_shared(
    options: SharingOptions, wall: Clock, read_secret: Callable[[Path], str]
) -> SharedStore | None:
    """Return the store, not connected yet, or None where nothing is shared.

    `wall` is for stores without a server, whose time would be its. `read_secret` reads a password
    file whenever a connection is made. Raises MissingPartError where the store's package is not
    installed; redis-py is imported only where it is used.
    """
    if options.store == "none":
        return None
    if options.store == "sqlite":
        return SharedSqlite(Path(options.file), wall)
    try:
        from screener.storage.redis_place import RedisPlace  # noqa: PLC0415 - an extra
        from screener.storage.shared_redis import SharedRedis  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingPartError(
            f"sharing.store is redis, and the Python package {error.name} is not there: "
            "install screener with its extra, as in pip install 'screener[redis]'"
        ) from error
    return SharedRedis(RedisPlace(options.redis, read_secret), prefix=options.redis.prefix)
