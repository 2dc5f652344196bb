"""Runs that send adjustments to Fortnox, and what is shown before one is started."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.schemas.adjustments import RowView
from services.gateway.schemas.base import Body, View

SeriesCode = Annotated[str, Field(min_length=1, max_length=10)]


class NewExport(Body):
    """One series for all, or one for each kind; without `adjustments` all go that are not transferred."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"series": {"V": "A", "S": "B"}}]})

    series: SeriesCode | Annotated[dict[Literal["V", "S"], SeriesCode], Field(min_length=1)]
    adjustments: Annotated[list[UUID], Field(min_length=1)] | None = None

    def series_by_kind(self) -> dict[str, str]:
        return dict.fromkeys(("V", "S"), self.series) if isinstance(self.series, str) else dict(self.series.items())


class VoucherFault(View):
    """Why Fortnox would refuse a voucher; `row` counts from 1 and is null for the whole voucher."""

    row: int | None
    code: str
    reason: str


class PreviewedVoucher(View):
    """A voucher with its texts as Fortnox will show them; `faults` is empty when nothing speaks against it."""

    adjustment_id: UUID
    kind: str
    number: int
    series: str
    date: dt.date
    text: str
    rows: list[RowView]
    faults: list[VoucherFault]


class ExportPreview(View):
    vouchers: list[PreviewedVoucher]


class ExportedVoucher(View):
    """`fortnox_number` and `fortnox_year` name the voucher in Fortnox once it is posted."""

    adjustment_id: UUID
    kind: str
    number: int
    date: dt.date
    text: str
    state: str
    series: str
    fortnox_number: int | None
    fortnox_year: int | None
    reason_code: str | None
    reason: str | None
    updated_at: dt.datetime


class ExportView(View):
    id: UUID
    engagement_id: UUID
    state: str
    series: dict[str, str]
    reason_code: str | None
    reason: str | None
    waiting_until: dt.datetime | None
    fortnox_requests: int
    created_at: dt.datetime
    finished_at: dt.datetime | None
    vouchers: list[ExportedVoucher]


class SeriesView(View):
    """A voucher series of the engagement's year; only a manual one takes vouchers from here."""

    code: str
    description: str
    manual: bool


class SeriesList(View):
    items: list[SeriesView]
