"""The inbox: what a consumer has dealt with, written in the transaction of the effect (P2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.messaging.events import Event
from shared.store.database import Store, rows_changed
from shared.store.messages import InboxMessage

KEEP_DAYS = 90  # longer than any replay of dead letters or of a restored backup


def seen(session: Session, consumer: str, event: Event) -> bool:
    """Tell whether this consumer has dealt with the event.

    Raises Rejected "event-id-reused" when it has dealt with another event of the same source and id.
    """
    entry = session.get(InboxMessage, (consumer, event.source, event.id))
    if entry is None:
        return False
    if entry.body_hash != event.body_hash:
        raise Rejected("event-id-reused", f"{event.source} has used the id {event.id} for another event before")
    return True


def record(session: Session, consumer: str, event: Event, *, firm_id: UUID | None, now: datetime) -> None:
    """Note the event as dealt with; the primary key lets only one transaction do so."""
    session.add(
        InboxMessage(
            consumer=consumer,
            source=event.source,
            event_id=event.id,
            firm_id=firm_id,
            body_hash=event.body_hash,
            received_at=now,
        )
    )


def forget(store: Store, before: datetime) -> int:
    """Delete what was received before this instant; return how many rows."""
    with store.write() as session:
        result = session.execute(delete(InboxMessage).where(InboxMessage.received_at < before))
        return rows_changed(result)
