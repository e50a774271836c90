"""`python -m tests.servers.shipper_process FOLDER NAME DSN`: ships in small batches until killed.

The same parts as `screener ship`, up in half the time; says `up` after the first round.
"""

import sys
import time
from pathlib import Path

from screener.storage.central.shipper import Edge, Shipper
from screener.storage.central.shipping import Shipping
from screener.storage.keys import load_keys
from screener.storage.retention import Retention

BATCH = 10


def main() -> None:
    folder, name, dsn = sys.argv[1:]
    edge = Edge(
        name,
        Path(folder) / "state/decisions.db",
        load_keys(Path(folder) / "keys.json"),
        Retention(),
        BATCH,
    )
    shipping = Shipping(Shipper(edge, dsn, time.monotonic), 0.1)
    shipping.step()
    sys.stdout.write("up\n")
    sys.stdout.flush()
    while True:
        time.sleep(shipping.step())


if __name__ == "__main__":
    main()
