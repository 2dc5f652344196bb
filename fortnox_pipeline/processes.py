"""The processes of production: gateway, relay and workers, each until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn

from fortnox_pipeline.wiring import Parts, publisher_for
from services.gateway.app import create_app
from services.gateway.deps import GatewayDeps
from shared.connections.keeper import Keeper
from shared.messaging.broker import BULK, new_broker
from shared.messaging.relay import Relay
from shared.messaging.worker import QueueWorker
from shared.observability.health import HealthServer, database_check

log = structlog.get_logger(__name__)


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """Give an event that SIGTERM or SIGINT sets; a second signal ends the process at once."""
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        log.info("stopping", signal=signal.Signals(number).name)
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def gateway_server(parts: Parts) -> uvicorn.Server:
    deps = GatewayDeps(
        store=parts.store,
        clock=parts.clock,
        vault=parts.vault,
        oauth=parts.oauth,
        access=parts.access,
        settings=parts.settings,
        checks={"database": database_check(parts.store)},
    )
    config = uvicorn.Config(
        create_app(deps),
        host=parts.settings.http_host,
        port=parts.settings.http_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=60,  # longer than a renewal of a token, which must not be abandoned
    )
    return uvicorn.Server(config)


def run_gateway(parts: Parts) -> None:
    log.info("gateway_starts", **parts.settings.printable())
    parts.access.journal.replay(parts.store)
    with stop_signal():  # uvicorn raises the signal once more when it has finished: that shall not look like a crash
        gateway_server(parts).run()


def run_worker(parts: Parts, service: str, lane: str) -> None:
    """Consume the service's queue of one lane."""
    queue = service + (BULK if lane == "bulk" else "")
    broker = new_broker(parts.settings.broker_url)
    consumer = parts.consumer(service)
    worker = QueueWorker(broker, {queue: consumer.receive}, threads=parts.settings.worker_threads)
    checks = {"database": database_check(parts.store), "queues": lambda: worker.is_consuming}
    health = HealthServer(checks, parts.settings.http_host, parts.settings.http_port)
    with stop_signal() as stop:
        log.info("worker_starts", queue=queue, **parts.settings.printable())
        parts.access.journal.replay(parts.store)
        worker.start()
        health.start()
        stop.wait()
        worker.stop()
        health.stop()
    log.info("worker_stopped", queue=queue)


def run_relay(parts: Parts) -> None:
    settings = parts.settings
    publisher = publisher_for(settings, new_broker(settings.broker_url))
    relay = Relay(parts.store, parts.clock, publisher, broker_url=settings.broker_url)
    keeper = Keeper(parts.access)
    checks = {
        "database": database_check(parts.store),
        "publishing": lambda: relay.is_healthy,
        "keeping": lambda: keeper.is_healthy,
    }
    health = HealthServer(checks, settings.http_host, settings.http_port)
    with stop_signal() as stop:
        log.info("relay_starts", **settings.printable())
        health.start()
        threads = [
            threading.Thread(target=relay.run, name="relay"),
            threading.Thread(target=keeper.run, name="keeper"),
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        relay.stop()
        keeper.stop()
        for thread in threads:
            thread.join()
        health.stop()
