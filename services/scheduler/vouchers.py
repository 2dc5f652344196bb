"""The ledger side of a schedule (pure): what vouchers and opening balances put on the accounts of claims or debts.

All amounts in öre with the sign of the schedule: what makes the claim or the debt larger is positive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

VoucherKey = tuple[date, str, str]
"""First day of the financial year, series, number."""

Day = date  # a field called `date` hides the type from the fields below it


@dataclass(frozen=True, slots=True)
class Posting:
    """A voucher as the ledger has it: what it put on each account of claims, and its other rows.

    `others_ore` are the amounts of the other rows (the money that comes in from a customer or leaves for a supplier is
    positive), `counter_accounts` their accounts. `ours` says that the voucher was exported from here.
    """

    date: Day
    claims_ore: dict[str, int]
    others_ore: set[int] = field(default_factory=set)
    counter_accounts: set[str] = field(default_factory=set)
    text: str = ""
    ours: bool = False


@dataclass(frozen=True)
class LedgerYear:
    """An imported financial year with its opening balances on accounts of claims; `cash` is the cash method."""

    first_day: date
    last_day: date
    opening_ore: Mapping[str, int] = field(default_factory=dict)
    cash: bool = False


@dataclass(frozen=True)
class Ledger:
    """The vouchers of the imported years, from `first_day` to `last_day`, that touch an account of claims or debts.

    `accounts` are those of the schedule: the first is the predefined one. `years` are in order of date; without them
    the ledger is one year that opens with nothing.
    """

    postings: Mapping[VoucherKey, Posting]
    accounts: Collection[str]
    first_day: date
    last_day: date
    years: Sequence[LedgerYear] = ()

    @property
    def predefined(self) -> str:
        return next(iter(self.accounts))

    def accounting_date(self, voucher: VoucherKey | None, own_date: date) -> date:
        """Return the voucher's date; of a voucher that is not at hand the day of its year closest to `own_date`."""
        if voucher is None:
            return own_date
        posting = self.postings.get(voucher)
        if posting is not None:
            return posting.date
        day = max(own_date, voucher[0])
        # A voucher of a year before the imported ones is in their opening balance, whatever its document says.
        return min(day, self.first_day - timedelta(days=1)) if voucher[0] < self.first_day else day

    def amount_ore(self, posting: Posting) -> int:
        """Return what the voucher put on the accounts of the schedule."""
        total_ore = 0
        for account, amount_ore in posting.claims_ore.items():
            if account in self.accounts:
                total_ore += amount_ore
        return total_ore

    def years_until(self, day: date) -> list[LedgerYear]:
        """Return the imported years that have begun by `day`, by date."""
        years = self.years or (LedgerYear(self.first_day, self.last_day),)
        return [year for year in years if year.first_day <= day]

    def balances_ore(self, day: date) -> dict[str, int]:
        """Return the balance of each account of the schedule at the end of `day`: opening plus rows of that year."""
        years = self.years_until(day)
        if not years:
            return dict.fromkeys(self.accounts, 0)
        year = years[-1]
        balances = {account: year.opening_ore.get(account, 0) for account in self.accounts}
        for (year_from, _, _), posting in self.postings.items():
            if year_from == year.first_day and posting.date <= day:
                for account, amount_ore in posting.claims_ore.items():
                    if account in balances:
                        balances[account] += amount_ore
        return balances


def voucher_label(voucher: VoucherKey, day: date) -> str:
    """Return how a voucher is named in a schedule: series, number and date, "A 57 2025-12-31"."""
    return f"{voucher[1]} {voucher[2]} {day}"
