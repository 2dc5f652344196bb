"""Runs that send adjustments to Fortnox, or take them back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from services.gateway.schemas.base import Body, Name, View

SeriesCode = Annotated[str, Field(min_length=1, max_length=10)]
Chosen = Annotated[list[UUID], Field(min_length=1, max_length=1000)]
FINAL_STATES = frozenset({"completed", "failed"})


class NewExport(Body):
    """One series for all, or one for each kind; without `adjustments` all go that are not transferred."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"series": {"V": "A", "S": "B"}}]})

    series: SeriesCode | Annotated[dict[Literal["V", "S"], SeriesCode], Field(min_length=1)]
    adjustments: Chosen | None = None

    def series_by_kind(self) -> dict[str, str]:
        return dict.fromkeys(("V", "S"), self.series) if isinstance(self.series, str) else dict(self.series.items())


class NewUndo(Body):
    """Without `adjustments` everything is taken back that the export has posted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    adjustments: Chosen | None = None


class NewDecision(Body):
    """What a person has found out in Fortnox: the voucher is booked there under this number, or it is not.

    `name` says who has looked.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "posted", "series": "A", "number": 12, "name": "Anna Andersson"}]}
    )

    outcome: Literal["posted", "not_booked"]
    series: SeriesCode | None = None
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _names_the_voucher(self) -> NewDecision:
        named = self.series is not None and self.number is not None
        if named != (self.outcome == "posted") or (self.series is None) != (self.number is None):
            raise ValueError("posted needs series and number, not_booked neither")
        return self


class NewFileDecision(Body):
    """The file hangs on its voucher, or what kept it out has been put right and it is to be sent again.

    `name` says who has looked.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "send_again", "name": "Anna Andersson"}]})

    outcome: Literal["connected", "send_again"]
    name: Name | None = None


class ExportedFile(View):
    """`state` is planned, uploading, uploaded, connecting, connected, refused, unknown or needs-human."""

    file_id: UUID
    name: str
    state: str
    reason_code: str | None
    reason: str | None


class ExportedVoucher(View):
    """`fortnox_number` and `fortnox_year` name the voucher in Fortnox once it is posted.

    With `reverses_id` it takes another one back, whose id that is. `in_ledger` says how the newest import that tells has
    seen it (`in_ledger_import_id`): as-posted, edited, missing, or null while no ledger has it. `date` and `text` are
    those that were posted, whatever the adjustment says by now.
    """

    id: UUID
    adjustment_id: UUID
    reverses_id: UUID | None
    kind: str
    number: int
    date: dt.date
    text: str
    state: str
    series: str
    fortnox_number: int | None
    fortnox_year: int | None
    posted_at: dt.datetime | None
    in_ledger: str | None
    in_ledger_reason: str | None
    in_ledger_import_id: UUID | None
    reason_code: str | None
    reason: str | None
    updated_at: dt.datetime
    files: list[ExportedFile]


class ExportSummary(View):
    """`vouchers_by_state` and `files_by_state` count; with `undoes_id` the run takes that export back."""

    id: UUID
    engagement_id: UUID
    undoes_id: UUID | None
    state: str
    series: dict[str, str]
    vouchers_by_state: dict[str, int]
    files_by_state: dict[str, int]
    share_done: float = Field(ge=0, le=1, description="The share of the vouchers that have an outcome.")
    reason_code: str | None
    reason: str | None
    waiting_until: dt.datetime | None
    fortnox_requests: int
    requested_by: str
    created_at: dt.datetime
    finished_at: dt.datetime | None


class ExportView(ExportSummary):
    vouchers: list[ExportedVoucher]
