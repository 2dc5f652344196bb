"""The pipeline as operations runs it: one process per service, started through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from shared.security.vault import new_keys_json
from tests.servers.ports import free_ports
from tests.waiting import wait_for

WORKERS = ("importer", "scheduler", "exporter")
COMMAND = (sys.executable, "-m", "fortnox_pipeline")


@dataclass
class Process:
    """A running command; its output is kept for the report of a failing test."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    port: int
    child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                [*COMMAND, *self.arguments], env=self.environment, stdout=output, stderr=output
            )

    def wait_ready(self) -> None:
        wait_for(self._is_ready, seconds=40, what=f"{self.name} to be ready, see {self.log.read_text()[-2000:]}")

    def _is_ready(self) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, f"{self.name} ended: {self.log.read_text()[-4000:]}"
        path = "/_control/clock" if self.name == "sandbox" else "/readyz"
        try:
            return httpx.get(self.url + path, timeout=5).is_success
        except httpx.TransportError:
            return False

    def send(self, number: signal.Signals) -> int:
        """Send the signal and return the exit code."""
        assert self.child is not None
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(timeout=60)


@dataclass
class Deployment:
    processes: dict[str, Process] = field(default_factory=dict)
    key: str = ""

    @property
    def gateway(self) -> str:
        return self.processes["gateway"].url

    @property
    def sandbox(self) -> str:
        return self.processes["sandbox"].url

    @contextmanager
    def api(self) -> Iterator[httpx.Client]:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=self.gateway, headers=headers, timeout=30) as client:
            yield client


@pytest.fixture
def deployment(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """Sandbox, gateway, relay and three workers on PostgreSQL and RabbitMQ."""
    sandbox_port, gateway_port, *ports = free_ports(2 + 1 + len(WORKERS))
    keys = tmp_path / "token-keys.json"
    keys.write_text(new_keys_json("test"))
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    environment |= {
        "DATABASE_URL": database_url,
        "BROKER_URL": broker_url,
        "TOKEN_KEYS_FILE": str(keys),
        "FORTNOX_CLIENT_ID": "sandbox-client",
        "FORTNOX_CLIENT_SECRET": "sandbox-secret",
        "FORTNOX_API_URL": f"http://127.0.0.1:{sandbox_port}",
        "FORTNOX_AUTH_URL": f"http://127.0.0.1:{sandbox_port}/oauth-v1",
        "FORTNOX_REDIRECT_URI": f"http://127.0.0.1:{gateway_port}/oauth/fortnox/callback",
        "LOG_FORMAT": "json",
    }
    made = Deployment()

    def add(name: str, arguments: tuple[str, ...], port: int | None = None) -> None:
        port = port or ports.pop()
        made.processes[name] = Process(
            name, arguments, environment | {"HTTP_PORT": str(port)}, tmp_path / f"{name}.log", port
        )

    add("sandbox", ("sandbox", "--port", str(sandbox_port), "--seed", "7", "--auto-approve"), sandbox_port)
    add("gateway", ("gateway",), gateway_port)
    add("relay", ("relay",))
    for service in WORKERS:
        add(service, ("worker", service))
    run = [*COMMAND, "keys", "create", "--firm", "Testbyrån AB", "--json"]
    subprocess.run([*COMMAND, "db", "upgrade"], env=environment, check=True, capture_output=True)
    created = subprocess.run(run, env=environment, check=True, capture_output=True)
    made.key = json.loads(created.stdout)["key"]
    with ExitStack() as stack:
        for process in made.processes.values():
            process.start()
            stack.callback(process.send, signal.SIGKILL)
        for process in made.processes.values():
            process.wait_ready()
        yield made
