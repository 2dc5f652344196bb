"""Runs that read the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.schemas.base import Body, View
from shared.messaging.events import Lane


class NewImport(Body):
    """The interactive lane is for a person who waits, the bulk lane for everything else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lane": "interactive"}]})

    lane: Lane = "interactive"


class ImportView(View):
    """`completeness` says what is missing, in an `incomplete` import; `fortnox_requests` counts the calls."""

    id: UUID
    engagement_id: UUID
    source: str
    lane: str
    state: str
    stage: str | None
    counts: dict[str, Any]
    completeness: list[Any]
    reason_code: str | None
    reason: str | None
    waiting_until: datetime | None
    fortnox_requests: int = Field(validation_alias="requests")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
