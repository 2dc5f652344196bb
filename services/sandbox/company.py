"""What one Fortnox company holds: the data model that the generator fills and the HTTP side serves.

Amounts are integer öre. Nothing here knows HTTP, JSON or SIE. Every `modified` is an aware UTC instant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

YearId = int
VoucherKey = tuple[YearId, str, int]
Day = date  # a field called `date` hides the type from the fields below it
ReferenceType = Literal[
    "", "INVOICE", "SUPPLIERINVOICE", "INVOICEPAYMENT", "SUPPLIERPAYMENT", "MANUAL", "CASHINVOICE", "ACCRUAL"
]


@dataclass
class FinancialYear:
    """A financial year; `id` counts in order of creation and says nothing about chronology."""

    id: YearId
    from_date: date
    to_date: date
    accounting_method: Literal["ACCRUAL", "CASH"] = "ACCRUAL"


@dataclass
class Account:
    """An account of the chart of one year; `opening_ore` is the balance brought forward."""

    number: int
    description: str
    active: bool = True
    sru: int | None = None
    vat_code: str | None = None
    opening_ore: int = 0
    cost_center_settings: Literal["ALLOWED", "MANDATORY", "NOTALLOWED"] = "ALLOWED"
    project_settings: Literal["ALLOWED", "MANDATORY", "NOTALLOWED"] = "ALLOWED"


@dataclass
class Series:
    """A voucher series of one year; only a manual one accepts vouchers through the API."""

    code: str
    description: str
    manual: bool = False


@dataclass
class VoucherRow:
    """One row; `removed` rows are history, `added_by` marks a row added after the voucher was first booked."""

    account: int
    debit_ore: int = 0
    credit_ore: int = 0
    text: str = ""
    cost_center: str = ""
    project: str = ""
    removed: bool = False
    removed_by: str = ""
    added_by: str = ""

    @property
    def amount_ore(self) -> int:
        return self.debit_ore - self.credit_ore


@dataclass
class Voucher:
    year: YearId
    series: str
    number: int
    date: date
    description: str
    rows: list[VoucherRow]
    registered: Day
    modified: datetime
    comments: str | None = None
    reference_type: ReferenceType = "MANUAL"
    reference_number: str = ""

    @property
    def key(self) -> VoucherKey:
        return (self.year, self.series, self.number)

    @property
    def booked_rows(self) -> list[VoucherRow]:
        return [row for row in self.rows if not row.removed]


@dataclass
class CostCenter:
    code: str
    description: str
    active: bool = True


@dataclass
class Project:
    number: str
    description: str
    status: Literal["NOTSTARTED", "ONGOING", "COMPLETED"] = "ONGOING"


@dataclass
class Party:
    """A customer or a supplier."""

    number: str
    name: str
    organisation_number: str = ""
    city: str = ""
    country_code: str = "SE"
    currency: str = "SEK"


@dataclass
class Invoice:
    """A customer invoice, or a credit note when `total_minor` is negative.

    `total_minor`, `vat_minor` and `balance_minor` are in hundredths of the invoice's currency; `rate` is SEK per
    `unit` of it. `total_minor` includes VAT. A credit note names its invoice in `credit_of`; it is matched against it
    (no voucher, both balances fall) on the credit note's `final_pay_date`, and unmatched while that is None.
    `cancelled_on` is what Fortnox never shows; `reversal` is the voucher that took the claim back.
    """

    number: int
    customer_number: str
    invoice_date: date
    due_date: date | None
    total_minor: int
    modified: datetime
    currency: str = "SEK"
    rate: str = "1"
    unit: int = 1
    booked: bool = True
    cancelled: bool = False
    cancelled_on: date | None = None
    reversal: VoucherKey | None = None
    credit_of: int | None = None
    credited_by: int | None = None
    voucher: VoucherKey | None = None
    final_pay_date: date | None = None
    balance_minor: int = 0
    vat_minor: int = 0
    ocr: str = ""


@dataclass
class SupplierInvoice:
    """A supplier invoice, or a credit note when `total_minor` is negative; fields as in `Invoice`."""

    given_number: int
    supplier_number: str
    external_number: str
    invoice_date: date
    due_date: date | None
    total_minor: int
    modified: datetime
    currency: str = "SEK"
    rate: str = "1"
    unit: int = 1
    booked: bool = True
    cancelled: bool = False
    cancelled_on: date | None = None
    reversal: VoucherKey | None = None
    credit_of: int | None = None
    credited_by: int | None = None
    voucher: VoucherKey | None = None
    final_pay_date: date | None = None
    balance_minor: int = 0
    vat_minor: int = 0


@dataclass
class WriteOff:
    """What was let off beside the money that moved; positive makes the open amount smaller."""

    account: int
    amount_ore: int
    text: str = ""


@dataclass
class Payment:
    """A payment of a customer or a supplier invoice; `amount_ore` is SEK, `amount_minor` the invoice's currency.

    Both are the money that moved, without the write-offs; negative on a credit note or a refund. `rate` is the rate of
    the payment day.
    """

    number: int
    invoice_number: int
    date: date
    amount_ore: int
    amount_minor: int
    modified: datetime
    currency: str = "SEK"
    rate: str = "1"
    unit: int = 1
    booked: bool = True
    mode_of_payment: str = "BG"
    mode_of_payment_account: int = 1930
    write_offs: list[WriteOff] = field(default_factory=list)
    voucher: VoucherKey | None = None


@dataclass
class StoredFile:
    id: str
    name: str
    content: bytes
    folder: str
    archive_file_id: str


@dataclass
class FileConnection:
    file_id: str
    year: YearId
    series: str
    number: int


@dataclass
class Company:
    """One Fortnox company (tenant) with everything in it; keys as Fortnox counts them."""

    database_number: int
    name: str
    organisation_number: str
    address: str = "Storgatan 1"
    zip_code: str = "111 22"
    city: str = "Stockholm"
    contact: str = "Åsa Öberg"
    phone: str = "08-123 45 67"
    years: dict[YearId, FinancialYear] = field(default_factory=dict)
    preselected_year: YearId = 1
    accounts: dict[tuple[YearId, int], Account] = field(default_factory=dict)
    series: dict[tuple[YearId, str], Series] = field(default_factory=dict)
    vouchers: dict[VoucherKey, Voucher] = field(default_factory=dict)
    predefined_accounts: dict[str, int] = field(default_factory=dict)
    predefined_series: dict[str, str] = field(default_factory=dict)
    locked_until: date | None = None
    cost_centers: dict[str, CostCenter] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    customers: dict[str, Party] = field(default_factory=dict)
    suppliers: dict[str, Party] = field(default_factory=dict)
    invoices: dict[int, Invoice] = field(default_factory=dict)
    supplier_invoices: dict[int, SupplierInvoice] = field(default_factory=dict)
    invoice_payments: dict[int, Payment] = field(default_factory=dict)
    supplier_payments: dict[int, Payment] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    file_connections: list[FileConnection] = field(default_factory=list)

    def next_voucher_number(self, year: YearId, series: str) -> int:
        return 1 + max((v.number for v in self.vouchers.values() if v.year == year and v.series == series), default=0)

    def year_of(self, day: date) -> FinancialYear | None:
        return next((y for y in self.years.values() if y.from_date <= day <= y.to_date), None)

    def years_by_date(self) -> list[FinancialYear]:
        return sorted(self.years.values(), key=lambda year: year.from_date)

    def preceding_year(self, year: YearId) -> FinancialYear | None:
        """Return the year before this one by date; ids say nothing about that."""
        earlier = [y for y in self.years_by_date() if y.to_date < self.years[year].from_date]
        return earlier[-1] if earlier else None

    def accounts_of(self, year: YearId) -> list[Account]:
        return sorted((a for (y, _), a in self.accounts.items() if y == year), key=lambda account: account.number)

    def vouchers_of(self, year: YearId) -> list[Voucher]:
        """Return the year's vouchers as Fortnox lists them: by series, then by number."""
        return sorted((v for v in self.vouchers.values() if v.year == year), key=lambda v: (v.series, v.number))

    def closing_balances_ore(self, year: YearId, until: date | None = None) -> dict[int, int]:
        """Return opening balance plus booked rows up to and including `until` (the whole year when None), by account."""
        balances = {a.number: a.opening_ore for (y, _), a in self.accounts.items() if y == year}
        for voucher in self.vouchers.values():
            if voucher.year == year and (until is None or voucher.date <= until):
                for row in voucher.booked_rows:
                    balances[row.account] = balances.get(row.account, 0) + row.amount_ore
        return balances

    def closing_ore(self, year: YearId, account: int, until: date | None = None) -> int:
        """Return one balance of `closing_balances_ore`; 0 for an account that does not exist."""
        return self.closing_balances_ore(year, until).get(account, 0)
