from dataclasses import replace

from screener.config.load import load_config
from screener.config.restart import needs_restart


def test_what_a_reload_cannot_change_is_named() -> None:
    old = load_config(None)
    listen = replace(old.listen, host="127.0.0.2", port=1, max_sessions=1)
    new = replace(
        old,
        listen=listen,
        control=replace(old.control, socket="/x"),
        log=replace(old.log, format="json", level="debug"),
        metrics=replace(old.metrics, host="127.0.0.1"),
        ami=replace(old.ami, host="127.0.0.1", every=2.0),
        storage=replace(old.storage, queue=100, keep_admitted=3_600.0),
    )
    assert needs_restart(old, old) == []
    assert needs_restart(old, new) == [
        "listen.host",
        "listen.port",
        "control.socket",
        "log.format",
        "ami.host",
        "ami.every",
        "metrics.host",
        "storage.keep_admitted",
        "storage.queue",
    ]
