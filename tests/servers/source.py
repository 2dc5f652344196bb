"""Which servers a test run gets, and from where (see the package's docstring for the order)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers import containers, debian, postgres, rabbitmq
from tests.servers.server import Broker, BrokerAddress, Server, ServerError, running

DATABASE_VARIABLE = "TEST_DATABASE_URL"
BROKER_VARIABLE = "TEST_BROKER_URL"
MANAGEMENT_VARIABLE = "TEST_BROKER_MANAGEMENT_URL"

INSTALLED: dict[str, Callable[[], Path | None]] = {  # by Debian package
    "postgresql": postgres.installed,
    "rabbitmq-server": rabbitmq.installed,
}


@dataclass(frozen=True)
class NamedBroker:
    """Of a server that this process did not start and must not end."""

    url: str
    management_url: str


@contextmanager
def shared_postgres(*, durable: bool = False) -> Iterator[str]:
    """Yields the URL of the run's PostgreSQL, starting it if none is named."""
    if named := os.environ.get(DATABASE_VARIABLE):
        yield named
        return
    with running(new_postgres(durable=durable)) as server:
        yield server.url


@contextmanager
def shared_rabbitmq() -> Iterator[BrokerAddress]:
    """Yields the addresses of the run's RabbitMQ, starting it if none is named."""
    if named := os.environ.get(BROKER_VARIABLE):
        yield NamedBroker(named, os.environ.get(MANAGEMENT_VARIABLE) or _usual_management_url(named))
        return
    with running(new_rabbitmq()) as server:
        yield server


def new_postgres(*, durable: bool) -> Server:
    """A server that nobody else uses, not started yet."""
    if containers.engine_answers():
        return containers.ContainerPostgres(durable=durable)
    return postgres.InstalledPostgres(_binaries("postgresql"), durable=durable)


def new_rabbitmq() -> Broker:
    """A server that nobody else uses, not started yet."""
    if containers.engine_answers():
        return containers.ContainerRabbitMQ()
    return rabbitmq.InstalledRabbitMQ(_binaries("rabbitmq-server"))


def _binaries(package: str) -> Path:
    if (found := INSTALLED[package]()) is not None:
        return found
    if debian.can_install():
        with debian.one_at_a_time():
            if missing := [name for name, installed in INSTALLED.items() if installed() is None]:
                debian.install(missing)
        if (found := INSTALLED[package]()) is not None:
            return found
    raise ServerError(
        f"The tests need a server that is not here: {package}. Start a Docker engine, or install it (Debian: "
        f"apt-get install {package}), or name running servers in {DATABASE_VARIABLE} and {BROKER_VARIABLE}."
    )


def _usual_management_url(broker_url: str) -> str:
    address = urlsplit(broker_url)
    login, at, _ = address.netloc.rpartition("@")
    return f"http://{login}{at}{address.hostname}:15672"
