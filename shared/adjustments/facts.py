"""What Fortnox has for one financial year, as far as a voucher's fate depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.adjustments.content import AdjustmentContent
from shared.fortnox import Account, FinancialYear, FortnoxClient, PermissionMissing

COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class AccountFacts:
    """The settings say ALLOWED, MANDATORY or NOTALLOWED; "" where Fortnox does not say."""

    active: bool
    cost_center: str = ""
    project: str = ""
    row_text: str = ""


@dataclass(frozen=True)
class YearFacts:
    """`series` says of each code whether it is manual.

    `cost_centers` and `projects` say of each whether it takes vouchers; None where nobody asked or the connection may
    not look: then Fortnox judges.
    """

    year_id: int
    first_day: date
    last_day: date
    series: Mapping[str, bool]
    accounts: Mapping[int, AccountFacts]
    locked_until: date | None
    cost_centers: Mapping[str, bool] | None = None
    projects: Mapping[str, bool] | None = None


def year_ending(fortnox: FortnoxClient, year_end: date) -> FinancialYear | None:
    """Return the financial year that ends on that very day, as an import demands; Fortnox' ids say nothing about time."""
    return next((year for year in fortnox.financial_years() if year.to_date == year_end), None)


def read_year_facts(
    fortnox: FortnoxClient, year_end: date, contents: Iterable[AdjustmentContent] = ()
) -> YearFacts | None:
    """Return the facts of the year that ends then, None when Fortnox has no such year.

    Four calls and the further pages of the chart, and one more for each dimension that any of the contents names.
    """
    year = year_ending(fortnox, year_end)
    if year is None:
        return None
    rows = [row for content in contents for row in content.rows]
    return YearFacts(
        year_id=year.id,
        first_day=year.from_date,
        last_day=year.to_date,
        series={series.code: series.manual for series in fortnox.voucher_series(year.id)},
        accounts={account.number: _account_facts(account) for account in fortnox.accounts(year.id)},
        locked_until=fortnox.locked_until(),
        cost_centers=_cost_centers(fortnox) if any(row.cost_center for row in rows) else None,
        projects=_projects(fortnox) if any(row.project for row in rows) else None,
    )


def _account_facts(account: Account) -> AccountFacts:
    return AccountFacts(
        active=account.active,
        cost_center=account.cost_center_settings,
        project=account.project_settings,
        row_text=account.transaction_information_settings,
    )


def _cost_centers(fortnox: FortnoxClient) -> Mapping[str, bool] | None:
    try:
        return {center.code: center.active for center in fortnox.cost_centers()}
    except PermissionMissing:  # a connection from before we asked for the right
        return None


def _projects(fortnox: FortnoxClient) -> Mapping[str, bool] | None:
    try:
        return {project.number: project.status != COMPLETED for project in fortnox.projects()}
    except PermissionMissing:
        return None
