"""Consumers, relay and broker of either kind, around handlers that tests write."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pika
import pytest
from sqlalchemy import select

from shared.clock import SystemClock
from shared.messaging.broker import (
    EXCHANGE,
    MemoryBroker,
    MemoryPublisher,
    RabbitPublisher,
    new_broker,
)
from shared.messaging.consumer import Consumer, Route
from shared.messaging.events import Event, Payload, new_event
from shared.messaging.outbox import emit
from shared.messaging.relay import Relay
from shared.messaging.worker import QueueWorker
from shared.settings import MEMORY_URL
from shared.store.database import Store
from shared.store.engagements import Client, Engagement
from shared.store.firms import Firm
from shared.store.messages import DeadLetter
from shared.store.migrate import upgrade


@dataclass
class Bus:
    """A store, a broker and a relay; `consume` adds a worker."""

    store: Store
    clock: SystemClock
    broker: object
    url: str
    relay: Relay
    engagement_id: UUID
    firm_id: UUID
    worker: QueueWorker | None = None

    def consume(self, routes: dict[str, Route], queue: str = "importer") -> None:
        consumer = Consumer(queue.partition(".")[0], routes, self.store, self.clock, random.Random(1))
        self.worker = QueueWorker(self.broker, {queue: consumer.receive}, threads=2)  # type: ignore[arg-type]
        self.worker.start()

    def send(self, name: str, payload: Payload, **changes: object) -> Event:
        event = new_event(name, self.engagement_id, payload, self.clock.now()).model_copy(update=changes)
        with self.store.write() as session:
            emit(session, event, firm_id=self.firm_id, now=self.clock.now())
        return event

    def publish_raw(self, body: bytes, routing_key: str) -> None:
        """Publish as a program in any language would."""
        if isinstance(self.broker, MemoryBroker):
            queue = self.broker.queues["importer"]
            queue.put(body)
            return
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            connection.channel().basic_publish(EXCHANGE, routing_key, body)

    def dead_letters(self) -> list[DeadLetter]:
        with self.store.read() as session:
            return list(session.scalars(select(DeadLetter)))


def make_store(url: str) -> tuple[Store, UUID, UUID]:
    store = Store(url)
    upgrade(store)
    now = SystemClock().now()
    with store.write() as session:
        firm = Firm(name="Byrån AB", created_at=now)
        session.add(firm)
        session.flush()
        client = Client(firm_id=firm.id, organisation_number="556016-0680", name="Kunden AB", created_at=now)
        session.add(client)
        session.flush()
        engagement = Engagement(
            firm_id=firm.id, client_id=client.id, year_end=date(2025, 12, 31), data_source="fortnox", created_at=now
        )
        session.add(engagement)
        session.flush()
        return store, firm.id, engagement.id


@pytest.fixture(params=["memory", "rabbitmq"])
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """The embedded kind (SQLite, in-process broker) and the production kind (PostgreSQL, RabbitMQ)."""
    clock = SystemClock()
    if request.param == "memory":
        store, firm_id, engagement_id = make_store(request.getfixturevalue("sqlite_url"))
        broker = new_broker(MEMORY_URL)
        url = MEMORY_URL
        publisher: MemoryPublisher | RabbitPublisher = MemoryPublisher(broker)  # type: ignore[arg-type]
        relay = Relay(store, clock, publisher)
    else:
        store, firm_id, engagement_id = make_store(request.getfixturevalue("database_url"))
        url = request.getfixturevalue("broker_url")
        broker = new_broker(url)
        relay = Relay(store, clock, RabbitPublisher(url), broker_url=url)
    thread = threading.Thread(target=relay.run)
    thread.start()
    bus = Bus(store, clock, broker, url, relay, engagement_id, firm_id)
    yield bus
    relay.stop()
    thread.join()
    if bus.worker is not None:
        bus.worker.stop()
    store.close()
