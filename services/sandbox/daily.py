"""The vouchers beside the sub-ledgers: salaries, depreciation, VAT, cash, bank and the many small ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from services.sandbox import names
from services.sandbox.bookkeeping import Books, Line
from services.sandbox.company import FinancialYear, ReferenceType, Voucher
from services.sandbox.spec import CompanySpec

VAT_ACCOUNTS = (2611, 2614, 2621, 2631, 2641, 2645)
SALES = (3001, 3041, 3590)
EXPENSES = (5010, 5090, 5410, 5460, 5611, 5710, 5810, 5831, 5910, 6071, 6110, 6212, 6230, 6250, 6530, 6570, 6970, 6981)


def month_ends(year: FinancialYear, last_day: date) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each month of the year that is over by `last_day`, cut at the year's ends."""
    first = year.from_date
    while first <= min(year.to_date, last_day):
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = min(following - timedelta(days=1), year.to_date)
        if last <= last_day:
            yield first, last
        first = following


def book_monthly(books: Books, rng: random.Random, year: FinancialYear) -> None:
    """Book salary, depreciation and rent of each month, and the payroll tax paid on the twelfth of the next."""
    salary = rng.randint(40_000, 150_000) * 100
    for _, last in month_ends(year, books.today):
        tax, fee = salary * 30 // 100, salary * 3142 // 10000
        pay = [Line(7010, salary), Line(2710, -tax), Line(7510, fee), Line(2731, -fee), Line(1930, tax - salary)]
        books.book("K", last, f"Lön {last:%Y-%m}", pay)
        books.book("G", last, "Avskrivning inventarier", [Line(7832, 250_000), Line(1229, -250_000)])
        books.book(
            "H",
            last,
            "Periodisering hyra",
            [Line(5010, 1_200_000), Line(1710, -1_200_000)],
            reference_type="ACCRUAL",
        )
        books.book("A", last, "Hyra lokal", [Line(1710, 1_200_000), Line(1930, -1_200_000)])
        paid_on = last + timedelta(days=12)
        if paid_on <= books.today:
            paid = [Line(2710, tax), Line(2731, fee), Line(1930, -tax - fee)]
            books.book("A", paid_on, "Skatt och avgifter", paid)


def book_vat(books: Books, year: FinancialYear) -> None:
    """Move each month's VAT to 2650 in whole kronor, the öre to 3740, and pay it; run it when all else is booked."""
    for first, last in month_ends(year, books.today):
        moved = [Line(a, -books.truth.movement_ore(year.id, a, first, last)) for a in VAT_ACCOUNTS]
        lines = [line for line in moved if line.amount_ore]
        total = sum(line.amount_ore for line in lines)
        if not lines:
            continue
        owed = total // 100 * 100
        lines.append(Line(2650, -owed))
        if total != owed:
            lines.append(Line(3740, owed - total))
        books.book("M", last, f"Momsrapport {last:%Y-%m}", lines, registered=last + timedelta(days=12))
        paid_on = last + timedelta(days=42)
        if owed and paid_on <= books.today:
            books.book("A", paid_on, "Moms", [Line(2650, owed), Line(1930, -owed)])


class Filler:
    """Books ordinary small vouchers and corrects some of them."""

    def __init__(self, books: Books, spec: CompanySpec, rng: random.Random) -> None:
        self.books = books
        self.spec = spec
        self.rng = rng
        self._cost_centers = list(books.company.cost_centers)
        self._projects = list(books.company.projects)

    def fill(self, year: FinancialYear) -> None:
        """Book so many that the year comes to about `vouchers_per_year`, scaled to its length so far."""
        days = (min(year.to_date, self.books.today) - year.from_date).days + 1
        if days <= 0:
            return
        wanted = max(6, round(self.spec.vouchers_per_year * days / 365) - self.books.booked_count(year))
        cancelled = set(self.rng.sample(range(wanted), 2)) if self.spec.correction_share else set()
        for place in range(wanted):
            day = year.from_date + timedelta(days=self.rng.randrange(days))
            voucher = self._book(day)
            if place in cancelled:
                self.books.correct(voucher, range(len(voucher.rows)), [], self._later(day))
            elif self.rng.random() < self.spec.correction_share:
                self._correct(voucher)

    def _book(self, day: date) -> Voucher:
        amount = self.rng.choice((self.rng.randint(10, 9_000) * 100, self.rng.randint(100, 2_000_000)))
        text = names.voucher_text(self.rng)
        chance = self.rng.random()
        series = "A"
        if chance < 0.30:
            vat = amount // 5
            lines = [self._line(self.rng.choice(EXPENSES), amount - vat), Line(2641, vat), Line(1930, -amount)]
        elif chance < 0.55:
            vat, text = amount // 5, "Kortförsäljning"
            lines = [Line(1930, amount), self._line(3001, vat - amount), Line(2611, -vat)]
        elif chance < 0.65:
            series = "F"
            lines = [self._line(self.rng.choice(EXPENSES), amount), Line(1910, -amount)]
        elif chance < 0.88:
            series, vat, text = "L", amount // 5, "Kontantfaktura"
            lines = [Line(1910, amount), self._line(3001, vat - amount), Line(2611, -vat)]
        elif chance < 0.95:
            lines = [Line(1910, -amount), Line(1930, amount)]
        else:
            lines = self._split(amount)
        if self.rng.random() < 0.02:
            lines.append(Line(lines[0].account, 0, "Nollrad"))
        reference: ReferenceType = "CASHINVOICE" if series == "L" else "MANUAL"
        return self.books.book(series, day, text, lines, reference_type=reference, registered=self._later(day))

    def _split(self, amount_ore: int) -> list[Line]:
        """One purchase over many cost rows."""
        rows = self.rng.randint(4, 12)
        parts = [self._line(self.rng.choice(EXPENSES), amount_ore // rows) for _ in range(rows)]
        return [*parts, Line(1930, -sum(line.amount_ore for line in parts))]

    def _line(self, account: int, amount_ore: int) -> Line:
        chance = self.rng.random()
        cost_center = self.rng.choice(self._cost_centers) if self._cost_centers and chance < 0.25 else ""
        project = self.rng.choice(self._projects) if self._projects and 0.20 < chance < 0.40 else ""
        return Line(account, amount_ore, self.rng.choice(names.ROW_TEXTS), cost_center, project)

    def _correct(self, voucher: Voucher) -> None:
        """Move the cost or the sale to another account; sometimes the added row is struck in its turn."""
        place = next((i for i, row in enumerate(voucher.rows) if row.account >= 3000), None)
        if place is None:
            return
        on, old = self._later(voucher.date), voucher.rows[place]
        accounts = SALES if old.account in SALES else EXPENSES
        added = Line(self.rng.choice(accounts), old.amount_ore, old.text, old.cost_center, old.project)
        self.books.correct(voucher, (place,), (added,), on)
        if self.rng.random() < 0.1:
            again = Line(self.rng.choice(accounts), old.amount_ore, "Rättad igen")
            self.books.correct(voucher, (len(voucher.rows) - 1,), (again,), on)

    def _later(self, day: date) -> date:
        return day + timedelta(days=self.rng.randint(0, 20))
