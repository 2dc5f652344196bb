"""Which years to read, and whether a file is of the year that was asked for (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from services.importer.cursor import PlannedYear
from services.importer.sie import SieFile
from shared.errors import Rejected
from shared.fortnox import FinancialYear

FIRST_YEARS = 3  # at a first import, as in the product followed
LONGEST_YEAR_MONTHS = 18  # bokföringslagen 3 kap. 3 §


def plan_years(years: Iterable[FinancialYear], year_end: date, count: int = FIRST_YEARS) -> tuple[PlannedYear, ...]:
    """Return the year that ends on `year_end` and those before it by date, `count` in all, earliest first.

    Fortnox' ids follow the order in which years were made, and years may be long, short or have a hole between them.
    Raises Rejected "year-missing".
    """
    by_date = sorted(years, key=lambda year: year.from_date)
    place = next((place for place, year in enumerate(by_date) if year.to_date == year_end), None)
    if place is None:
        found = ", ".join(f"{year.from_date} to {year.to_date}" for year in by_date) or "none"
        raise Rejected("year-missing", f"no financial year in Fortnox ends on {year_end}; there are: {found}")
    return tuple(
        PlannedYear(
            id=year.id, from_date=year.from_date, to_date=year.to_date, accounting_method=year.accounting_method
        )
        for year in by_date[max(0, place + 1 - count) : place + 1]
    )


def left_out(years: Iterable[FinancialYear], planned: Sequence[PlannedYear]) -> tuple[str, ...]:
    """Name the years that Fortnox has and the plan has not, by date."""
    ids = {year.id for year in planned}
    by_date = sorted(years, key=lambda year: year.from_date)
    return tuple(f"{year.from_date} to {year.to_date}" for year in by_date if year.id not in ids)


def require_ledger(file: SieFile) -> None:
    """Raise Rejected "wrong-sie-type" unless the file is of type 4: the others leave the vouchers out."""
    if file.sie_type != 4:
        raise Rejected("wrong-sie-type", f"asked for a SIE file of type 4, got one of type {file.sie_type}")


def require_year(file: SieFile, year: PlannedYear) -> None:
    """Raise Rejected "wrong-year" when the file is of another year than the one that was asked for.

    Fortnox takes the year that its user last looked at when a request does not get through to the right one.
    """
    stated = file.years.get(0)
    if stated is None or (stated.from_date, stated.to_date) != (year.from_date, year.to_date):
        said = f"{stated.from_date} to {stated.to_date}" if stated else "no year"
        raise Rejected("wrong-year", f"asked for {year}, the file holds {said}")


def require_length(year: PlannedYear) -> None:
    """Raise Rejected "wrong-year" when the year is longer than any may be (bokföringslagen 3 kap. 3 §)."""
    first, last = year.from_date, year.to_date
    months_begun = (last.year - first.year) * 12 + last.month - first.month + (last.day >= first.day)
    if months_begun > LONGEST_YEAR_MONTHS:
        raise Rejected("wrong-year", f"the file holds {year}, which is longer than {LONGEST_YEAR_MONTHS} months")
