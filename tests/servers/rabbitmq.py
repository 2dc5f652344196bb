"""RabbitMQ from installed binaries: a node with its own epmd, cookie and folders, apart from any that runs already."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers import management, processes
from tests.servers.ports import free_ports
from tests.servers.server import ServerError, wait_until

# The server's own script. The one that Debian puts on the PATH becomes the user `rabbitmq` and forgets our environment.
PLACES = (
    "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
)
CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
# Counts of queues are asked for while tests wait, so they must not be old.
collect_statistics_interval = 500
disk_free_limit.absolute = 50MB
# The memory of a developer's machine is mostly in use; an alarm would block the publishers of every test.
vm_memory_high_watermark.relative = 0.9
log.console = true
log.console.level = warning
log.file = false
"""


def installed() -> Path | None:
    """The folder of the newest server's own scripts, if `erl` is there too."""
    found = [path for place in PLACES for path in sorted(Path("/").glob(place.lstrip("/")))]
    return found[-1] if found and shutil.which("erl") else None


def registered_name(vhost_url: str, queue: str) -> str:
    """As a quorum queue is called in the node's registry, names.dets."""
    return f"{urlsplit(vhost_url).path.removeprefix('/')}_{queue}"


class InstalledRabbitMQ:
    def __init__(self, scripts: Path) -> None:
        self._scripts = scripts
        self._folder = Path(tempfile.mkdtemp(prefix="test-rabbitmq-"))
        self._amqp, self._management, self._distribution, self._epmd = free_ports(4)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._configure()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._amqp}/%2F"

    @property
    def management_url(self) -> str:
        return f"http://guest:guest@127.0.0.1:{self._management}"

    def start(self) -> None:
        if self._processes:
            return
        log = self._folder / "server.log"
        env = self._environment()
        # In the foreground and ours: the daemon that the node would start itself outlives the node.
        epmd = processes.start(["epmd", "-port", str(self._epmd), "-address", "127.0.0.1"], log=log, env=env)
        self._processes = [processes.start([self._scripts / "rabbitmq-server"], log=log, env=env), epmd]
        wait_until(self._answers, what="RabbitMQ answers", within_s=120)

    def stop(self) -> None:
        for process in self._processes:
            processes.stop(process, signal.SIGTERM)
        self._processes = []

    def kill(self) -> None:
        for process in self._processes:
            processes.kill(process)
        self._processes = []

    def wait_until_on_disk(self, vhost_url: str, queue: str) -> None:
        name = registered_name(vhost_url, queue)
        (registry,) = (self._folder / "data").glob("*/quorum/*/names.dets")
        wait_until(lambda: name.encode() in registry.read_bytes(), what=f"the queue {queue} is on disk")

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _configure(self) -> None:
        config = CONFIG.format(amqp=self._amqp, management=self._management)
        (self._folder / "rabbitmq.conf").write_text(config)
        (self._folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (self._folder / "rabbitmq-env.conf").write_text("")

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),  # where the Erlang cookie is made
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_NODENAME": f"test{self._amqp}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # The node itself is our process, not a shell around it: it gets the signals, and SIGTERM ends it in order.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Idle schedulers that spin take the processor from the tests.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none",
        }

    def _answers(self) -> bool:
        if any(process.poll() is not None for process in self._processes):
            raise ServerError(f"RabbitMQ ended at once:\n{(self._folder / 'server.log').read_text()[-2000:]}")
        return management.listens(self.management_url, self._amqp)
