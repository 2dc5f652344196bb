"""The events on the bus: CloudEvents 1.0 in structured JSON mode, each with a small payload of ids.

Evolution is add-only: a field may be added with a default, none is ever removed or given another meaning, and fields
that a reader does not know are left alone.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from uuid6 import uuid7

from shared.errors import Rejected
from shared.storable import is_storable

OUR_SOURCE = "fortnox-pipeline"
MAX_BODY_BYTES = 64 * 1024  # ids and small facts; the books themselves never travel by event
TYPE_PREFIX = "fortnox."
TYPE_SUFFIX = ".v1"

Lane = Literal["interactive", "bulk"]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Ident = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ConnectionAuthorized(Payload):
    connection_id: UUID


class ConnectionChanged(Payload):
    connection_id: UUID
    reason_code: str | None = None
    reason: str | None = None
    active_until: AwareDatetime | None = None


class ImportRequested(Payload):
    """Without `import_id` a new import is made for the engagement in `subject`.

    `years` is how many financial years it reads in all; without it those that the engagement has, three at first.
    """

    import_id: UUID | None = None
    years: int | None = Field(default=None, ge=1, le=20)


class ImportFinished(Payload):
    import_id: UUID
    state: str
    run: int | None = None
    reason_code: str | None = None
    reason: str | None = None


class ClosingRate(Payload):
    """What `unit` units of a currency cost in SEK at the balance date."""

    rate: Decimal = Field(gt=0, max_digits=18, decimal_places=9)
    unit: int = Field(default=1, ge=1, le=1_000_000)


class SchedulesRequested(Payload):
    """Without `balance_date` the year-end is meant, without `import_id` the last import."""

    balance_date: date | None = None
    import_id: UUID | None = None
    closing_rates: dict[Currency, ClosingRate] | None = None


class SchedulesBuilt(Payload):
    """`signed_changed` are schedules of this balance date that were signed, and of which is now known otherwise."""

    schedule_ids: list[UUID]
    balance_date: date
    signed_changed: list[UUID] = Field(default_factory=list)


class ExportRequested(Payload):
    """With `export_id` the export exists; otherwise one is made from `series` and all adjustments not transferred."""

    export_id: UUID | None = None
    series: dict[Literal["V", "S"], str] | None = None


class ExportFinished(Payload):
    export_id: UUID
    counts: dict[str, int]
    reason_code: str | None = None
    reason: str | None = None


class LedgerDrifted(Payload):
    import_id: UUID


class PeriodClosed(Payload):
    period: str


class CampaignFinished(Payload):
    campaign_id: UUID


PAYLOADS: dict[str, type[Payload]] = {
    "connection-authorized": ConnectionAuthorized,
    "connection-renewed": ConnectionChanged,
    "connection-expiring": ConnectionChanged,
    "connection-lost": ConnectionChanged,
    "import-requested": ImportRequested,
    "import-completed": ImportFinished,
    "import-failed": ImportFinished,
    "schedules-requested": SchedulesRequested,
    "schedules-built": SchedulesBuilt,
    "export-requested": ExportRequested,
    "export-completed": ExportFinished,
    "export-failed": ExportFinished,
    "ledger-drifted": LedgerDrifted,
    "period-closed": PeriodClosed,
    "campaign-finished": CampaignFinished,
}

# Who deals with which event; a queue is bound for each of these, and publishing one that reaches no queue is an error.
CONSUMERS: dict[str, str] = {
    "connection-authorized": "importer",
    "import-requested": "importer",
    "import-completed": "scheduler",
    "schedules-requested": "scheduler",
    "export-requested": "exporter",
}

# What upstream systems may send; the others only follow from what happened here.
ACCEPTED_FROM_UPSTREAM = frozenset({"import-requested", "schedules-requested", "export-requested"})


class Event(BaseModel):
    """A CloudEvent; `subject` is the engagement's id, `attempt` counts the deliveries after failures.

    `away` is since when its consumer has been waiting for Fortnox to come back. `dead` says why the broker gave the
    message up: then its run is ended and nothing else is done.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"]
    id: Ident
    source: Ident
    type: Ident
    subject: UUID
    time: AwareDatetime | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Ident | None = None
    lane: Lane = "interactive"
    attempt: int = Field(default=1, ge=1)
    away: AwareDatetime | None = None
    dead: Ident | None = None
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The type without its frame: "import-requested" for "fortnox.import-requested.v1"."""
        return self.type.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX)

    @property
    def payload(self) -> Payload:
        return PAYLOADS[self.name].model_validate(self.data)

    @property
    def body_hash(self) -> bytes:
        """SHA-256 over what the event says, without how and when it travelled."""
        said = {"type": self.type, "subject": str(self.subject), "lane": self.lane, "data": self.data}
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).digest()

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def new_event(name: str, subject: UUID, payload: Payload, at: datetime, lane: Lane = "interactive") -> Event:
    return Event(
        specversion="1.0",
        id=str(uuid7()),
        source=OUR_SOURCE,
        type=f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}",
        subject=subject,
        time=at,
        lane=lane,
        data=payload.model_dump(mode="json", exclude_none=True),
    )


def parse_event(body: bytes) -> Event:
    """Return the event in a structured-mode body.

    Raises Rejected with one of the codes event-too-large, event-not-json, event-type-unknown, event-invalid.
    """
    if len(body) > MAX_BODY_BYTES:
        raise Rejected("event-too-large", f"the event has {len(body)} bytes, the limit is {MAX_BODY_BYTES}")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected("event-not-json", f"the body is not JSON: {error}") from None
    return event_from(content)


def event_from(content: object) -> Event:
    """Return the event in decoded JSON; raises Rejected with event-type-unknown or event-invalid."""
    if not is_storable(content):
        raise Rejected("event-invalid", "the event holds NUL, half a surrogate pair, or a number that is none")
    try:
        event = Event.model_validate(content)
        if event.type != f"{TYPE_PREFIX}{event.name}{TYPE_SUFFIX}" or event.name not in PAYLOADS:
            raise Rejected("event-type-unknown", f"no event type {event.type!r} is known here")
        _ = event.payload
    except ValidationError as error:
        raise Rejected("event-invalid", _first_fault(error)) from None
    return event


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "event"
    return f"{place}: {fault['msg']}"
