"""What is shown before an export is started: the series to choose from, and a verdict on each voucher."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.gateway.schemas.adjustments import RowView
from services.gateway.schemas.base import View


class SeriesView(View):
    """A voucher series of the engagement's year.

    A `manual` one takes vouchers from here; it is `open` while the last day of the year is not locked. `reason_code`
    says why it is not: series-not-manual or period-locked. `approver` has to approve its vouchers in Fortnox.
    """

    code: str
    description: str
    manual: bool
    open: bool
    approver: str | None
    reason_code: str | None
    reason: str | None


class SeriesList(View):
    """`chosen_last` maps kind to the series that the client's last export went to, as far as there was one."""

    year_id: int
    year_from: dt.date
    year_to: dt.date
    locked_until: dt.date | None
    chosen_last: dict[str, str]
    items: list[SeriesView]


class VoucherFault(View):
    """Why Fortnox would refuse a voucher; `row` counts from 1 and is null for the whole voucher."""

    row: int | None
    code: str
    reason: str


class TextChangeView(View):
    """A text that Fortnox shows otherwise than it was written; `row` counts from 1, null is the voucher's text."""

    row: int | None
    written: str
    arrives: str


class VoucherInFortnox(View):
    series: str
    number: int
    year_id: int


class PreviewedVoucher(View):
    """A voucher with its texts as Fortnox will show them, and what would become of it.

    `refused` names each of its `faults`; `already_there` was found in Fortnox as `found`, and an export takes it over
    from there. `files` are the names that its files will have.
    """

    adjustment_id: UUID
    kind: str
    number: int
    series: str
    date: dt.date
    text: str
    rows: list[RowView]
    text_changes: list[TextChangeView]
    files: list[str]
    verdict: Literal["ready", "refused", "already_there"]
    faults: list[VoucherFault]
    found: VoucherInFortnox | None


class PreviewCounts(View):
    ready: int = Field(ge=0)
    refused: int = Field(ge=0)
    already_there: int = Field(ge=0)


class ExportPreview(View):
    counts: PreviewCounts
    vouchers: list[PreviewedVoucher]
