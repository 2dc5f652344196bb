"""dramatiq on CloudEvents: the body of a message is the event, and the queue it came from is its actor.

Two brokers run the same consumers: RabbitMQ for production, an in-process one for the embedded default. Neither uses
dramatiq's retries, delays or dead letters, which can lose messages (docs/decisions/0002-messages-are-hints.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import dramatiq
import pika
import pika.exceptions
import structlog
from dramatiq.broker import Consumer as DramatiqConsumer
from dramatiq.broker import MessageProxy
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.encoder import Encoder

from shared.errors import Retryable
from shared.messaging.events import CONSUMERS, Event
from shared.observability.metrics import EVENTS_PUBLISHED
from shared.settings import MEMORY_URL

log = structlog.get_logger(__name__)

EXCHANGE = "fortnox"
DEAD_EXCHANGE = "fortnox.dead"
DEAD_QUEUE = "dead-letters"
BULK = ".bulk"
DELIVERY_LIMIT = 20  # a message that kills its worker this often goes to the dead letters
BLOCKED_S = 30.0  # an alarm of the broker is an outage: waiting for its end would hold a transaction open
AWAY = (pika.exceptions.AMQPError, OSError)  # OSError: its name is not known any more
LANES_OF = {"importer": ("", BULK), "scheduler": ("",), "exporter": ("",)}
QUEUES = tuple(service + lane for service, lanes in LANES_OF.items() for lane in lanes)


class DeliverAgain(Exception):
    """The message could not be recorded and is left unacknowledged: the broker delivers it again."""


class CloudEventEncoder(Encoder):
    """Leaves the body alone: whatever any program publishes reaches the consumer byte for byte."""

    def encode(self, data: dict[str, Any]) -> bytes:
        body: bytes = data["args"][0]
        return body

    def decode(self, data: bytes) -> dict[str, Any]:
        return {"queue_name": "", "actor_name": "", "args": (data,), "kwargs": {}, "options": {}}


class _FromQueue(DramatiqConsumer):
    """Tells each message the queue that it came from, and acknowledges only what was dealt with.

    Without its retries dramatiq acknowledges whatever the actor did, also when it raised: that would be a lost message.
    """

    def __init__(self, inner: DramatiqConsumer, queue_name: str) -> None:
        self._inner = inner
        self._queue_name = queue_name

    def __next__(self) -> MessageProxy | None:
        proxy = next(self._inner)
        if proxy is not None:
            proxy._message = proxy._message.copy(queue_name=self._queue_name, actor_name=self._queue_name)  # noqa: SLF001
            proxy.came_by = self  # type: ignore[attr-defined]
        return proxy

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge what was dealt with, send what raised to the dead letters, leave what is to come again.

        So is left what came by a connection that is gone: its number may be another message's on this one.
        """
        raised = message._exception  # noqa: SLF001
        if message.came_by is not self or isinstance(raised, DeliverAgain):
            return
        if raised is None:
            self._inner.ack(message)
        else:
            self._inner.nack(message)

    def nack(self, message: MessageProxy) -> None:
        self._inner.nack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._inner.requeue(messages)

    def close(self) -> None:
        """Close the connection, also when its channel is closed already: dramatiq would leave it open then."""
        try:
            self._inner.close()
        finally:
            connection = getattr(self._inner, "connection", None)
            if connection is not None and connection.is_open:
                with suppress(*AWAY):
                    connection.close()


class QuorumBroker(RabbitmqBroker):
    """RabbitMQ with quorum queues bound to the topic exchange, and without delay queues."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> DramatiqConsumer:
        return _FromQueue(super().consume(queue_name, prefetch, timeout), queue_name)

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.queues_pending.add(queue_name)
            self.emit_after("declare_queue", queue_name)
        if ensure:
            self._ensure_queue(queue_name)  # type: ignore[no-untyped-call]

    def _declare_queue(self, queue_name: str) -> Any:
        declare_exchanges(self.channel)
        return declare_queue(self.channel, queue_name)

    def _declare_dq_queue(self, queue_name: str) -> None:
        """Declare none: waits are rows in the outbox."""

    def _declare_xq_queue(self, queue_name: str) -> None:
        """Declare none: one queue of dead letters serves all (declare_exchanges)."""


class MemoryBroker(StubBroker):
    """Queues in this process; what a crash loses, the outbox knows (take_back_unfinished)."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> DramatiqConsumer:
        return _FromQueue(super().consume(queue_name, prefetch, timeout), queue_name)


