"""Runs consumers on a broker's queues until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import dramatiq
import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.errors import Rejected
from shared.messaging.broker import AWAY, DeliverAgain, MemoryBroker, QuorumBroker, add_actor
from shared.store.database import is_away

log = structlog.get_logger(__name__)

DATABASE_PAUSE_S = 1.0
STOP_TIMEOUT_S = 120.0  # the longest slice of work, and what a deployment has to grant


class QueueWorker:
    """Consumes queues with a pool of threads; `receive` by queue name deals with each message."""

    def __init__(
        self,
        broker: QuorumBroker | MemoryBroker,
        receivers: Mapping[str, Callable[[bytes], None]],
        *,
        threads: int,
    ) -> None:
        self._broker = broker
        self._stopping = threading.Event()
        for queue_name, receive in receivers.items():
            add_actor(broker, queue_name, self._through_outages(receive))
        self._worker = dramatiq.Worker(broker, queues=set(receivers), worker_threads=threads, worker_timeout=200)
        # No message waits behind long work in here while another worker is idle, and a stop gives none back.
        self._worker.queue_prefetch = threads

    def start(self) -> None:
        """Declare the queues and begin.

        Raises Rejected "broker-refused" when the broker cannot be reached or has such a queue with other arguments: a
        worker that would look alive and consume nothing does not start.
        """
        if isinstance(self._broker, QuorumBroker):
            try:
                for queue_name in self._broker.get_declared_queues():
                    self._broker.declare_queue(queue_name, ensure=True)
                del self._broker.connection
            except (dramatiq.ConnectionClosed, *AWAY) as error:
                raise Rejected(
                    "broker-refused", f"the queues cannot be declared: {error.__cause__ or error!r}"
                ) from None
        self._worker.start()

    def stop(self) -> None:
        """Finish what is in hand, leave the rest to others."""
        self._stopping.set()
        self._worker.stop(timeout=int(STOP_TIMEOUT_S * 1000))
        self._broker.close()

    @property
    def is_consuming(self) -> bool:
        """Tell whether every queue has a consumer that is connected."""
        threads = list(self._worker.consumers.values())
        return bool(threads) and all(thread.is_alive() and _is_connected(thread.consumer) for thread in threads)

    def _through_outages(self, receive: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Hold the message while the database is away: without it nothing can be decided, waiting is back-pressure."""

        def receive_when_possible(body: bytes) -> None:
            while True:
                try:
                    return receive(body)
                except SQLAlchemyError as error:
                    if not is_away(error):
                        raise
                    log.warning("database_away", error=str(error.__cause__ or error))
                    if self._stopping.wait(DATABASE_PAUSE_S):
                        raise DeliverAgain from error

        return receive_when_possible


def _is_connected(consumer: object) -> bool:
    if consumer is None:
        return False
    connection = getattr(getattr(consumer, "_inner", None), "connection", None)
    return connection is None or bool(connection.is_open)
