"""PostgreSQL from installed binaries."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.servers import processes
from tests.servers.ports import free_ports
from tests.servers.server import ServerError, wait_until

PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
# A test that does not kill the server needs no disk: this is where most of its time would go.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def installed() -> Path | None:
    """The folder of the newest `initdb` and `postgres`."""
    found = [path for place in PLACES for path in Path("/").glob(place.lstrip("/")) if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: int(re.findall(r"\d+", str(path))[-1]))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class InstalledPostgres:
    """A cluster in a temporary folder; `durable` keeps what was committed through a kill of the whole machine."""

    def __init__(self, binaries: Path, *, durable: bool) -> None:
        self._binaries = binaries
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._folder = Path(tempfile.mkdtemp(prefix="test-postgres-"))
        self._log = self._folder / "server.log"
        self._user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        if self._process is not None:
            return
        data = self._folder / "data"
        if not data.exists():
            self._create(data)
        settings = [argument for name, value in self._settings.items() for argument in ("-c", f"{name}={value}")]
        self._process = processes.start(
            [self._binaries / "postgres", "-D", data, "-p", str(self._port), *settings],
            log=self._log,
            env=self._environment(),
            user=self._user,
        )
        wait_until(self._answers, what="PostgreSQL answers")

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, signal.SIGINT)  # "fast": ends the sessions, writes a checkpoint
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            processes.kill(self._process)
            self._process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _create(self, data: Path) -> None:
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        created = processes.start(
            [
                self._binaries / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
            log=self._log,
            env=self._environment(),
            user=self._user,
        )
        if created.wait(120) != 0:
            raise ServerError(f"initdb failed:\n{self._log.read_text()}")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._folder), "LC_ALL": "C"}

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise ServerError(f"PostgreSQL ended at once:\n{self._log.read_text()[-2000:]}")
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True
