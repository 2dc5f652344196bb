"""Booking into a company: vouchers with rows that balance, corrections of them, and their numbers at the end.

A voucher gets its number only when everything is booked, because Fortnox numbers in order of registration while the
generator books subject by subject.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from services.sandbox import names
from services.sandbox.company import (
    Company,
    FinancialYear,
    Invoice,
    Payment,
    ReferenceType,
    SupplierInvoice,
    Voucher,
    VoucherRow,
)
from services.sandbox.truth import Truth

Linked = Invoice | SupplierInvoice | Payment


@dataclass(frozen=True)
class Line:
    """A row to be booked; debit positive."""

    account: int
    amount_ore: int
    text: str = ""
    cost_center: str = ""
    project: str = ""

    def row(self, added_by: str = "") -> VoucherRow:
        return VoucherRow(
            self.account,
            debit_ore=max(self.amount_ore, 0),
            credit_ore=max(-self.amount_ore, 0),
            text=self.text,
            cost_center=self.cost_center,
            project=self.project,
            added_by=added_by,
        )


def to_ore(amount_minor: int, rate: str, unit: int = 1) -> int:
    """Return öre for hundredths of a currency at `rate` SEK per `unit`, half away from zero."""
    return int((Decimal(amount_minor) * Decimal(rate) / unit).quantize(Decimal(1), ROUND_HALF_UP))


class Books:
    """The one way to book: keeps the company and the truth in step; `today` is the last day that has happened."""

    def __init__(self, company: Company, truth: Truth, rng: random.Random, today: date) -> None:
        self.company = company
        self.truth = truth
        self.rng = rng
        self.today = today
        self.user = names.person(rng)
        self._years = company.years_by_date()
        self._starts = [year.from_date for year in self._years]
        self._booked: list[Voucher] = []
        self._links: list[tuple[Linked, Voucher, str]] = []

    def year_of(self, day: date) -> FinancialYear:
        place = bisect_right(self._starts, day) - 1
        if place < 0 or day > self._years[place].to_date:
            raise ValueError(f"no financial year holds {day}")
        return self._years[place]

    def instant(self, day: date) -> datetime:
        return datetime.combine(day, time(self.rng.randint(7, 17), self.rng.randint(0, 59)), UTC)

    def book(
        self,
        series: str,
        day: date,
        text: str,
        lines: Sequence[Line],
        *,
        reference_type: ReferenceType = "MANUAL",
        reference_number: str = "",
        registered: date | None = None,
    ) -> Voucher:
        """Book a voucher; ValueError when it does not balance or its year lacks the series."""
        year = self.year_of(day).id
        if sum(line.amount_ore for line in lines):
            raise ValueError(f"{text!r} of {day} does not balance")
        if (year, series) not in self.company.series:
            raise ValueError(f"year {year} has no series {series}")
        registered = min(registered or day, max(day, self.today))
        voucher = Voucher(
            year,
            series,
            0,
            day,
            text,
            [line.row() for line in lines],
            registered,
            self.instant(registered),
            reference_type=reference_type,
            reference_number=reference_number,
        )
        for line in lines:
            self.truth.post(year, line.account, day, line.amount_ore)
        self.truth.count(year, vouchers=1, rows=len(lines))
        self._booked.append(voucher)
        return voucher

    def correct(self, voucher: Voucher, struck: Iterable[int], added: Sequence[Line], on: date) -> None:
        """Strike the rows at the indexes `struck` and add rows; ValueError when the voucher no longer balances."""
        for index in struck:
            row = voucher.rows[index]
            row.removed, row.removed_by = True, self.user
            self.truth.post(voucher.year, row.account, voucher.date, -row.amount_ore)
            self.truth.count(voucher.year, rows=-1, removed=1)
        for line in added:
            voucher.rows.append(line.row(added_by=self.user))
            self.truth.post(voucher.year, line.account, voucher.date, line.amount_ore)
            self.truth.count(voucher.year, rows=1, added=1)
        if sum(row.amount_ore for row in voucher.booked_rows):
            raise ValueError(f"{voucher.description!r} does not balance after the correction")
        voucher.modified = self.instant(min(max(on, voucher.registered), max(voucher.date, self.today)))

    def set_opening(self, year: FinancialYear, account: int, opening_ore: int) -> None:
        self.company.accounts[year.id, account].opening_ore = opening_ore
        self.truth.open(year.id, account, opening_ore)

    def link(self, record: Linked, voucher: Voucher, name: Literal["voucher", "reversal"] = "voucher") -> None:
        """Have the record name the voucher once it has its number."""
        self._links.append((record, voucher, name))

    def booked_count(self, year: FinancialYear) -> int:
        return self.truth.counts(year.id).vouchers

    def assign_numbers(self) -> None:
        """Give each voucher its number, per year and series in order of registration, and hand them to the company."""
        last: dict[tuple[int, str], int] = defaultdict(int)
        for voucher in sorted(self._booked, key=lambda v: v.registered):
            last[voucher.year, voucher.series] += 1
            voucher.number = last[voucher.year, voucher.series]
        for voucher in sorted(self._booked, key=lambda v: v.key):
            self.company.vouchers[voucher.key] = voucher
        for record, voucher, name in self._links:
            setattr(record, name, voucher.key)
