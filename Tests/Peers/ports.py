"""Ports for servers that have to be told theirs."""

import contextlib
import itertools
import os
import random
import socket

# Below those that systems give out by themselves: a browser that asked for any would have taken ours by the time that
# its server binds it.
LOWEST, HIGHEST = 12000, 32000


def ports_of_this_worker():
    """Workers run side by side, and a port that is only looked up is not yet taken: so each has its own."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (HIGHEST - LOWEST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return range(LOWEST + number * size, LOWEST + (number + 1) * size)


OWN = ports_of_this_worker()
# Another run on the same machine most likely begins elsewhere.
FIRST = random.choice(OWN)
PORTS = itertools.cycle([*range(FIRST, OWN.stop), *range(OWN.start, FIRST)])


def free_port():
    """One that nobody listens on, and that no other call gets soon."""
    for port in PORTS:
        with socket.socket() as listener:
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return port
