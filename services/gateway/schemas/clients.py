"""Clients and the engagements of closing their years."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from services.gateway.schemas.base import Body, Name, View
from shared.organisation_number import normalised

OrganisationNumber = Annotated[str, Field(max_length=20), AfterValidator(normalised)]
YearEnd = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]


class NewClient(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"organisation_number": "556016-0680", "name": "Exempel AB"}]}
    )

    organisation_number: OrganisationNumber
    name: Name


class ClientView(View):
    id: UUID
    organisation_number: str
    name: str
    created_at: datetime


class NewEngagement(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_id": "0192e4a0-7f8e-7c3a-9d55-0f6f1d2c3b4a",
                    "year_end": "2025-12-31",
                    "data_source": "fortnox",
                }
            ]
        }
    )

    client_id: UUID
    year_end: YearEnd
    data_source: Literal["fortnox", "sie"]


class ConnectionSummary(View):
    state: str
    active_until: datetime | None


class LastImport(View):
    id: UUID
    state: str
    created_at: datetime
    finished_at: datetime | None


class EngagementView(View):
    """`freshness` is when the books were last read whole or in part, null before the first import.

    `signed_changed` are signed schedules of which other figures are known now; their `/changes` say which.
    """

    id: UUID
    client_id: UUID
    year_end: date
    data_source: str
    created_at: datetime
    connection: ConnectionSummary | None
    last_import: LastImport | None
    freshness: datetime | None
    signed_changed: list[UUID]
