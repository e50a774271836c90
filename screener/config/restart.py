"""Which differences between two configurations a running agent cannot take up by a reload."""

from dataclasses import fields

from screener.config.build import Config
from screener.config.options import SharingOptions

_FRONT = ("socket", "ttl", "blocks", "known", "writes_per_second", "rows_per_minute", "trunks")


def needs_restart(old: Config, new: Config) -> list[str]:
    """Name the keys that differ and that a reload cannot change."""
    pairs = {
        "listen.host": (old.listen.host, new.listen.host),
        "listen.port": (old.listen.port, new.listen.port),
        "control.socket": (old.control.socket, new.control.socket),
        "log.format": (old.log.format, new.log.format),
        **{
            f"ami.{name}": (getattr(old.ami, name), getattr(new.ami, name))
            for name in ("host", "port", "user", "secret_file", "queues", "every")
        },
        **{
            f"ari.{name}": (getattr(old.ari, name), getattr(new.ari, name))
            for name in ("url", "user", "secret_file", "app")
        },
        **{
            f"metrics.{name}": (getattr(old.metrics, name), getattr(new.metrics, name))
            for name in ("host", "port", "anywhere")
        },
        **{
            f"front.{name}": (getattr(old.front, name), getattr(new.front, name)) for name in _FRONT
        },
        **{
            f"storage.{name}": (getattr(old.storage, name), getattr(new.storage, name))
            for name in ("log", "folder", "keys", "keep_admitted", "keep_refused", "queue")
        },
        **{
            f"sharing.{one.name}": (getattr(old.sharing, one.name), getattr(new.sharing, one.name))
            for one in fields(SharingOptions)
        },
    }
    return [name for name, (before, after) in pairs.items() if before != after]
