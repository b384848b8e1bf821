"""What queueing theory says of the simplest fleet, exactly: the simulation is checked by it."""

from __future__ import annotations


def repairmen(workers: int, think: float, service: float) -> float:
    """Return the throughput of one server that takes one query at a time.

    The machine-repairman model M/M/1//N: thinking and service are exponential. Mean value analysis
    (Reiser and Lavenberg, "Mean-value analysis of closed multichain queuing networks", 1980, eq.
    2.1-2.3): a query that arrives finds the queue of a fleet with one worker less.

    Args:
        workers: N.
        think: Mean seconds of thinking.
        service: Mean seconds of a query.

    Returns:
        Queries a second.

    >>> round(repairmen(1, 2.0, 0.5), 3), round(repairmen(100, 2.0, 0.5), 3)
    (0.4, 2.0)
    """
    queue = throughput = 0.0
    for number in range(1, workers + 1):
        wait = service * (1 + queue)
        throughput = number / (think + wait)
        queue = throughput * wait
    return throughput
