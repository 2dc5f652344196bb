"""The pipeline as operations runs it: one process per service, started through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx

from shared.security.vault import new_keys_json
from tests.servers.ports import free_ports
from tests.waiting import wait_for

COMMAND = (sys.executable, "-m", "fortnox_pipeline")
PARTS = ("gateway", "relay", "importer", "scheduler", "exporter")
INHERITED = {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}


@dataclass
class Process:
    """A command; its output is kept in `log` for the report of a failing test."""

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    log: Path
    port: int
    child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                [*COMMAND, *self.arguments], env=self.environment, stdout=output, stderr=output
            )

    def wait_ready(self) -> None:
        wait_for(self._is_ready, seconds=60, what=f"{self.name} to be ready")

    def send(self, number: signal.Signals) -> int:
        """Send the signal and return the exit code."""
        if self.child is None:
            raise AssertionError(f"{self.name} was never started")
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(timeout=60)

    def _is_ready(self) -> bool:
        if not self.is_running:
            raise AssertionError(f"{self.name} ended: {self.log.read_text()[-4000:]}")
        path = "/_control/clock" if self.name == "sandbox" else "/readyz"
        try:
            return httpx.get(self.url + path, timeout=5).is_success
        except httpx.TransportError:
            return False


@dataclass
class Deployment:
    """Processes by name, the address of each, and a firm's key."""

    processes: dict[str, Process] = field(default_factory=dict)
    key: str = ""

    def url(self, name: str) -> str:
        return self.processes[name].url

    def restart_ended(self) -> None:
        """Start again what has ended by itself, as the supervisor of a deployment does."""
        for process in self.processes.values():
            if not process.is_running:
                process.start()

    def api(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url("gateway"), headers=headers, timeout=30)


@contextmanager
def deployed(
    database_url: str,
    broker_url: str,
    folder: Path,
    *,
    parts: Sequence[str] = PARTS,
    sandbox: Sequence[str] = (),
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Deployment]:
    """Run the parts, and the sandbox with these options, until the block ends; then kill what is left of them.

    With `settings` that name a Fortnox of the test's own there is no sandbox process.
    """
    names = [*parts] if "FORTNOX_API_URL" in settings else ["sandbox", *parts]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    environment = _environment(database_url, broker_url, folder, ports) | dict(settings)
    deployment = Deployment()
    for name in names:
        log = folder / f"{name}.log"
        own = environment | {"HTTP_PORT": str(ports[name])}
        deployment.processes[name] = Process(name, _arguments(name, ports[name], sandbox), own, log, ports[name])
    _run(environment, "db", "upgrade")
    created = _run(environment, "keys", "create", "--firm", "Testbyrån AB", "--json")
    deployment.key = json.loads(created)["key"]
    with ExitStack() as stack:
        for process in deployment.processes.values():
            process.start()
            stack.callback(process.send, signal.SIGKILL)
        for process in deployment.processes.values():
            process.wait_ready()
        yield deployment


@contextmanager
def embedded(folder: Path, *, settings: Mapping[str, str]) -> Iterator[Deployment]:
    """Run everything in one process, with `settings` that name a Fortnox of the test's own, until the block ends."""
    (port,) = free_ports(1)
    environment = _inherited() | {
        "DATA_DIR": str(folder / "data"),
        "FORTNOX_CLIENT_ID": "sandbox-client",
        "FORTNOX_CLIENT_SECRET": "sandbox-secret",
        "LOG_FORMAT": "json",
        **settings,
    }
    process = Process("up", ("up", "--port", str(port)), environment, folder / "up.log", port)
    process.start()
    try:
        process.wait_ready()
        created = _run(environment, "keys", "create", "--firm", "Testbyrån AB", "--json")
        yield Deployment({"gateway": process}, json.loads(created)["key"])
    finally:
        process.send(signal.SIGKILL)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in INHERITED}


def _environment(database_url: str, broker_url: str, folder: Path, ports: dict[str, int]) -> dict[str, str]:
    keys = folder / "token-keys.json"
    keys.write_text(new_keys_json("test"))
    sandbox, gateway = f"http://127.0.0.1:{ports.get('sandbox')}", f"http://127.0.0.1:{ports['gateway']}"
    return _inherited() | {
        "DATABASE_URL": database_url,
        "BROKER_URL": broker_url,
        "TOKEN_KEYS_FILE": str(keys),
        "FORTNOX_CLIENT_ID": "sandbox-client",
        "FORTNOX_CLIENT_SECRET": "sandbox-secret",
        "FORTNOX_API_URL": sandbox,
        "FORTNOX_AUTH_URL": f"{sandbox}/oauth-v1",
        "FORTNOX_REDIRECT_URI": f"{gateway}/oauth/fortnox/callback",
        "LOG_FORMAT": "json",
    }


def _arguments(name: str, port: int, sandbox: Sequence[str]) -> Sequence[str]:
    if name == "sandbox":
        return ("sandbox", "--port", str(port), "--auto-approve", *sandbox)
    return (name,) if name in {"gateway", "relay"} else ("worker", name)


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)} failed: {done.stdout}{done.stderr}")
    return done.stdout
