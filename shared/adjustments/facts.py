"""What Fortnox has for one financial year, as far as a voucher's fate depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared.fortnox import FinancialYear, FortnoxClient


@dataclass(frozen=True)
class YearFacts:
    """`series` says of each code whether it is manual, `accounts` of each number whether it is active."""

    year_id: int
    first_day: date
    last_day: date
    series: Mapping[str, bool]
    accounts: Mapping[int, bool]
    locked_until: date | None


def year_ending(fortnox: FortnoxClient, year_end: date) -> FinancialYear | None:
    """Return the financial year that ends on that very day, as an import demands; Fortnox' ids say nothing about time."""
    return next((year for year in fortnox.financial_years() if year.to_date == year_end), None)


def read_year_facts(fortnox: FortnoxClient, year_end: date) -> YearFacts | None:
    """Return the facts of the year that ends then, None when Fortnox has no such year.

    Four calls and the further pages of the chart.
    """
    year = year_ending(fortnox, year_end)
    if year is None:
        return None
    return YearFacts(
        year_id=year.id,
        first_day=year.from_date,
        last_day=year.to_date,
        series={series.code: series.manual for series in fortnox.voucher_series(year.id)},
        accounts={account.number: account.active for account in fortnox.accounts(year.id)},
        locked_until=fortnox.locked_until(),
    )
