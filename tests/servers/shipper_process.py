"""`python -m tests.servers.shipper_process FOLDER NAME DSN`: a shipper at each line, to be killed.

Each is a process of its own, forked from one that has loaded all: the parts of `screener ship`, up
in a few milliseconds. Its id is told; the next line on standard input waits for its end.
"""

import os
import sys
import time
from pathlib import Path

from screener.storage.central.shipper import Edge, Shipper
from screener.storage.central.shipping import Shipping
from screener.storage.keys import load_keys
from screener.storage.retention import Retention

BATCH = 10


def ship(folder: Path, name: str, dsn: str) -> None:
    keys, log = load_keys(folder / "keys.json"), folder / "state/decisions.db"
    edge = Edge(name, log, keys, Retention(), BATCH)
    shipping = Shipping(Shipper(edge, dsn, time.monotonic), 0.1)
    while True:
        time.sleep(shipping.step())


def main() -> None:
    folder, name, dsn = sys.argv[1:]
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            ship(Path(folder), name, dsn)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
