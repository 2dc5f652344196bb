"""What waits for Fortnox to come back: for a day, without counting a failure, and then not silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pika
import pytest
from sqlalchemy import select

from shared.clock import ManualClock
from shared.errors import Later, Outage, PipelineError, Retryable
from shared.messaging.consumer import (
    LONGEST_DELAY_S,
    LONGEST_OUTAGE,
    MAX_ATTEMPTS,
    MOST_JITTER,
    Consumer,
    Delivery,
    Route,
)
from shared.messaging.events import Event, ImportRequested, new_event
from shared.messaging.outbox import emit, relay_batch
from shared.messaging.relay import LEASES_ARE_OVER, store_dead_letter
from shared.store.messages import DeadLetter, OutboxMessage
from tests.integration.messaging.conftest import make_store

AWAY = Outage("fortnox-unreachable", "nobody answers")


class Worker:
    """A consumer whose handler fails as the test says, and the outbox that its events come from."""

    def __init__(self, url: str) -> None:
        self.store, self.firm_id, self.engagement_id = make_store(url)
        self.clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
        self.failure: PipelineError | None = AWAY
        self.handled: list[Event] = []
        self.given_up: list[str] = []
        self._consumer = Consumer(
            "importer", {"import-requested": Route(self._handle, self._give_up)}, self.store, self.clock, Random(3)
        )
        self.event = new_event("import-requested", self.engagement_id, ImportRequested(), self.clock.now())
        with self.store.write() as session:
            emit(session, self.event, firm_id=self.firm_id, now=self.clock.now())

    def deliver(self) -> int:
        """Deliver what is due; return how many events that was."""
        due: list[Event] = []
        relay_batch(self.store, self.clock, due.extend)
        for event in due:
            self._consumer.receive(event.model_dump_json(exclude_none=True).encode())
        return len(due)

    def next_due(self) -> datetime:
        with self.store.read() as session:
            return session.scalars(select(OutboxMessage.not_before).where(OutboxMessage.sent_at.is_(None))).one()

    def dead_letters(self) -> list[DeadLetter]:
        with self.store.read() as session:
            return list(session.scalars(select(DeadLetter)))

    def _handle(self, delivery: Delivery) -> None:
        self.handled.append(delivery.event)
        if self.failure is not None:
            raise self.failure

    def _give_up(self, _session: object, _delivery: Delivery, error: PipelineError) -> None:
        self.given_up.append(error.code)


@pytest.fixture
def worker(sqlite_url: str) -> Iterator[Worker]:
    made = Worker(sqlite_url)
    yield made
    made.store.close()


def test_an_outage_of_twenty_hours_is_waited_for_and_counts_no_failure(worker: Worker) -> None:
    back_at = worker.clock.now() + timedelta(hours=20)
    while worker.clock.now() < back_at:
        worker.deliver()
        worker.clock.advance(timedelta(seconds=LONGEST_DELAY_S * MOST_JITTER))
    assert {event.attempt for event in worker.handled} == {1}
    worker.failure = None
    worker.deliver()
    assert (worker.given_up, worker.dead_letters()) == ([], [])
    worker.clock.advance(timedelta(hours=2))
    assert worker.deliver() == 0  # dealt with


def test_the_pauses_of_an_outage_grow_up_to_a_quarter_of_an_hour(worker: Worker) -> None:
    pauses_s: list[float] = []
    for _ in range(10):
        assert worker.deliver() == 1
        pauses_s.append((worker.next_due() - worker.clock.now()).total_seconds())
        worker.clock.advance(worker.next_due() - worker.clock.now())
    assert pauses_s[0] <= 3
    assert pauses_s[:7] == sorted(pauses_s[:7])
    assert all(LONGEST_DELAY_S <= pause_s <= LONGEST_DELAY_S * MOST_JITTER for pause_s in pauses_s[-3:])


def test_what_is_away_for_more_than_a_day_is_given_up_with_its_run(worker: Worker) -> None:
    worker.deliver()
    worker.clock.advance(LONGEST_OUTAGE)
    worker.deliver()
    assert worker.given_up == ["fortnox-unreachable"]
    assert [letter.reason_code for letter in worker.dead_letters()] == ["fortnox-unreachable"]


def test_an_answer_ends_the_outage_and_the_next_one_begins_anew(worker: Worker) -> None:
    worker.deliver()
    worker.clock.advance(timedelta(hours=23))
    worker.failure = Later("fortnox-rate-limited", "too many", until=worker.clock.now() + timedelta(seconds=5))
    worker.deliver()
    worker.clock.advance(timedelta(hours=2))
    worker.failure = AWAY
    worker.deliver()
    assert worker.handled[-1].away is None
    assert worker.given_up == []


def test_other_failures_are_counted_as_before_whatever_the_outage_lasted(worker: Worker) -> None:
    worker.deliver()
    worker.clock.advance(timedelta(hours=5))
    worker.failure = Retryable("fortnox-answer-unreadable", "no list")
    for _ in range(MAX_ATTEMPTS):
        assert worker.given_up == []
        worker.deliver()
        worker.clock.advance(timedelta(minutes=30))
    assert worker.given_up == ["fortnox-answer-unreadable"]


def test_a_message_that_the_broker_gave_up_ends_its_run_once_no_lease_can_hold_any_more(worker: Worker) -> None:
    worker.failure = None
    died_over = worker.event.model_dump_json(exclude_none=True).encode()
    relay_batch(worker.store, worker.clock, lambda _events: None)  # to a worker that dies over it, again and again
    properties = pika.BasicProperties(headers={"x-death": [{"reason": "delivery_limit", "queue": "importer"}]})
    store_dead_letter(worker.store, worker.clock, properties, died_over)
    assert worker.deliver() == 0
    worker.clock.advance(LEASES_ARE_OVER)
    worker.deliver()
    assert (worker.given_up, worker.handled) == (["message-delivery-limit"], [])
    assert [letter.reason_code for letter in worker.dead_letters()] == ["message-delivery-limit"]
    replayed = json.loads(worker.dead_letters()[0].body)
    assert "dead" not in replayed  # a replay is handled, and not taken for seen
    with worker.store.write() as session:
        emit(session, Event.model_validate(replayed), firm_id=worker.firm_id, now=worker.clock.now())
    worker.deliver()
    assert len(worker.handled) == 1
