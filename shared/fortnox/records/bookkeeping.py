"""Company, financial years, accounts, series and vouchers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.fortnox.records.base import Part, Record, VoucherKey
from shared.fortnox.records.fields import (
    Blank,
    Day,
    Dimension,
    Flag,
    Key,
    OptionalDay,
    OptionalOre,
    OptionalWhole,
    Ore,
    Text,
    Whole,
)


class CompanyInformation(Record):
    kind: ClassVar = "company"
    identity: ClassVar = ("DatabaseNumber",)

    tenant_id: Key = Field(alias="DatabaseNumber")
    name: Text = Field(alias="CompanyName")
    organisation_number: Text = Field(alias="OrganizationNumber")


class FinancialYear(Record):
    """`id` counts in order of creation: it is neither a calendar year nor chronological."""

    kind: ClassVar = "financial year"
    identity: ClassVar = ("Id",)

    id: Whole
    from_date: Day
    to_date: Day
    accounting_method: Text = ""


class Account(Record):
    """An account of one financial year; most accounts of a chart are inactive and refuse vouchers."""

    kind: ClassVar = "account"
    identity: ClassVar = ("Number", "Year")

    number: Whole
    year: Whole
    description: Text = ""
    active: Flag
    balance_brought_forward_ore: OptionalOre = Field(alias="BalanceBroughtForward")
    sru: OptionalWhole = Field(alias="SRU")
    vat_code: Text = Field(default="", alias="VATCode")
    cost_center_settings: Text = ""
    project_settings: Text = ""
    transaction_information_settings: Text = ""


class Approver(Part):
    """Who has to approve the vouchers of a series."""

    name: Text = ""


class VoucherSeries(Record):
    """A series of one financial year; only a manual one takes vouchers. The list leaves out the next number."""

    kind: ClassVar = "voucher series"
    identity: ClassVar = ("Code", "Year")

    code: Key
    year: Whole
    description: Text = ""
    manual: Flag
    approver: Annotated[Approver | None, Blank] = None
    next_voucher_number: OptionalWhole


class PredefinedAccount(Record):
    """For example CUSTCLAIM (receivables) and SUPDEBT (payables)."""

    kind: ClassVar = "predefined account"
    identity: ClassVar = ("Name",)

    name: Key
    account: OptionalWhole


class LockedPeriod(Record):
    """`end_date` is the last locked day; None when nothing is locked."""

    kind: ClassVar = "locked period"
    identity: ClassVar = ()

    end_date: OptionalDay


class VoucherListItem(Record):
    """A voucher without its rows. `reference_type` is no reliable link to the source document."""

    kind: ClassVar = "voucher"
    identity: ClassVar = ("VoucherSeries", "VoucherNumber", "Year")

    series: Key = Field(alias="VoucherSeries")
    number: Whole = Field(alias="VoucherNumber")
    year: Whole
    transaction_date: OptionalDay
    description: Text = ""
    comments: Text = ""
    reference_type: Text = ""
    reference_number: Text = ""
    approval_state: OptionalWhole

    @property
    def key(self) -> VoucherKey:
        return VoucherKey(self.series, self.number, self.year)


class VoucherRow(Part):
    """A row; a `removed` one was struck in Fortnox: history, not booked. `description` is the account's name."""

    account: Whole
    debit_ore: Ore = Field(alias="Debit")
    credit_ore: Ore = Field(alias="Credit")
    removed: Flag = False
    description: Text = ""
    transaction_information: Text = ""
    cost_center: Dimension = ""
    project: Dimension = ""


class Voucher(VoucherListItem):
    """A voucher with all its rows, struck ones included."""

    transaction_date: Day
    rows: tuple[VoucherRow, ...] = Field(alias="VoucherRows")

    @property
    def booked_rows(self) -> tuple[VoucherRow, ...]:
        """The rows that count: summing the struck ones too gives wrong balances."""
        return tuple(row for row in self.rows if not row.removed)
