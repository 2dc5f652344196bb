"""The outbox by itself: what is due, what waits, who publishes, and what is published again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.clock import ManualClock
from shared.errors import Retryable
from shared.messaging import inbox
from shared.messaging.events import Event, ImportRequested, new_event
from shared.messaging.outbox import (
    LOOK_AGAIN,
    emit,
    oldest_due_age_s,
    relay_batch,
    release,
    take_back_unfinished,
)
from shared.store.database import Store
from shared.store.messages import DeadLetter
from tests.integration.messaging.conftest import make_store

START = datetime(2026, 1, 15, 9, tzinfo=UTC)


@dataclass
class Outbox:
    store: Store
    clock: ManualClock
    firm_id: UUID
    engagement_id: UUID

    def emit(self, *, not_before: datetime | None = None, waiting_for: str | None = None) -> Event:
        event = new_event("import-requested", self.engagement_id, ImportRequested(), self.clock.now())
        self.emit_again(event, not_before=not_before, waiting_for=waiting_for)
        return event

    def emit_again(self, event: Event, *, not_before: datetime | None = None, waiting_for: str | None = None) -> None:
        with self.store.write() as session:
            emit(
                session,
                event,
                firm_id=self.firm_id,
                now=self.clock.now(),
                not_before=not_before,
                waiting_for=waiting_for,
            )

    def relay(self) -> list[Event]:
        published: list[Event] = []
        relay_batch(self.store, self.clock, published.extend)
        return published

    def give_up(self, event: Event) -> None:
        with self.store.write() as session:
            session.add(
                DeadLetter(
                    firm_id=self.firm_id,
                    consumer="importer",
                    source=event.source,
                    event_id=event.id,
                    body=b"{}",
                    reason_code="x",
                    reason="x",
                    created_at=self.clock.now(),
                )
            )


@pytest.fixture(params=["sqlite_url", "database_url"], ids=["sqlite", "postgresql"])
def outbox(request: pytest.FixtureRequest) -> Iterator[Outbox]:
    store, firm_id, engagement_id = make_store(request.getfixturevalue(request.param))
    yield Outbox(store, ManualClock(START), firm_id, engagement_id)
    store.close()


def test_an_event_leaves_once_and_a_later_one_when_its_time_has_come(outbox: Outbox) -> None:
    now, later = outbox.emit(), outbox.emit(not_before=START + timedelta(minutes=5))
    assert [outbox.relay(), outbox.relay()] == [[now], []]
    outbox.clock.advance(timedelta(minutes=7))
    assert oldest_due_age_s(outbox.store, outbox.clock) == 120.0
    assert outbox.relay() == [later]
    assert oldest_due_age_s(outbox.store, outbox.clock) == 0.0


def test_nothing_is_marked_sent_when_publishing_fails(outbox: Outbox) -> None:
    event = outbox.emit()

    def fail(_events: Sequence[Event]) -> None:
        raise Retryable("broker-unavailable", "away")

    with pytest.raises(Retryable):
        relay_batch(outbox.store, outbox.clock, fail)
    assert outbox.relay() == [event]


def test_a_wait_ends_when_what_it_waits_for_happens(outbox: Outbox) -> None:
    event, other = outbox.emit(waiting_for="reconnect:1"), outbox.emit(waiting_for="reconnect:2")
    assert outbox.relay() == []
    with outbox.store.write() as session:
        release(session, "reconnect:1", outbox.clock.now())
    assert outbox.relay() == [event]
    assert other not in outbox.relay()


def test_a_wait_that_missed_what_it_waits_for_is_looked_at_again(outbox: Outbox) -> None:
    # The worker finds the connection lost; the accountant reconnects, which releases every wait there is; only then
    # does the worker write its own. Nobody would ever release that one.
    with outbox.store.write() as session:
        release(session, "reconnect:1", outbox.clock.now())
    event = outbox.emit(waiting_for="reconnect:1")
    assert outbox.relay() == []
    outbox.clock.advance(LOOK_AGAIN)
    assert outbox.relay() == [event]


def test_two_relays_at_the_same_moment_publish_each_event_once(database_url: str) -> None:
    # The first relay holds its rows locked while it publishes; the second one comes, and must neither wait nor double.
    store, firm_id, engagement_id = make_store(database_url)
    outbox = Outbox(store, ManualClock(START), firm_id, engagement_id)
    event = outbox.emit()
    meet = threading.Barrier(2, timeout=10)
    published: list[Event] = []

    def publish_slowly(events: Sequence[Event]) -> None:
        published.extend(events)
        meet.wait()  # the second relay may look now
        meet.wait()  # it has looked

    first = threading.Thread(target=lambda: relay_batch(store, outbox.clock, publish_slowly))
    first.start()
    meet.wait()
    found_by_second = outbox.relay()
    meet.wait()
    first.join()
    assert (published, found_by_second, outbox.relay()) == ([event], [], [])
    store.close()


def test_what_was_sent_and_came_to_nothing_is_sent_again_and_nothing_else_is(outbox: Outbox) -> None:
    dealt_with, given_up, waiting, unfinished = (outbox.emit() for _ in range(4))
    outbox.relay()
    outbox.clock.advance(timedelta(seconds=1))
    with outbox.store.write() as session:
        inbox.record(session, "importer", dealt_with, firm_id=outbox.firm_id, now=outbox.clock.now())
    outbox.give_up(given_up)
    outbox.emit_again(waiting, not_before=START + timedelta(hours=1))
    assert take_back_unfinished(outbox.store, outbox.clock) == 1
    assert outbox.relay() == [unfinished]


def test_a_dead_letter_that_was_replayed_is_unfinished_again(outbox: Outbox) -> None:
    event = outbox.emit()
    outbox.relay()
    outbox.give_up(event)
    outbox.clock.advance(timedelta(minutes=1))
    outbox.emit_again(event)
    assert outbox.relay() == [event]
    assert take_back_unfinished(outbox.store, outbox.clock) == 1
