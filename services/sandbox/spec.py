"""What a company is to be generated with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

CAUSES = frozenset({"D01", "D02", "D03", "D04", "D05", "D06", "D07", "D08", "D09", "D10", "D12", "D13", "D14", "D15"})
"""Causes of a difference between sub-ledger and ledger that can be seeded side by side (product words D01 to D15)."""

CASH_METHOD = frozenset({"D11"})
"""The cause of a company that books nothing before it is paid; no other can be seeded in it."""

CALENDAR_YEARS = tuple((date(year, 1, 1), date(year, 12, 31)) for year in (2023, 2024, 2025, 2026))


@dataclass(frozen=True)
class CompanySpec:
    """A company to be generated; the same spec always gives the same company.

    `years` follow each other without gaps; the last one may be running: nothing is dated after `today`, which defaults
    to 90 days into the last year. `causes` are seeded around each of `cause_dates`, by default the last year-end that
    has passed. Shares are of the invoices. The last year that has ended is left unclosed unless `close_last_ended`.
    Half of those that are cancelled after they were booked keep their voucher in the ledger.
    """

    seed: int
    vouchers_per_year: int = 600
    years: tuple[tuple[date, date], ...] = CALENDAR_YEARS
    today: date | None = None
    customers: int = 25
    suppliers: int = 20
    invoices_per_year: int = 120
    supplier_invoices_per_year: int = 100
    credit_note_share: float = 0.06
    part_payment_share: float = 0.10
    unpaid_share: float = 0.03
    overpaid_share: float = 0.01
    write_off_share: float = 0.02
    rounding_share: float = 0.05
    prepaid_share: float = 0.02
    cancelled_share: float = 0.0
    foreign_share: float = 0.12
    correction_share: float = 0.05
    cost_centers: int = 4
    projects: int = 6
    causes: frozenset[str] = frozenset()
    cause_dates: tuple[date, ...] | None = None
    close_last_ended: bool = False
    locked_until: date | None = None
    database_number: int | None = None
    name: str | None = None
    organisation_number: str | None = None

    def __post_init__(self) -> None:
        if not self.years:
            raise ValueError("a company needs at least one year")
        for (from_date, to_date), following in zip(self.years, (*self.years[1:], None), strict=True):
            if not from_date < to_date <= from_date + timedelta(days=550):
                raise ValueError(f"a financial year has at most 18 months: {from_date} to {to_date}")
            if following is not None and following[0] != to_date + timedelta(days=1):
                raise ValueError(f"the year after {to_date} begins on {following[0]}")
        if self.causes != CASH_METHOD and (unknown := self.causes - CAUSES):
            raise ValueError(f"causes that cannot be seeded: {', '.join(sorted(unknown))}")

    @property
    def cash_method(self) -> bool:
        return self.causes == CASH_METHOD

    @property
    def last_day(self) -> date:
        """The last day on which anything is dated."""
        from_date, to_date = self.years[-1]
        return min(to_date, self.today or from_date + timedelta(days=90))

    @property
    def difference_dates(self) -> tuple[date, ...]:
        if self.cause_dates is not None:
            return self.cause_dates
        ended = [to_date for _, to_date in self.years if to_date < self.last_day]
        return tuple(ended[-1:])
