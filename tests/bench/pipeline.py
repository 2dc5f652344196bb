"""What the way of an event costs: outbox, relay, RabbitMQ, worker, inbox, against bare confirmed publishing."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from time import perf_counter

import pika
from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.messaging.broker import RabbitPublisher, new_broker
from shared.messaging.consumer import Consumer, Route
from shared.messaging.events import ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.messaging.relay import Relay
from shared.messaging.worker import QueueWorker
from shared.store.database import Store
from shared.store.engagements import Client, Engagement
from shared.store.firms import Firm
from shared.store.messages import InboxMessage
from shared.store.migrate import upgrade
from tests.bench.rows import Row, at_most, part
from tests.servers import fresh_database, fresh_vhost, shared_postgres, shared_rabbitmq
from tests.waiting import wait_for

EVENTS = 1_000


@part("pipeline")
def an_event_from_outbox_to_inbox() -> Iterator[Row]:
    with (
        shared_postgres(durable=True) as server_url,
        fresh_database(server_url) as database_url,
        shared_rabbitmq() as rabbitmq,
        fresh_vhost(rabbitmq) as broker_url,
    ):
        bare_s = _bare_publishing_s(broker_url)
        whole_s = _whole_way_s(database_url, broker_url)
    yield at_most(
        f"{EVENTS:,} events, outbox to inbox ({EVENTS / whole_s:,.0f}/s)",
        whole_s / bare_s,
        "×",
        target=8,
        yardstick=f"bare pika, one confirmed publish after another ({EVENTS / bare_s:,.0f}/s)",
    )


def _bare_publishing_s(broker_url: str) -> float:
    body = os.urandom(400)
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("bare", durable=True, arguments={"x-queue-type": "quorum"})
        start = perf_counter()
        for _ in range(EVENTS):
            channel.basic_publish("", "bare", body, pika.BasicProperties(delivery_mode=2), mandatory=True)
        return perf_counter() - start


def _whole_way_s(database_url: str, broker_url: str) -> float:
    clock = SystemClock()
    store = Store(database_url)
    upgrade(store)
    engagement = _engagement(store, clock)
    consumer = Consumer("importer", {"import-requested": Route(lambda _: None)}, store, clock, random.Random(1))
    worker = QueueWorker(new_broker(broker_url), {"importer": consumer.receive}, threads=4)
    worker.start()
    with store.write() as session:
        for _ in range(EVENTS):
            event = new_event("import-requested", engagement.id, ImportRequested(), clock.now())
            emit(session, event, firm_id=engagement.firm_id, now=clock.now())
    with _relaying(store, clock, broker_url):
        start = perf_counter()
        wait_for(lambda: _settled(store) == EVENTS, seconds=120, what="the last event")
        whole_s = perf_counter() - start
    worker.stop()
    store.close()
    return whole_s


@contextmanager
def _relaying(store: Store, clock: SystemClock, broker_url: str) -> Iterator[None]:
    relay = Relay(store, clock, RabbitPublisher(broker_url), broker_url=broker_url)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield
    finally:
        relay.stop()
        thread.join()


def _settled(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(InboxMessage)) or 0


def _engagement(store: Store, clock: SystemClock) -> Engagement:
    now = clock.now()
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
    return engagement
