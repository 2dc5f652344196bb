from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from services.gateway import events
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.idempotency import HIT_HEADER, first_wins
from services.gateway.routes.router import keyed_router, refusals
from services.gateway.schemas.events import EventsAccepted
from shared.errors import Rejected
from shared.messaging.events import ACCEPTED_FROM_UPSTREAM
from shared.observability.metrics import EVENTS_ACCEPTED

router = keyed_router("events")

EXAMPLE = {
    "specversion": "1.0",
    "id": "2025-import-0001",
    "source": "closing-program",
    "type": "fortnox.import-requested.v1",
    "subject": "0192e4a0-7f8e-7c3a-9d55-0f6f1d2c3b4a",
    "datacontenttype": "application/json",
    "data": {},
}
_EVENT_SCHEMA = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": events.SOURCE_MAX},
        "type": {"enum": sorted(f"fortnox.{name}.v1" for name in ACCEPTED_FROM_UPSTREAM)},
        "subject": {"type": "string", "format": "uuid", "description": "The engagement."},
        "time": {"type": "string", "format": "date-time"},
        "lane": {"enum": ["interactive", "bulk"]},
        "traceparent": {"type": "string"},
        "data": {"type": "object"},
    },
}
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            events.STRUCTURED: {"schema": _EVENT_SCHEMA, "example": EXAMPLE},
            events.BATCHED: {"schema": {"type": "array", "items": _EVENT_SCHEMA}, "example": [EXAMPLE]},
            events.PLAIN: {
                "schema": {"type": "object", "description": "The data; the attributes are ce- headers."},
                "example": {},
            },
        },
    }
}


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@router.post("/events", status_code=202, openapi_extra=REQUEST_BODY, responses=refusals(400, 404, 409, 413, 415))
def take_events(
    request: Request, body: Annotated[bytes, Depends(_raw_body)], deps: Deps, caller: CallerDep, response: Response
) -> EventsAccepted:
    """Take CloudEvents; 202 says that they are committed and will be dealt with once, however often they are sent."""
    try:
        received = events.read_events(request.headers, body)
        results = first_wins(deps.store, lambda session: events.accept(session, caller.firm_id, received, deps.clock))
    except Rejected as error:
        EVENTS_ACCEPTED.labels("-", error.code).inc()
        raise
    for event, result in zip(received, results, strict=True):
        EVENTS_ACCEPTED.labels(event.name, result.result).inc()
    if results and all(result.result == "duplicate" for result in results):
        response.headers[HIT_HEADER] = "true"
    return EventsAccepted(events=results)
