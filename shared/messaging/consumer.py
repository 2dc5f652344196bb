"""What happens to one message: decode, recognise, handle, and settle each failure by its family.

Nothing waits in a worker's memory and nothing is lost between two systems: success is recorded together with its
effect, a retry or a wait is a row in the outbox, and what cannot be dealt with is a row in the dead letters. Only then
is the message acknowledged.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.errors import Later, Outage, PipelineError, Rejected, Retryable, Unknown
from shared.messaging import inbox
from shared.messaging.events import Event, parse_event
from shared.messaging.outbox import emit
from shared.observability.metrics import MESSAGE_SECONDS, MESSAGES
from shared.store.database import Store, is_away
from shared.store.engagements import Engagement
from shared.store.messages import DeadLetter

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8  # with the delays between them about half an hour
LONGEST_OUTAGE = timedelta(hours=24)  # what is away for longer is not coming back by itself: a person should see it
MAX_UNEXPECTED = 3  # a bug fails the same way again; a person should see it within a minute (P10)
FIRST_DELAY_S = 2.0
DELAY_GROWTH = 3
LONGEST_DELAY_S = 900.0
WHY_DEAD = {
    "message-delivery-limit": "Its worker ended again and again while it had the message.",
    "message-rejected": "Its worker could not even record why it failed; the worker's log tells.",
}
MOST_JITTER = 1.5


@dataclass
class Delivery:
    """One event in a consumer's hands."""

    event: Event
    consumer: str
    firm_id: UUID
    store: Store
    clock: Clock
    jitter: float = 1.0
    settled: bool = False

    @contextmanager
    def settle(self) -> Iterator[Session]:
        """Open the transaction in which the event's last effect and its inbox entry are committed together."""
        with self.store.write() as session:
            inbox.record(session, self.consumer, self.event, firm_id=self.firm_id, now=self.clock.now())
            yield session
        self.settled = True

    def retry_at(self, failure: Retryable) -> datetime:
        """Return when the event comes again after this failure: soon, then three times as late, never above the limit.

        Failures count by attempts, an outage by the time that it has lasted so far.
        """
        now = self.clock.now()
        delay_s = FIRST_DELAY_S * DELAY_GROWTH ** (self.event.attempt - 1)
        if isinstance(failure, Outage):
            lasted_s = (now - (self.event.away or now)).total_seconds()
            delay_s = max(FIRST_DELAY_S, lasted_s * (DELAY_GROWTH - 1))
        return now + timedelta(seconds=min(LONGEST_DELAY_S, delay_s) * self.jitter)

    def emit(self, session: Session, event: Event) -> None:
        """Add an event that follows from this one, with its trace."""
        traced = event.model_copy(update={"traceparent": event.traceparent or self.event.traceparent})
        emit(session, traced, firm_id=self.firm_id, now=self.clock.now())


Handler = Callable[[Delivery], None]
GiveUp = Callable[[Session, Delivery, PipelineError], None]


@dataclass(frozen=True)
class Route:
    """The handler of an event, and what becomes of its run when the event is given up."""

    handle: Handler
    give_up: GiveUp | None = None


