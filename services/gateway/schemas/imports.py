"""Runs that read the books."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.schemas.base import Body, View
from shared.messaging.events import Lane

FINAL_STATES = frozenset({"completed", "incomplete", "failed", "cancelled"})


class NewImport(Body):
    """The interactive lane is for a person who waits, the bulk lane for everything else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lane": "interactive"}]})

    lane: Lane = "interactive"
    years: int | None = Field(
        default=None,
        ge=1,
        le=20,
        description="How many financial years in all, the engagement's and those before it; unless told, those that it "
        "has, and three at first.",
    )


class CheckView(View):
    """One check of the proof of completeness, as docs/import.md lists them."""

    check: str
    holds: bool
    required: bool = Field(default=True, description="When it does not hold, the import is incomplete.")
    told_only: str | None = Field(default=None, description="Why a check that is not required is only told.")
    compared: int = Field(default=0, description="How many rows, accounts, figures … were held against each other.")
    found: list[str] = Field(default=[], description="What does not fit, ten at most and then how many more.")
    detail: str


class FileFaultView(View):
    """Something wrong in a file that was taken all the same, because it touches neither amounts nor identity."""

    year: date = Field(description="The first day of the financial year whose file it is.")
    line: int
    label: str
    reason: str


class ImportView(View):
    """`completeness` says what is missing, in an `incomplete` import; `fortnox_requests` counts the calls.

    `purpose` is `ledger`, or `comparison` for one that reads another data source and waits until it is accepted.
    """

    id: UUID
    engagement_id: UUID
    source: str
    purpose: str
    lane: str
    state: str
    stage: str | None
    share_done: float = Field(ge=0, le=1, description="The share of the steps that lie behind it.")
    counts: dict[str, Any]
    years: int | None = Field(description="How many financial years were asked for; null for those it has.")
    completeness: list[CheckView]
    fault_count: int
    faults: list[FileFaultView] = Field(description="The first hundred of them.")
    reason_code: str | None
    reason: str | None
    waiting_until: datetime | None
    fortnox_requests: int = Field(validation_alias="requests")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
