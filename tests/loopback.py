"""Refuses sockets that leave this machine.

An audit hook, because it sees every socket that Python code opens, whatever library opened it and however it imported
the name, and replaces nothing. It does not see those that C libraries open: libpq connects where the test's URL says.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from urllib.parse import urlsplit

NAMED_SERVERS = ("TEST_BROKER_URL", "TEST_BROKER_MANAGEMENT_URL")
LOCAL_NAMES = {"", "localhost", "0.0.0.0"}  # noqa: S104 - a name that is looked up, not an address that is bound


class LeavesTheMachineError(Exception):
    """A test tried to reach another machine."""


def guard() -> None:
    """For the life of this process: an audit hook cannot be taken away."""
    allowed = LOCAL_NAMES | {host for name in NAMED_SERVERS for host in _names_of(os.environ.get(name))}

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect":
            _, address = arguments
            host = address[0] if isinstance(address, tuple) else ""  # a path: a Unix socket
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        else:
            return
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if name not in allowed and not _is_loopback(name):
            raise LeavesTheMachineError(f"a test may not reach {name}")

    sys.addaudithook(hook)


def _names_of(url: str | None) -> set[str]:
    """The host of a server that the environment names, and its addresses."""
    host = urlsplit(url).hostname if url else None
    if host is None:
        return set()
    return {host} | {str(found[4][0]) for found in socket.getaddrinfo(host, None)}


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
