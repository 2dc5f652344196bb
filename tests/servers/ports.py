"""Loopback ports that stay ours while a server is down."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

# Below the range from which the kernel takes the local ports of outgoing connections. In that range a client that
# tries again while the server is down can be given the server's own port, connect to itself, and keep it.
LOWEST, HIGHEST = 15_000, 29_999


def free_ports(count: int) -> list[int]:
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = LOWEST + secrets.randbelow(HIGHEST - LOWEST + 1)
            listener = held.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    return ports
