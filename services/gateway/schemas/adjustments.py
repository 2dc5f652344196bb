"""Year-end adjustments as the closing program sends them and sees them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.gateway.schemas.base import AmountIn, AmountOut, Body, View

ObjectCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Status = Literal[
    "not_transferred", "transferred", "transferred_excluded", "not_applicable", "deleted", "refused", "unknown"
]

EXAMPLE: JsonDict = {
    "kind": "V",
    "number": 1,
    "date": "2025-12-31",
    "text": "Avskrivning inventarier",
    "rows": [
        {"account": "7832", "debit": "12500.00"},
        {"account": "1229", "credit": "12500.00", "text": "Årets avskrivning"},
    ],
}


class NewRow(Body):
    """One side of a voucher: either debit or credit."""

    account: Annotated[str, Field(max_length=20)]
    debit: AmountIn = 0
    credit: AmountIn = 0
    cost_center: ObjectCode = ""
    project: ObjectCode = ""
    text: Annotated[str, Field(max_length=100)] = ""


class NewAdjustment(Body):
    """A voucher of the closing program, known by kind and number: V is made by the user, S by the program."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: Literal["V", "S"]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    date: dt.date
    text: Annotated[str, Field(max_length=200)]
    rows: Annotated[list[NewRow], Field(max_length=1000)]


class NewStatus(Body):
    """What the firm has decided about an adjustment that is not in Fortnox; what is there has to be undone first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "not_applicable"}]})

    status: Literal["not_transferred", "not_applicable", "deleted"]


class RowView(View):
    account: str
    debit: AmountOut = Field(validation_alias="debit_ore")
    credit: AmountOut = Field(validation_alias="credit_ore")
    cost_center: str | None
    project: str | None
    text: str | None


class FileView(View):
    """A document that goes to Fortnox with the voucher; `sha256` is over its bytes, in hexadecimal."""

    id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    added_by: str
    created_at: dt.datetime


class FileList(View):
    items: list[FileView]


class VoucherOfAdjustment(View):
    """The adjustment's newest way into Fortnox.

    `in_ledger` says how the newest import that tells has seen the voucher (`in_ledger_import_id`): as-posted, edited,
    missing, or null while no ledger has it; `in_ledger_reason` what differs.
    """

    id: UUID
    export_id: UUID
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


class AdjustmentView(View):
    """`transferred_excluded` was read back with the ledger: the closing program leaves its own copy out of its figures."""

    id: UUID
    kind: str
    number: int
    date: dt.date
    text: str
    status: Status
    created_at: dt.datetime
    rows: list[RowView]
    files: list[FileView]
    voucher: VoucherOfAdjustment | None
