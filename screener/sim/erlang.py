"""Queues with known answers, to hold the simulator against: Erlang B, C and A.

Poisson arrivals, `servers` operators, exponential service. Load is in Erlang: calls a second times
seconds a call. B and C follow A. K. Erlang, 'Solution of some problems in the theory of
probabilities of significance in automatic telephone exchanges' (1917); A (M/M/n+M, exponential
patience) C. Palm, 'Research on telephone traffic carried by full availability groups' (1946), in
the words of Garnett, Mandelbaum and Reiman, 'Designing a call center with impatient customers'
(2002).
"""

import math
from dataclasses import dataclass

_NEGLIGIBLE = 1e-15
_LARGE = 1e200


@dataclass(frozen=True, slots=True)
class ErlangA:
    """What becomes of callers who lose patience: shares 0-1, `wait` is seconds of all callers."""

    delayed: float
    abandons: float
    wait: float


def erlang_b(servers: int, load: float) -> float:
    """Return the share of calls that find every server taken and are lost.

    The recursion B(n) = aB(n-1) / (n + aB(n-1)) never overflows. Raises ValueError for fewer
    than no servers or a load below 0.
    """
    if servers < 0 or load < 0:
        raise ValueError(f"no such system: {servers} servers, {load} Erlang")
    lost = 1.0
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Return the share of calls that have to wait where everybody does; 1 from full load on."""
    if load >= servers:
        return 1.0
    lost = erlang_b(servers, load)
    return lost / (1.0 - load / servers * (1.0 - lost))


def erlang_c_wait(servers: int, load: float, service: float) -> float:
    """Return the mean wait of all calls, seconds, of `service` seconds each; infinite if full."""
    if load >= servers:
        return math.inf
    return erlang_c(servers, load) * service / (servers - load)


def erlang_a(servers: int, load: float, service: float, patience: float) -> ErlangA:
    """Return Erlang A for `service` and `patience` in mean seconds.

    The states past the last server are added up until they weigh nothing. Raises ValueError
    unless load, service and patience are above 0 and there is a server.
    """
    if servers < 1 or min(load, service, patience) <= 0:
        raise ValueError(f"no such system: {servers} servers, {load} Erlang, patience {patience}")
    arriving, serving, leaving = load / service, 1.0 / service, 1.0 / patience
    # Relative to the state in which all servers are taken and nobody waits. The states up to it
    # add up to 1/B, by the definition of B.
    below = 1.0 / erlang_b(servers, load) - 1.0
    weight, waiting, queued, all_waiting = 1.0, 0, 0.0, 1.0
    swells_to = (arriving - servers * serving) / leaving
    while weight > _NEGLIGIBLE * all_waiting or waiting < swells_to:
        waiting += 1
        weight *= arriving / (servers * serving + waiting * leaving)
        all_waiting += weight
        queued += waiting * weight
        if weight > _LARGE:
            below, weight, queued, all_waiting = (
                part / _LARGE for part in (below, weight, queued, all_waiting)
            )
    total = below + all_waiting
    length = queued / total
    return ErlangA(all_waiting / total, length * leaving / arriving, length / arriving)
