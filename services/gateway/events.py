"""Events from upstream over HTTP: read, judged, and committed with the outbox row in one transaction (P1, P2)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy.orm import Session

from services.gateway.schemas.events import EventResult
from shared.clock import Clock
from shared.errors import Rejected
from shared.messaging import inbox
from shared.messaging.events import (
    ACCEPTED_FROM_UPSTREAM,
    Event,
    ExportRequested,
    ImportRequested,
    SchedulesRequested,
    event_from,
)
from shared.messaging.outbox import emit
from shared.store.adjustments import Export
from shared.store.database import of_firm
from shared.store.engagements import Engagement
from shared.store.imports import Import

CONSUMER = "gateway"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
PLAIN = "application/json"
PREFIX = "ce-"
SOURCE_MAX = 150  # leaves room for the firm in front


def read_events(headers: Mapping[str, str], body: bytes) -> list[Event]:
    """Return the events of a request in any of the three modes (CloudEvents 1.0, HTTP protocol binding, section 3).

    Raises Rejected with malformed-json, unsupported-media-type and what `event_from` raises.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return [_accepted(_json(body))]
    if media_type == BATCHED:
        batch = _json(body)
        if not isinstance(batch, list):
            raise Rejected("event-invalid", "a batch is a JSON array of events")
        return [_accepted(content) for content in batch]
    if media_type == PLAIN and PREFIX + "specversion" in headers:
        attributes = {
            name.removeprefix(PREFIX): unquote(value) for name, value in headers.items() if name.startswith(PREFIX)
        }
        return [_accepted({**attributes, "data": _json(body) if body else {}})]
    raise Rejected("unsupported-media-type", f"send {STRUCTURED}, {BATCHED}, or {PLAIN} with ce- headers")


def accept(session: Session, firm_id: UUID, events: Sequence[Event], clock: Clock) -> list[EventResult]:
    """Commit each event once, together with its inbox entry; a batch is taken whole or not at all.

    Raises Rejected with not-found and event-id-reused.
    """
    return [EventResult(id=event.id, result=_accept(session, firm_id, event, clock)) for event in events]


def _accept(session: Session, firm_id: UUID, event: Event, clock: Clock) -> Literal["accepted", "duplicate"]:
    engagement = of_firm(session, Engagement, firm_id, event.subject)
    _check_references(session, engagement, event)
    # Sources are the senders' own choice: with the firm in front, one firm's ids can never meet another's.
    ours = event.model_copy(
        update={"source": f"firms/{firm_id}/{event.source}", "attempt": 1, "away": None, "dead": None}
    )
    if inbox.seen(session, CONSUMER, ours):
        return "duplicate"
    now = clock.now()
    inbox.record(session, CONSUMER, ours, firm_id=firm_id, now=now)
    emit(session, ours, firm_id=firm_id, now=now)
    session.flush()
    return "accepted"


def _check_references(session: Session, engagement: Engagement, event: Event) -> None:
    """See that a run which is named is one of this engagement; raises Rejected "not-found"."""
    match event.payload:
        case ImportRequested(import_id=UUID() as key) | SchedulesRequested(import_id=UUID() as key):
            run: Import | Export = of_firm(session, Import, engagement.firm_id, key)
        case ExportRequested(export_id=UUID() as key):
            run = of_firm(session, Export, engagement.firm_id, key)
        case _:
            return
    if run.engagement_id != engagement.id:
        raise Rejected("not-found", f"no {type(run).__name__.lower()} {key}")


def _accepted(content: object) -> Event:
    event = event_from(content)
    if event.name not in ACCEPTED_FROM_UPSTREAM:
        raise Rejected("event-type-not-accepted", f"{event.type} only follows from what happened here")
    if len(event.source) > SOURCE_MAX:
        raise Rejected("event-invalid", f"source: at most {SOURCE_MAX} characters")
    return event


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("malformed-json", "the body cannot be read as JSON") from None
