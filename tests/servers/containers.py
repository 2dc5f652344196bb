"""Servers in containers, where a Docker engine answers."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import Any

import psycopg

from tests.servers import management
from tests.servers.ports import free_ports
from tests.servers.postgres import FORGETFUL, SETTINGS
from tests.servers.rabbitmq import registered_name
from tests.servers.server import wait_until

POSTGRES_IMAGE = "postgres:17"
RABBITMQ_IMAGE = "rabbitmq:4-management"


@functools.cache
def engine_answers() -> bool:
    """Asked in a process of its own: the client leaves its sockets open when nobody answers."""
    ask = "import docker; docker.from_env(timeout=5).ping()"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0


class _Container:
    """A container with fixed ports on this machine, so that it comes back under the same address."""

    def __init__(self, image: str, ports: dict[int, int], environment: dict[str, str], **options: Any) -> None:
        from testcontainers.core.container import DockerContainer

        self._container = DockerContainer(image, **options)
        for inside, outside in ports.items():
            self._container.with_bind_ports(inside, outside)
        for name, value in environment.items():
            self._container.with_env(name, value)
        self._created = False

    def start(self) -> None:
        if not self._created:
            self._container.start()
            self._created = True
        else:
            self._container.get_wrapped_container().start()
        wait_until(self._answers, what=f"{type(self).__name__} answers", within_s=120)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        if self._created:
            self._container.stop()  # testcontainers' word for: end it and remove it with its volumes

    def _answers(self) -> bool:
        raise NotImplementedError


class ContainerPostgres(_Container):
    def __init__(self, *, durable: bool) -> None:
        (self._port,) = free_ports(1)
        settings = {"max_connections": SETTINGS["max_connections"]} | ({} if durable else FORGETFUL)
        super().__init__(
            POSTGRES_IMAGE,
            {5432: self._port},
            {"POSTGRES_HOST_AUTH_METHOD": "trust"},
            command=[argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")],
        )

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


class ContainerRabbitMQ(_Container):
    def __init__(self) -> None:
        self._amqp, self._management = free_ports(2)
        # The node is named after its host, and its data after the node.
        super().__init__(RABBITMQ_IMAGE, {5672: self._amqp, 15672: self._management}, {}, hostname="rabbitmq")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._amqp}/%2F"

    @property
    def management_url(self) -> str:
        return f"http://guest:guest@127.0.0.1:{self._management}"

    def wait_until_on_disk(self, vhost_url: str, queue: str) -> None:
        name = registered_name(vhost_url, queue)
        look = ["sh", "-c", f"grep -q {name} /var/lib/rabbitmq/mnesia/*/quorum/*/names.dets"]
        container = self._container.get_wrapped_container()
        wait_until(lambda: container.exec_run(look).exit_code == 0, what=f"the queue {queue} is on disk")

    def _answers(self) -> bool:
        return management.listens(self.management_url, 5672)
