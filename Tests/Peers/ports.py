"""Free ports, for servers that need a fixed port."""

import contextlib
import itertools
import os
import random
import socket

# Below the ephemeral ports of systems: otherwise a browser could take a port before the server binds it.
LOWEST, HIGHEST = 12000, 32000


def ports_of_this_worker():
    """A free port isn't reserved until a server binds it, so each parallel worker has its own range."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (HIGHEST - LOWEST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return range(LOWEST + number * size, LOWEST + (number + 1) * size)


OWN = ports_of_this_worker()
# Another run on the same machine most likely starts at another port.
FIRST = random.choice(OWN)
PORTS = itertools.cycle([*range(FIRST, OWN.stop), *range(OWN.start, FIRST)])


def free_port():
    """A port that nobody listens on and that no other call returns soon."""
    for port in PORTS:
        with socket.socket() as listener:
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return port
