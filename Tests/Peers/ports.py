"""Ports for servers that have to be told theirs."""

import contextlib
import itertools
import random
import socket

# Below those that systems give out by themselves: a browser that asked for any would have taken ours by the time that
# its server binds it.
FIRST = random.randrange(20000, 32000)
PORTS = itertools.cycle([*range(FIRST, 32000), *range(20000, FIRST)])


def free_port():
    """One that nobody listens on, and that no other call gets soon."""
    for port in PORTS:
        with socket.socket() as listener:
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return port
