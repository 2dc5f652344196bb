"""What another data source, or a later import, says differently from the ledger that was known before."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from services.gateway.schemas.base import AmountOut, Body, View

COMPARISON = "The comparison that was shown: then no other one is accepted."


class DataSource(Body):
    """`accept_differences` is true, or the id of the comparison that was shown."""

    model_config = Body.model_config | {
        "json_schema_extra": {"examples": [{"data_source": "fortnox", "accept_differences": False}]}
    }

    data_source: Literal["fortnox", "sie"]
    accept_differences: StrictBool | UUID = Field(default=False, description=COMPARISON)


class YearDifferenceView(View):
    """`state` is compared, added (new: nothing to compare it with, not listed below) or gone (another took its place)."""

    from_date: date
    to_date: date
    state: Literal["compared", "added", "gone"]


class PeriodDifferenceView(View):
    period: str = Field(examples=["2025-03"])
    difference: AmountOut = Field(validation_alias="difference_ore")


class AccountDifferenceView(View):
    """One account of one year; `difference` is of the closing balances, `periods` are the months whose rows differ."""

    year_from: date
    account: str
    name: str
    opening_before: AmountOut = Field(validation_alias="opening_before_ore")
    opening_after: AmountOut = Field(validation_alias="opening_after_ore")
    closing_before: AmountOut = Field(validation_alias="closing_before_ore")
    closing_after: AmountOut = Field(validation_alias="closing_after_ore")
    difference: AmountOut = Field(validation_alias="difference_ore")
    periods: list[PeriodDifferenceView]


class DifferingRowView(View):
    kind: str
    account: str
    amount: AmountOut = Field(validation_alias="amount_ore")
    text: str


class DifferingVoucherView(View):
    date: date
    text: str
    rows: list[DifferingRowView]


class VoucherDifferenceView(View):
    """One voucher as it was and as it is; null where only the other knows it.

    `adjustment` ("V1") says that it was exported from here and is no change of the client's own; `reverses` ("A 12") that
    it takes that voucher back. `as_posted` tells whether it is what was posted: false means that somebody edited it.
    """

    year_from: date
    series: str
    number: str
    change: Literal["added", "changed", "gone"]
    before: DifferingVoucherView | None
    after: DifferingVoucherView | None
    adjustment: str | None = Field(default=None, examples=["V1"])
    reverses: str | None = Field(default=None, examples=["A 12"])
    as_posted: bool | None = None


class DifferencesView(View):
    """The difference that an import makes to the ledger before it, account by account and voucher by voucher.

    `counts` are vouchers added, changed and gone, those among them that were exported from here (`ours`), and accounts. The vouchers come in pages: `next_cursor` is for
    `/v1/imports/{import_id}/differences`.
    """

    import_id: UUID
    source: str
    years: list[YearDifferenceView]
    counts: dict[str, int]
    accounts: list[AccountDifferenceView]
    vouchers: list[VoucherDifferenceView]
    next_cursor: str | None
