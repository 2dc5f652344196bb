"""Schedules of receivables and payables at a balance date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.schemas.base import AmountOut, Body, View

Kind = Literal["receivables", "payables"]


class NewSchedules(Body):
    """Both schedules are made of one reading; `kind` says which of them Location leads to.

    The balance date is the end of the year unless told.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "receivables", "balance_date": "2025-12-31"}]})

    kind: Kind | None = None

    balance_date: date | None = None


class SchedulesAccepted(View):
    """The event that was committed; the schedules appear in the list that Location names."""

    event_id: UUID
    state: str = Field(examples=["queued"])


class ScheduleSummary(View):
    """`difference` is the total less the ledger; `known_at` is when the books were read."""

    id: UUID
    kind: Kind
    balance_date: date
    known_at: datetime
    accounts: list[Any]
    total: AmountOut = Field(validation_alias="total_ore")
    ledger: AmountOut = Field(validation_alias="ledger_ore")
    difference: AmountOut = Field(validation_alias="difference_ore")
    content_hash: str
    created_at: datetime


class ScheduleItemView(View):
    """An open document; `open_in_currency` is in the document's own currency."""

    document_number: str
    counterparty_number: str
    counterparty_name: str
    invoice_date: date
    due_date: date | None
    currency: str
    billed: AmountOut = Field(validation_alias="billed_ore")
    settled: AmountOut = Field(validation_alias="settled_ore")
    open: AmountOut = Field(validation_alias="open_ore")
    open_in_currency: AmountOut = Field(validation_alias="open_minor")
    days_past_due: int | None
    flags: list[Any]


class ScheduleView(ScheduleSummary):
    """`ageing` sums the items by days past due; `faults` name documents that could not be counted."""

    ageing: dict[str, AmountOut]
    faults: list[Any]
    items: list[ScheduleItemView]