def declare_exchanges(channel: Any) -> None:
    channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    channel.exchange_declare(DEAD_EXCHANGE, exchange_type="fanout", durable=True)
    channel.queue_declare(DEAD_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE)


def declare_queue(channel: Any, queue_name: str) -> Any:
    """Declare a consumer's queue and bind it to the names of its events.

    At-least-once dead-lettering needs a quorum queue that refuses new messages when it is full.
    """
    declared = channel.queue_declare(
        queue_name,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": DELIVERY_LIMIT,
        },
    )
    service, lane = queue_name.removesuffix(BULK), BULK if queue_name.endswith(BULK) else ""
    for name, consumer in CONSUMERS.items():
        if consumer == service:
            channel.queue_bind(queue_name, EXCHANGE, routing_key=name + lane)
            if not lane and BULK not in LANES_OF[service]:
                channel.queue_bind(queue_name, EXCHANGE, routing_key=name + BULK)
    return declared


def queue_of(event: Event) -> str | None:
    """Return the queue that the event is routed to, None when no service here consumes it."""
    service = CONSUMERS.get(event.name)
    if service is None:
        return None
    return service + (BULK if event.lane == "bulk" and BULK in LANES_OF[service] else "")


class Publisher(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Return when the broker has taken all of them; raises Retryable when it has not."""
        ...

    def close(self) -> None: ...


class RabbitPublisher:
    """Publishes with confirms, and as mandatory where one of our consumers must get the event.

    To publish nothing keeps the connection alive, and tells whether there is a broker.
    """

    def __init__(self, url: str) -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.blocked_connection_timeout = BLOCKED_S
        self._connection: pika.BlockingConnection | None = None
        self._channel: Any = None

    def publish(self, events: Sequence[Event]) -> None:
        try:
            channel = self._open_channel()
            for event in events:
                channel.basic_publish(
                    exchange=EXCHANGE,
                    routing_key=event.name + (BULK if event.lane == "bulk" else ""),
                    body=event.model_dump_json(exclude_none=True).encode(),
                    properties=pika.BasicProperties(
                        content_type="application/cloudevents+json", delivery_mode=2, message_id=event.id
                    ),
                    mandatory=event.name in CONSUMERS,
                )
                EVENTS_PUBLISHED.labels(event.name).inc()
        except AWAY as error:
            self.close()
            raise Retryable("broker-unavailable", f"the broker did not take the events: {error!r}") from error

    def _open_channel(self) -> Any:
        if self._connection is None or self._connection.is_closed:
            self._connection = pika.BlockingConnection(self._parameters)
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
            declare_exchanges(self._channel)
            for queue_name in QUEUES:
                declare_queue(self._channel, queue_name)
        else:
            self._connection.process_data_events()  # heartbeats, and the news of a connection that is gone
        return self._channel

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except pika.exceptions.AMQPError:
                log.info("broker_connection_was_gone")


class MemoryPublisher:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            queue = queue_of(event)
            if queue is not None:
                body = event.model_dump_json(exclude_none=True).encode()
                self._broker.enqueue(
                    dramatiq.Message(queue_name=queue, actor_name=queue, args=(body,), kwargs={}, options={})
                )
            EVENTS_PUBLISHED.labels(event.name).inc()

    def close(self) -> None:
        """Nothing is held."""


def new_broker(url: str) -> QuorumBroker | MemoryBroker:
    dramatiq.set_encoder(CloudEventEncoder())
    if url == MEMORY_URL:
        return MemoryBroker(middleware=[])
    return QuorumBroker(url=url, confirm_delivery=True, middleware=[])


def add_actor(broker: dramatiq.Broker, queue_name: str, receive: Callable[[bytes], None]) -> None:
    """Let `receive` deal with every message of the queue."""
    dramatiq.actor(actor_name=queue_name, queue_name=queue_name, broker=broker)(receive)
