"""The verdict on an adjustment before anything is written to Fortnox (pure).

The rules are Fortnox' own advice (developer guides: best practices, vouchers): the year exists, the series is manual
in it, the accounts are active in it, the period is open, the sum is zero, the characters are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.adjustments.content import AdjustmentContent
from shared.adjustments.facts import YearFacts
from shared.adjustments.rules import Fault, faults


def verdict(content: AdjustmentContent, series: str, facts: YearFacts | None) -> list[Fault]:
    """Return why Fortnox would refuse the adjustment in this series, empty when nothing speaks against it.

    `facts` are those of the engagement's year, None when Fortnox lacks it. Cost centres and projects are left to
    Fortnox.
    """
    if facts is None:
        return [Fault(None, "year-missing", "Fortnox has no financial year that ends on that day")]
    found = faults(content, first_day=facts.first_day, last_day=facts.last_day)
    return [*found, *_series_faults(series, facts), *_lock_faults(content, facts), *_account_faults(content, facts)]


def _series_faults(series: str, facts: YearFacts) -> Iterator[Fault]:
    if series not in facts.series:
        yield Fault(None, "series-unknown", f"the year has no series {series}")
    elif not facts.series[series]:
        yield Fault(None, "series-not-manual", f"series {series} is not open for manual vouchers")


def _lock_faults(content: AdjustmentContent, facts: YearFacts) -> Iterator[Fault]:
    if facts.locked_until is not None and content.date <= facts.locked_until:
        yield Fault(None, "period-locked", f"Fortnox is locked up to {facts.locked_until}")


def _account_faults(content: AdjustmentContent, facts: YearFacts) -> Iterator[Fault]:
    for position, row in enumerate(content.rows, start=1):
        active = facts.accounts.get(int(row.account)) if row.account.isdecimal() else None
        if active is None:
            yield Fault(position, "account-not-found", f"row {position}: the year has no account {row.account}")
        elif not active:
            yield Fault(position, "account-inactive", f"row {position}: account {row.account} is not active")
