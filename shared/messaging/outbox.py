"""The outbox: events and waits are rows, committed with the change they follow from, and published by the relay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.messaging.events import CONSUMERS, Event
from shared.store.database import Store, rows_changed
from shared.store.messages import DeadLetter, InboxMessage, OutboxMessage

BATCH = 200
# What waits for something is looked at now and then: it may have happened just before the wait was written.
LOOK_AGAIN = timedelta(hours=1)
Publish = Callable[[Sequence[Event]], None]


def emit(
    session: Session,
    event: Event,
    *,
    firm_id: UUID | None,
    now: datetime,
    not_before: datetime | None = None,
    waiting_for: str | None = None,
) -> None:
    """Add the event to this transaction; it is published after the commit, or once the wait is over.

    With `waiting_for`, `release` ends the wait before `not_before`, which is then LOOK_AGAIN unless told.
    """
    if not_before is None:
        not_before = now if waiting_for is None else now + LOOK_AGAIN
    session.add(
        OutboxMessage(
            firm_id=firm_id,
            source=event.source,
            event_id=event.id,
            name=event.name,
            lane=event.lane,
            body=event.to_json(),
            not_before=not_before,
            waiting_for=waiting_for,
            created_at=now,
        )
    )


def release(session: Session, waiting_for: str, now: datetime) -> None:
    """Let everything go on that waits for this to happen."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.waiting_for == waiting_for, OutboxMessage.sent_at.is_(None))
        .values(waiting_for=None, not_before=now)
    )


def relay_batch(store: Store, clock: Clock, publish: Publish) -> int:
    """Publish what is due and mark it sent; return how many events left.

    A crash between publishing and the commit publishes them again, which the inbox of each consumer absorbs. When
    publishing fails nothing is marked, so nothing is lost. Several relays share the work by skipping locked rows.
    """
    now = clock.now()
    with store.write() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.sent_at.is_(None), OutboxMessage.not_before <= now)
            .order_by(OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if rows:
            publish([Event.model_validate(row.body) for row in rows])
            for row in rows:
                row.sent_at = now
        return len(rows)


def oldest_due_age_s(store: Store, clock: Clock) -> float:
    """Return for how long the oldest event that may leave has been waiting, 0 when there is none."""
    now = clock.now()
    with store.read() as session:
        oldest = session.scalar(
            select(func.min(OutboxMessage.not_before)).where(
                OutboxMessage.sent_at.is_(None), OutboxMessage.not_before <= now
            )
        )
    return (now - oldest).total_seconds() if oldest else 0.0


def take_back_unfinished(store: Store, clock: Clock, *, sent_after: datetime | None = None) -> int:
    """Publish again what a broker may have lost when it died; return how many events.

    Unfinished is an event whose every row was sent, and which its consumer neither has in its inbox nor has given up
    since. What was not lost after all arrives twice, which the inbox absorbs.
    """
    with store.write() as session:
        last_rows = (
            select(func.max(OutboxMessage.id))
            .where(OutboxMessage.name.in_(CONSUMERS))
            .group_by(OutboxMessage.source, OutboxMessage.event_id)
            .having(func.count() == func.count(OutboxMessage.sent_at))
        )
        dealt_with = exists().where(
            InboxMessage.source == OutboxMessage.source,
            InboxMessage.event_id == OutboxMessage.event_id,
            InboxMessage.consumer.in_(set(CONSUMERS.values())),
        )
        given_up = exists().where(
            DeadLetter.source == OutboxMessage.source,
            DeadLetter.event_id == OutboxMessage.event_id,
            DeadLetter.created_at >= OutboxMessage.sent_at,  # what was given up before it was replayed is not given up
        )
        unfinished = select(OutboxMessage).where(OutboxMessage.id.in_(last_rows), ~dealt_with, ~given_up)
        if sent_after is not None:
            unfinished = unfinished.where(OutboxMessage.sent_at > sent_after)
        rows = session.scalars(unfinished).all()
        for row in rows:
            row.sent_at, row.not_before = None, clock.now()
        return len(rows)


def forget_sent(store: Store, before: datetime) -> int:
    """Delete what was sent before this instant; return how many rows."""
    with store.write() as session:
        result = session.execute(delete(OutboxMessage).where(OutboxMessage.sent_at < before))
        return rows_changed(result)
