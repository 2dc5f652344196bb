"""What an adjustment must be in itself, whatever Fortnox says (pure).

Bokföringslagen 5 kap. 7 § asks of a voucher a date, a text and an amount; that it balances is double entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.adjustments.content import AdjustmentContent, RowContent, as_it_arrives
from shared.money import kronor

_ACCOUNT = re.compile(r"[1-9][0-9]{3}")
_LARGEST_ORE = 10**15 - 1  # Fortnox' JSON numbers are exact up to fifteen digits


@dataclass(frozen=True)
class Fault:
    """Something that keeps an adjustment out of Fortnox; `row` counts from 1 and is None for the whole voucher."""

    row: int | None
    code: str
    reason: str


def faults(content: AdjustmentContent, *, first_day: date, last_day: date) -> list[Fault]:
    """Return what is wrong with the adjustment in the financial year from `first_day` to `last_day`."""
    found = list(_faults_of_whole(content, first_day, last_day))
    for position, row in enumerate(content.rows, start=1):
        found += [Fault(position, code, f"row {position}: {reason}") for code, reason in _faults_of_row(row)]
    return found


def _faults_of_whole(content: AdjustmentContent, first_day: date, last_day: date) -> Iterator[Fault]:
    if not first_day <= content.date <= last_day:
        yield Fault(None, "date-outside-year", f"{content.date} is not in the year {first_day} to {last_day}")
    if not as_it_arrives(content).text:
        yield Fault(None, "text-missing", "the voucher has no text in characters that Fortnox takes")
    if not content.rows:
        yield Fault(None, "rows-missing", "the voucher has no rows")
    difference_ore = sum(row.debit_ore - row.credit_ore for row in content.rows)
    if difference_ore:
        yield Fault(None, "unbalanced", f"debit and credit differ by {kronor(difference_ore)}")


def _faults_of_row(row: RowContent) -> Iterator[tuple[str, str]]:
    if not _ACCOUNT.fullmatch(row.account):
        yield "account-invalid", f"{row.account!r} is no account number"
    if row.debit_ore < 0 or row.credit_ore < 0:
        yield "amount-negative", "an amount is below zero"
    elif row.debit_ore and row.credit_ore:
        yield "row-two-sided", "both debit and credit are given"
    elif not row.debit_ore and not row.credit_ore:
        yield "row-empty", "neither debit nor credit is given"
    if max(row.debit_ore, row.credit_ore) > _LARGEST_ORE:
        yield "amount-too-large", "the amount has more than fifteen digits"
