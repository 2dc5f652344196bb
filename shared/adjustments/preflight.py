"""The verdict on an adjustment before anything is written to Fortnox (pure).

The rules are Fortnox' own advice (developer guides: best practices, vouchers): the year exists, the series is manual
in it, the accounts are active in it, the period is open, the sum is zero, the characters are allowed. What an account
demands of cost centre, project and row text is set per account and year (Fortnox' resource accounts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.adjustments.content import AdjustmentContent, RowContent, as_it_arrives
from shared.adjustments.facts import AccountFacts, YearFacts
from shared.adjustments.rules import Fault, faults

MANDATORY, NOT_ALLOWED = "MANDATORY", "NOTALLOWED"


def verdict(content: AdjustmentContent, series: str, facts: YearFacts | None) -> list[Fault]:
    """Return why Fortnox would refuse the adjustment in this series, empty when nothing speaks against it.

    `facts` are those of the engagement's year, None when Fortnox lacks it.
    """
    if facts is None:
        return [Fault(None, "year-missing", "Fortnox has no financial year that ends on that day")]
    found = faults(content, first_day=facts.first_day, last_day=facts.last_day)
    return [*found, *_series_faults(series, facts), *_lock_faults(content, facts), *_faults_of_rows(content, facts)]


def _series_faults(series: str, facts: YearFacts) -> Iterator[Fault]:
    if series not in facts.series:
        yield Fault(None, "series-unknown", f"the year has no series {series}")
    elif not facts.series[series]:
        yield Fault(None, "series-not-manual", f"series {series} is not open for manual vouchers")


def _lock_faults(content: AdjustmentContent, facts: YearFacts) -> Iterator[Fault]:
    if facts.locked_until is not None and content.date <= facts.locked_until:
        yield Fault(None, "period-locked", f"Fortnox is locked up to {facts.locked_until}")


def _faults_of_rows(content: AdjustmentContent, facts: YearFacts) -> Iterator[Fault]:
    for position, row in enumerate(as_it_arrives(content).rows, start=1):
        account = facts.accounts.get(int(row.account)) if row.account.isdecimal() else None
        for code, reason in _faults_of_row(row, account, facts):
            yield Fault(position, code, f"row {position}: {reason}")


def _faults_of_row(row: RowContent, account: AccountFacts | None, facts: YearFacts) -> Iterator[tuple[str, str]]:
    if account is None:
        yield "account-not-found", f"the year has no account {row.account}"
        return
    if not account.active:
        yield "account-inactive", f"account {row.account} is not active"
    for name, words, setting, value in (
        ("cost-center", "a cost centre", account.cost_center, row.cost_center),
        ("project", "a project", account.project, row.project),
        ("row-text", "a row text", account.row_text, row.text),
    ):
        if setting == MANDATORY and not value:
            yield f"{name}-missing", f"account {row.account} demands {words}"
        elif setting == NOT_ALLOWED and value:
            yield f"{name}-not-allowed", f"account {row.account} takes {words.replace('a ', 'no ', 1)}"
    yield from _register_faults("cost-center", "cost centre", row.cost_center, facts.cost_centers)
    yield from _register_faults("project", "project", row.project, facts.projects)


def _register_faults(
    name: str, words: str, value: str, register: Mapping[str, bool] | None
) -> Iterator[tuple[str, str]]:
    if not value or register is None:
        return
    if value not in register:
        yield f"{name}-unknown", f"Fortnox has no {words} {value}"
    elif not register[value]:
        yield f"{name}-closed", f"{words} {value} is closed"
