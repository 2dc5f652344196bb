"""Everything in one process: SQLite, an in-process broker, and the sandbox where no Fortnox is named.

The same handlers, outbox and inbox as in production: what a kill takes from the in-process queues, the outbox gives
back at the next start.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import case, delete, literal, update

from fortnox_pipeline.processes import gateway_server
from fortnox_pipeline.wiring import Parts, build
from services.sandbox.grants import Client
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from shared.connections.keeper import Keeper
from shared.connections.tokens import AFTER_LOST_ANSWER
from shared.errors import Rejected
from shared.messaging.broker import QUEUES, MemoryBroker, MemoryPublisher, new_broker
from shared.messaging.outbox import take_back_unfinished
from shared.messaging.relay import Relay
from shared.messaging.worker import QueueWorker
from shared.settings import MEMORY_URL, Settings, load_settings
from shared.store.database import Store
from shared.store.migrate import upgrade
from shared.store.tables import Connection, Export, ExportLease, Import

log = structlog.get_logger(__name__)

START_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Running:
    """A pipeline that runs in this process."""

    parts: Parts
    url: str


def embedded_settings(port: int, sandbox_url: str | None, data_dir: Path | None = None) -> Settings:
    """Read the environment and fill in what the embedded default knows by itself.

    A `data_dir` of its own makes it stand alone: database and broker of the environment are left aside.
    """
    alone = {} if data_dir is None else {"data_dir": data_dir, "database_url": "", "broker_url": MEMORY_URL}
    settings = load_settings(http_port=port, **alone)
    if not settings.is_embedded:
        raise Rejected("settings-invalid", "BROKER_URL is set: start gateway, relay and workers as their own processes")
    url = f"http://{settings.http_host}:{port}"
    values = {
        "http_port": port,
        "fortnox_redirect_uri": settings.fortnox_redirect_uri or f"{url}/oauth/fortnox/callback",
    }
    if sandbox_url is not None:
        sandbox_client = Client()
        values |= {
            "fortnox_client_id": sandbox_client.id,
            "fortnox_client_secret": sandbox_client.secret,
            "fortnox_api_url": sandbox_url,
            "fortnox_auth_url": f"{sandbox_url}/oauth-v1",
        }
    return load_settings(**alone, **values)


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """Run gateway, relay and all consumers until the block ends."""
    parts = build(settings)
    upgrade(parts.store)
    forget_leases(parts.store, parts.clock.now())
    parts.access.journal.replay(parts.store)
    taken_back = take_back_unfinished(parts.store, parts.clock)
    log.info("pipeline_starts", unfinished_events=taken_back, **settings.printable())
    broker = new_broker(MEMORY_URL)
    if not isinstance(broker, MemoryBroker):
        raise TypeError("the embedded default runs on the in-process broker")
    consumers = {service: parts.consumer(service) for service in ("importer", "scheduler", "exporter")}
    receivers = {queue: consumers[queue.partition(".")[0]].receive for queue in QUEUES}
    worker = QueueWorker(broker, receivers, threads=settings.worker_threads)
    relay = Relay(parts.store, parts.clock, MemoryPublisher(broker))
    keeper = Keeper(parts.access)
    server = gateway_server(parts)
    threads = [
        threading.Thread(target=relay.run, name="relay"),
        threading.Thread(target=keeper.run, name="keeper"),
        threading.Thread(target=server.run, name="gateway"),
    ]
    worker.start()
    for thread in threads:
        thread.start()
    try:
        _wait_until(lambda: server.started, "the gateway did not start")
        yield Running(parts, f"http://{settings.http_host}:{settings.http_port}")
    finally:
        server.should_exit = True
        relay.stop()
        keeper.stop()
        for thread in threads:
            thread.join()
        worker.stop()
        parts.store.close()


@contextmanager
def sandbox_if_needed(settings: Settings, make_state: Callable[[], SandboxState]) -> Iterator[str | None]:
    """Run the stand-in for Fortnox unless the environment names a real client of Fortnox; give its address."""
    if settings.fortnox_client_id:
        yield None
        return
    with SandboxServer(make_state()) as server:
        yield server.url


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def forget_leases(store: Store, now: datetime) -> None:
    """End every lease: nobody else works on an embedded database, so they died with the process before.

    A renewal that was under way keeps a short one: Fortnox may still be at it, and two at once break the chain.
    """
    with store.write() as session:
        for table in (Import, Export):
            session.execute(update(table).values(lease_owner=None, lease_until=None))
        rest_until = case((Connection.pending_since.is_not(None), literal(now + AFTER_LOST_ANSWER)))
        session.execute(update(Connection).values(lease_owner=None, lease_until=rest_until))
        session.execute(delete(ExportLease))


def _wait_until(holds: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.02)
