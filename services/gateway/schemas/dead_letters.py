"""Messages that wait for a person's decision."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import field_validator

from services.gateway.schemas.base import View


class DeadLetterView(View):
    id: UUID
    consumer: str
    source: str | None
    event_id: str | None
    reason_code: str
    reason: str
    created_at: datetime
    decided_at: datetime | None
    decision: str | None


class DeadLetterWithBody(DeadLetterView):
    """`body` is the message as it arrived, with what is no UTF-8 replaced."""

    body: str

    @field_validator("body", mode="before")
    @classmethod
    def _text(cls, body: object) -> object:
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else body
