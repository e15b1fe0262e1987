"""Ports for servers that have to be told theirs."""

import contextlib
import itertools
import os
import random
import socket

# Below those that systems give out by themselves: a browser that asked for any would have taken ours by the time that
# its server binds it. Tests that run side by side have shares of their own.
SHARE = 3000
LOWEST = 20000 + SHARE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4)
FIRST = random.randrange(LOWEST, LOWEST + SHARE)
PORTS = itertools.cycle([*range(FIRST, LOWEST + SHARE), *range(LOWEST, FIRST)])


def free_port():
    """One that nobody listens on, and that no other call gets soon."""
    for port in PORTS:
        with socket.socket() as listener:
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return port
