"""The relay while the broker or the database is not what it should be."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from shared.clock import SystemClock
from shared.messaging.broker import Publisher, RabbitPublisher
from shared.messaging.events import Event, ImportRequested, new_event
from shared.messaging.outbox import emit
from shared.messaging.relay import Relay
from shared.observability.metrics import OUTBOX_OLDEST_S
from shared.store.database import Store
from tests.integration.messaging.conftest import make_store
from tests.waiting import wait_for


@dataclass
class Wire:
    """A publisher that takes events, or fails with what it is told."""

    failure: Exception | None = None
    taken: list[Event] = field(default_factory=list)
    calls: int = 0

    def publish(self, events: Sequence[Event]) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        self.taken.extend(events)

    def close(self) -> None:
        """Nothing is held."""


@contextmanager
def relaying(store: Store, publisher: Publisher) -> Iterator[Relay]:
    relay = Relay(store, SystemClock(), publisher)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    made, _firm_id, engagement_id = make_store(sqlite_url)
    clock = SystemClock()
    with made.write() as session:
        event = new_event("import-requested", engagement_id, ImportRequested(), clock.now())
        emit(session, event, firm_id=None, now=clock.now())
    yield made
    made.close()


def test_a_relay_outlives_what_nobody_thought_of_and_says_that_it_is_not_ready(store: Store) -> None:
    wire = Wire(failure=ZeroDivisionError("a bug"))
    with relaying(store, wire) as relay:
        wait_for(lambda: wire.calls >= 2)
        assert not relay.is_healthy
        wire.failure = None
        wait_for(lambda: relay.is_healthy)
        assert len(wire.taken) == 1


def test_while_the_broker_is_away_the_age_of_the_outbox_is_told(store: Store) -> None:
    OUTBOX_OLDEST_S.set(0)
    with relaying(store, RabbitPublisher("amqp://user:password@127.0.0.1:1/vhost")) as relay:
        wait_for(lambda: (REGISTRY.get_sample_value("pipeline_outbox_oldest_seconds") or 0) > 0.3)
        assert not relay.is_healthy


def test_an_idle_relay_looks_at_its_broker(sqlite_url: str) -> None:
    store, _firm_id, _engagement_id = make_store(sqlite_url)
    wire = Wire(failure=OSError("gone"))
    with relaying(store, wire) as relay:
        wait_for(lambda: wire.calls >= 1)
        assert not relay.is_healthy
    store.close()