class Consumer:
    """Deals with the messages of one service."""

    def __init__(self, name: str, routes: Mapping[str, Route], store: Store, clock: Clock, random: Random) -> None:
        self.name = name
        self._routes = routes
        self._store = store
        self._clock = clock
        self._random = random

    def receive(self, body: bytes) -> None:
        """Deal with one message; afterwards it may be acknowledged, whatever became of it.

        Raises only what the database raises: nothing could be recorded, and when it is away the message must be delivered
        again.
        """
        with structlog.contextvars.bound_contextvars(consumer=self.name), MESSAGE_SECONDS.labels(self.name).time():
            result = self._receive(body)
        MESSAGES.labels(self.name, result).inc()

    def _receive(self, body: bytes) -> str:
        try:
            event = parse_event(body)
        except Rejected as error:
            return self._bury(body, error, None, None)
        with structlog.contextvars.bound_contextvars(
            event_id=event.id, event_name=event.name, engagement_id=str(event.subject), attempt=event.attempt
        ):
            return self._handle(event, body)

    def _handle(self, event: Event, body: bytes) -> str:
        with self._store.read() as session:
            firm_id = session.scalar(select(Engagement.firm_id).where(Engagement.id == event.subject))
        try:
            if self._seen(event):
                log.info("event_seen_before")
                return "duplicate"
            if event.name not in self._routes:
                raise Rejected("event-not-handled", f"{self.name} does not deal with {event.type}")
            if firm_id is None:
                raise Rejected("engagement-unknown", f"there is no engagement {event.subject}")
            jitter = self._random.uniform(1.0, MOST_JITTER)
            delivery = Delivery(event, self.name, firm_id, self._store, self._clock, jitter)
            if event.dead is not None:
                return self._end_run(self._routes[event.name], delivery, event.dead)
            return self._run(self._routes[event.name], delivery, body)
        except Rejected as error:
            return self._bury(body, error, event, firm_id)
        except Exception as error:  # a fault around the handler, as in giving up: kept with its traceback
            if is_away(error):
                raise
            return self._bury(body, _unexpected(error), event, firm_id)

    def _run(self, route: Route, delivery: Delivery, body: bytes) -> str:
        try:
            route.handle(delivery)
            if not delivery.settled:
                with delivery.settle():
                    pass
        except Later as error:
            self._wait(delivery, error)
            return "waiting"
        except (Rejected, Unknown) as error:
            self._give_up(route, delivery, error, body)
            return "rejected"
        except Exception as error:
            if is_away(error):
                raise  # nothing can be recorded now
            if self._seen(delivery.event):
                return "duplicate"  # somebody else settled it meanwhile
            failure = error if isinstance(error, Retryable) else _unexpected(error)
            log.warning("event_failed", code=failure.code, reason=failure.reason, exc_info=failure is not error)
            if self._is_last(delivery, failure, is_foreseen=failure is error):
                self._give_up(route, delivery, failure, body)
                return "given_up"
            self._retry(delivery, failure)
            return "waiting" if isinstance(failure, Outage) else "retry"
        return "done"

    def _is_last(self, delivery: Delivery, failure: Retryable, *, is_foreseen: bool) -> bool:
        if isinstance(failure, Outage):
            now = self._clock.now()
            return now - (delivery.event.away or now) >= LONGEST_OUTAGE
        return delivery.event.attempt >= (MAX_ATTEMPTS if is_foreseen else MAX_UNEXPECTED)

    def _seen(self, event: Event) -> bool:
        with self._store.read() as session:
            return inbox.seen(session, self.name, event)

    def _wait(self, delivery: Delivery, error: Later) -> None:
        log.info("event_waits", code=error.code, reason=error.reason, until=error.until, waiting_for=error.waiting_for)
        with self._store.write() as session:
            emit(
                session,
                delivery.event.model_copy(update={"away": None}),
                firm_id=delivery.firm_id,
                now=self._clock.now(),
                not_before=error.until,
                waiting_for=error.waiting_for,
            )

    def _retry(self, delivery: Delivery, failure: Retryable) -> None:
        event, now = delivery.event, self._clock.now()
        if isinstance(failure, Outage):
            again = event.model_copy(update={"away": event.away or now})
        else:
            again = event.model_copy(update={"attempt": event.attempt + 1, "away": None})
        with self._store.write() as session:
            emit(session, again, firm_id=delivery.firm_id, now=now, not_before=delivery.retry_at(failure))

    def _end_run(self, route: Route, delivery: Delivery, why: str) -> str:
        """End the run of an event that the broker gave up; its dead letter exists, and a replay is an event like any."""
        if route.give_up is not None:
            with self._store.write() as session:
                route.give_up(session, delivery, Rejected(why, WHY_DEAD.get(why, "The broker gave the message up.")))
        return "given_up"

    def _give_up(self, route: Route, delivery: Delivery, error: PipelineError, body: bytes) -> None:
        with self._store.write() as session:
            if route.give_up is not None:
                route.give_up(session, delivery, error)
            self._add_dead_letter(session, body, error, delivery.event, delivery.firm_id)

    def _bury(self, body: bytes, error: PipelineError, event: Event | None, firm_id: UUID | None) -> str:
        with self._store.write() as session:
            self._add_dead_letter(session, body, error, event, firm_id)
        return "rejected"

    def _add_dead_letter(
        self, session: Session, body: bytes, error: PipelineError, event: Event | None, firm_id: UUID | None
    ) -> None:
        log.error("event_dead_lettered", code=error.code, reason=error.reason)
        session.add(
            DeadLetter(
                firm_id=firm_id,
                consumer=self.name,
                source=event.source if event else None,
                event_id=event.id if event else None,
                body=body,
                reason_code=error.code,
                reason=error.reason,
                traceback="".join(traceback.format_exception(error)),
                created_at=self._clock.now(),
            )
        )


def _unexpected(error: Exception) -> Retryable:
    failure = Retryable("unexpected-error", repr(error))
    failure.__cause__ = error
    return failure
