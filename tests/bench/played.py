"""What a generator of FastAGI sessions says when it is done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Played:
    """One run: sessions begun and failed, its seconds, the generator's own CPU, latencies.

    A session lasts from its connect to the server's end of the connection, in microseconds; one
    has failed that was refused, broken off or not answered.
    """

    sessions: int
    failed: int
    seconds: float
    cpu_s: float
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float
