"""A worker between broker and database: what it acknowledges, and what it leaves when it stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import dramatiq
import pika
import pika.exceptions
import pytest
from sqlalchemy.exc import OperationalError

from shared.clock import SystemClock
from shared.errors import Rejected
from shared.messaging.broker import (
    DEAD_QUEUE,
    DELIVERY_LIMIT,
    MemoryBroker,
    RabbitPublisher,
    new_broker,
)
from shared.messaging.events import Event, ImportRequested, new_event
from shared.messaging.relay import collect_dead_letters
from shared.messaging.worker import QueueWorker
from shared.settings import MEMORY_URL
from shared.store.database import Store
from shared.store.messages import DeadLetter
from tests.integration.messaging.conftest import make_store
from tests.waiting import wait_for


@contextmanager
def working(url: str, receive: Callable[[bytes], None], *, threads: int = 1) -> Iterator[QueueWorker]:
    worker = QueueWorker(new_broker(url), {"importer": receive}, threads=threads)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def some_event() -> Event:
    return new_event("import-requested", uuid4(), ImportRequested(), datetime.now(UTC))


def publish(url: str, *events: Event) -> None:
    publisher = RabbitPublisher(url)
    publisher.publish(events)
    publisher.close()


def ready_in(url: str, queue: str) -> list[bytes]:
    """Take every message that is ready in the queue."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        found = []
        while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
            found.append(got[2])
        return found


def consumers_of(url: str, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        try:
            count: int = connection.channel().queue_declare(queue, passive=True).method.consumer_count
        except pika.exceptions.ChannelClosedByBroker:
            return 0  # there is no such queue
        return count


def test_what_an_error_kept_from_being_recorded_is_not_acknowledged_but_dead_lettered(broker_url: str) -> None:
    def fail(_body: bytes) -> None:
        raise ValueError("a fault below the consumer")

    publish(broker_url, some_event())
    with working(broker_url, fail):
        body = wait_for(lambda: ready_in(broker_url, DEAD_QUEUE))
    assert len(body) == 1
    assert ready_in(broker_url, "importer") == []


def test_a_worker_that_stops_while_the_database_is_away_leaves_its_message_to_others(broker_url: str) -> None:
    asked = threading.Event()

    def find_no_database(_body: bytes) -> None:
        asked.set()
        raise OperationalError("SELECT 1", {}, ConnectionError("refused"))

    publish(broker_url, some_event())
    with working(broker_url, find_no_database):
        assert asked.wait(10)
    assert len(wait_for(lambda: ready_in(broker_url, "importer"))) == 1
    assert ready_in(broker_url, DEAD_QUEUE) == []


def test_a_message_that_is_held_while_the_database_is_away_goes_on_when_it_is_back(broker_url: str) -> None:
    done = threading.Event()
    attempts: list[bytes] = []

    def find_it_the_second_time(body: bytes) -> None:
        attempts.append(body)
        if len(attempts) == 1:
            raise OperationalError("SELECT 1", {}, ConnectionError("refused"))
        done.set()

    publish(broker_url, some_event())
    with working(broker_url, find_it_the_second_time):
        assert done.wait(10)
    assert ready_in(broker_url, "importer") == []


def test_a_stop_finishes_the_message_in_hand_and_fetches_none_for_later(broker_url: str) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work(body: bytes) -> None:
        begun.set()
        assert go_on.wait(10)
        done.append(body)

    publish(broker_url, *(some_event() for _ in range(3)))
    with working(broker_url, work) as worker:
        assert begun.wait(10)
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        # Another worker gets the others at once, while this one is still at its first.
        others = wait_for(lambda: ready_in(broker_url, "importer"))
        go_on.set()
        stopping.join()
    assert (len(done), len(others)) == (1, 2)
    assert ready_in(broker_url, "importer") == []


def test_a_message_that_ends_its_worker_again_and_again_becomes_a_dead_letter_of_its_firm(
    broker_url: str, database_url: str
) -> None:
    store, firm_id, engagement_id = make_store(database_url)
    killer = new_event("import-requested", engagement_id, ImportRequested(), datetime.now(UTC))
    publish(broker_url, killer)
    for _ in range(DELIVERY_LIMIT + 1):
        _take_and_die(broker_url)
    letter = wait_for(lambda: _collected(broker_url, store))
    assert letter is not None
    assert (letter.reason_code, letter.consumer) == ("message-delivery-limit", "importer")
    assert (letter.firm_id, letter.event_id) == (firm_id, killer.id)
    assert "ended again and again" in letter.reason
    store.close()


def test_the_end_of_work_for_a_lost_connection_acknowledges_no_message_of_the_next_one() -> None:
    # A long import outlives its connection. On the new one another message has got the same delivery number.
    broker = new_broker(MEMORY_URL)
    assert isinstance(broker, MemoryBroker)
    broker.declare_queue("importer")
    broker.enqueue(dramatiq.Message("importer", "importer", (b"{}",), {}, {}))
    before, after = (broker.consume("importer", prefetch=1, timeout=10) for _ in range(2))
    message = next(before)
    assert message is not None
    after.ack(message)
    assert broker.queues["importer"].unfinished_tasks == 1
    before.ack(message)
    assert broker.queues["importer"].unfinished_tasks == 0


def test_a_worker_does_not_start_beside_a_queue_of_another_kind(broker_url: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
        connection.channel().queue_declare("importer", durable=True)
    worker = QueueWorker(new_broker(broker_url), {"importer": lambda _body: None}, threads=1)
    with pytest.raises(Rejected, match=r"broker-refused: .*PRECONDITION_FAILED"):
        worker.start()


def test_a_queue_that_is_deleted_under_a_worker_is_declared_anew(broker_url: str) -> None:
    done: list[bytes] = []
    with working(broker_url, done.append):
        wait_for(lambda: consumers_of(broker_url, "importer") == 1)
        with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
            connection.channel().queue_delete("importer")
        # Not sooner: who declares it in the same instant keeps RabbitMQ 3.10 from telling the worker of the end.
        wait_for(lambda: consumers_of(broker_url, "importer") == 1, seconds=30)
        publish(broker_url, some_event())
        wait_for(lambda: len(done) == 1)


def _take_and_die(url: str) -> None:
    """Take the message and go without a word: to the broker, what a kill of the process looks like."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        wait_for(lambda: connection.channel().basic_get("importer")[0] is not None)


def _collected(url: str, store: Store) -> DeadLetter | None:
    collect_dead_letters(url, store, SystemClock())
    with store.read() as session:
        return session.query(DeadLetter).one_or_none()
