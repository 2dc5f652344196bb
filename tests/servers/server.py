"""What every way of running a server has in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class ServerError(Exception):
    """A server cannot be had, or does not do what it was told; the message says what a person can do."""


class Server(Protocol):
    """A server of our own: while it is down it keeps its port and its data."""

    @property
    def url(self) -> str:
        """With credentials; PostgreSQL: the database `postgres`, RabbitMQ: the vhost `/`."""
        ...

    def start(self) -> None:
        """Returns when it answers; does nothing when it is up."""
        ...

    def stop(self) -> None:
        """In order, as at a restart of the machine."""
        ...

    def kill(self) -> None:
        """SIGKILL to all of it, as at a power cut."""
        ...

    def remove(self) -> None:
        """With its data."""
        ...


class BrokerAddress(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def management_url(self) -> str:
        """The management HTTP API, with credentials, without a slash at the end."""
        ...


class Broker(Server, BrokerAddress, Protocol):
    """A RabbitMQ server of our own."""

    def wait_until_on_disk(self, vhost_url: str, queue: str) -> None:
        """For tests that kill it: returns when a new quorum queue has reached the disk, some seconds after its birth.

        RabbitMQ answers a declaration, and confirms what is published to the queue, before the queue's name is in the
        registry on disk (seen with 3.10.8). A kill in between leaves a queue that exists and answers nothing.
        """
        ...


S = TypeVar("S", bound=Server)


@contextmanager
def running(server: S) -> Iterator[S]:
    """Starts a server, and removes it whatever happens."""
    try:
        server.start()
        yield server
    finally:
        server.remove()


def wait_until(condition: Callable[[], bool], *, what: str, within_s: float = 60.0) -> None:
    """Polls a condition outside this process, which nothing here can be signalled by."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise ServerError(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.05)
