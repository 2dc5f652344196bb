"""Opening balances, year-end closing and carrying forward, year by year in order of date."""

from __future__ import annotations

from datetime import timedelta

from services.sandbox.bookkeeping import Books, Line
from services.sandbox.chart import is_balance_account
from services.sandbox.company import FinancialYear
from services.sandbox.spec import CompanySpec
from services.sandbox.subledger import Subledger

YEAR_RESULT = 2099
RETAINED = 2091
OPENING_JUMP_ORE = 150_000


def close_and_carry_forward(books: Books, spec: CompanySpec, sides: tuple[Subledger, ...]) -> None:
    """Close each year that has ended but the last of them, and open every following year with its balances."""
    years = books.company.years_by_date()
    ended = [year for year in years if year.to_date < books.today]
    closed = ended if spec.close_last_ended else ended[:-1]
    for year, following in zip(years, (*years[1:], None), strict=True):
        if year in closed:
            _close(books, year)
        if following is None:
            continue
        for account, balance in sorted(books.truth.trial_balance(year.id).items()):
            if is_balance_account(account):
                books.set_opening(following, account, balance)
        if year in closed:
            _transfer_result(books, following)
        if "D13" in spec.causes and any(
            following.from_date <= day <= following.to_date for day in spec.difference_dates
        ):
            _break_opening(books, following, sides)


def _close(books: Books, year: FinancialYear) -> None:
    """Book tax on a profit and the year's result: 8999 against 2099."""
    registered = year.to_date + timedelta(days=100)
    profit_ore = -_result_ore(books, year)
    tax_ore = max(0, profit_ore) * 206 // 1000 // 100 * 100
    if tax_ore:
        books.book("I", year.to_date, "Årets skatt", [Line(8910, tax_ore), Line(2512, -tax_ore)], registered=registered)
    result_ore = profit_ore - tax_ore
    lines = [Line(8999, result_ore), Line(YEAR_RESULT, -result_ore)]
    books.book("I", year.to_date, "Årets resultat", lines, registered=registered)


def _result_ore(books: Books, year: FinancialYear) -> int:
    balances = books.truth.trial_balance(year.id)
    return sum(balance for account, balance in balances.items() if not is_balance_account(account))


def _transfer_result(books: Books, year: FinancialYear) -> None:
    result_ore = books.truth.opening_ore(year.id, YEAR_RESULT)
    day = min(year.from_date + timedelta(days=150), year.to_date)
    if result_ore and day <= books.today:
        lines = [Line(YEAR_RESULT, -result_ore), Line(RETAINED, result_ore)]
        books.book("A", day, "Omföring av föregående års resultat", lines)


def _break_opening(books: Books, year: FinancialYear, sides: tuple[Subledger, ...]) -> None:
    """Open the year with another balance than the last one closed with (D13)."""
    for sub in sides:
        jump = sub.side.sign * OPENING_JUMP_ORE
        for account, change in ((sub.side.claim, jump), (RETAINED, -jump)):
            books.set_opening(year, account, books.truth.opening_ore(year.id, account) + change)
        sub.ledger_only(year.from_date, OPENING_JUMP_ORE, "D13")
