"""Makes a whole Fortnox company from a seed, together with the truth about it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from services.sandbox import chart, closing, daily, differences, names
from services.sandbox.bookkeeping import Books
from services.sandbox.company import Company, CostCenter, FinancialYear, Party, Project, Series
from services.sandbox.planner import Planner
from services.sandbox.spec import CompanySpec
from services.sandbox.subledger import PAYABLES, RECEIVABLES, Subledger
from services.sandbox.truth import Truth

SERIES_MISSING_ONE_YEAR = "J"
SERIES_MANUAL_ONE_YEAR = "H"
OPENINGS_ORE = {1220: 18_000_000, 1229: -4_000_000, 1910: 250_000, 1930: 65_000_000, 2081: -5_000_000}
MISSING_CLAIM_ORE = 325_000
"""A claim in the first opening balance that nobody entered in the sub-ledger (D15)."""


def generate(spec: CompanySpec) -> tuple[Company, Truth]:
    """Return a company and its truth; the same spec gives the same company, field by field."""
    books = empty_books(spec)
    company, rng = books.company, books.rng
    sides = (
        Subledger(books, RECEIVABLES, first_number=rng.randint(1, 40) * 25 + 1, cash=spec.cash_method),
        Subledger(books, PAYABLES, cash=spec.cash_method),
    )
    _open_first_year(books, spec, sides)
    for sub in sides:
        _run_subledger(sub, spec, rng)
    filler = daily.Filler(books, spec, rng)
    years = company.years_by_date()
    for year in years:
        daily.book_monthly(books, rng, year)
    for year in years:
        filler.fill(year)
        daily.book_vat(books, year)
    closing.close_and_carry_forward(books, spec, sides)
    books.assign_numbers()
    return company, books.truth


def empty_books(spec: CompanySpec) -> Books:
    """Return the books of a company in which nothing has happened, for one to be booked by hand."""
    rng = random.Random(spec.seed)
    company, truth = _new_company(spec, rng), Truth()
    truth.years = company.years
    return Books(company, truth, rng, spec.last_day)


def _new_company(spec: CompanySpec, rng: random.Random) -> Company:
    """Return a company with years, charts, series and registers, and nothing booked."""
    company = Company(
        spec.database_number or rng.randint(100_000, 1_999_999),
        spec.name or names.company_name(rng),
        spec.organisation_number or names.organisation_number(rng),
        city=rng.choice(names.PLACES),
        contact=names.person(rng),
        locked_until=spec.locked_until,
    )
    for year_id, (from_date, to_date) in zip(_year_ids(len(spec.years), rng), spec.years, strict=True):
        year = company.years[year_id] = FinancialYear(year_id, from_date, to_date)
        year.accounting_method = "CASH" if spec.cash_method else "ACCRUAL"
        company.preselected_year = year_id
    for place, year in enumerate(company.years_by_date()):
        for account in chart.accounts():
            company.accounts[year.id, account.number] = account
        _add_series(company, year, place)
    company.predefined_accounts = dict(chart.PREDEFINED_ACCOUNTS)
    company.predefined_series = dict(chart.PREDEFINED_SERIES)
    for place in range(spec.cost_centers):
        code = str(10 * (place + 1))
        company.cost_centers[code] = CostCenter(
            code, f"Avdelning {names.PLACES[place % len(names.PLACES)]}", place != 3
        )
    for place in range(spec.projects):
        number = f"P{place + 1:03}"
        company.projects[number] = Project(number, f"{rng.choice(names.TRADES)} åt {rng.choice(names.LAST_NAMES)}")
    company.customers = {p.number: p for p in names.parties(rng, spec.customers, 1, spec.foreign_share)}
    company.suppliers = {p.number: p for p in names.parties(rng, spec.suppliers, 1, spec.foreign_share)}
    for register in (company.customers, company.suppliers):
        _ensure_currencies(register, spec)
    return company


def _year_ids(count: int, rng: random.Random) -> list[int]:
    """Return ids in order of creation, which Fortnox does not keep in order of date: not ascending from two up."""
    ids = list(range(1, count + 1))
    while count > 1 and ids == sorted(ids):
        rng.shuffle(ids)
    return ids


def _add_series(company: Company, year: FinancialYear, place: int) -> None:
    """Add the standard series; J is missing in the second year, H is manual in the first only."""
    for code, description in chart.STANDARD_SERIES.items():
        if code == SERIES_MISSING_ONE_YEAR and place == 1:
            continue
        manual = code in chart.MANUAL_SERIES or (code == SERIES_MANUAL_ONE_YEAR and place == 0)
        company.series[year.id, code] = Series(code, description, manual)


def _ensure_currencies(register: dict[str, Party], spec: CompanySpec) -> None:
    """See to it that the first party is Swedish, and that the last one has EUR when foreign ones are wanted."""
    numbers = list(register)
    if not numbers:
        raise ValueError("a company needs at least one customer and one supplier")
    first, last = numbers[0], numbers[-1]
    register[first] = replace(register[first], country_code="SE", currency="SEK")
    if spec.foreign_share and first != last:
        name, country, currency, city = names.FOREIGN[0]
        register[last] = Party(last, name, "", city, country, currency)


def _run_subledger(sub: Subledger, spec: CompanySpec, rng: random.Random) -> None:
    company = sub.books.company
    receivables = sub.side.kind == "receivables"
    parties = list((company.customers if receivables else company.suppliers).values())
    planner = Planner(sub, spec, rng, parties)
    planner.plan_ordinary(spec.invoices_per_year if receivables else spec.supplier_invoices_per_year)
    if spec.cash_method:
        differences.book_at_year_ends(planner)
    for day in spec.difference_dates:
        differences.seed(planner, spec.causes, day)
    if "D15" in spec.causes:
        _plan_invoices_from_before(planner)
    planner.run()


def _plan_invoices_from_before(planner: Planner) -> None:
    """Enter two invoices from before Fortnox was taken into use; one is paid, one stays open."""
    first_day = planner.first_day
    for days, total in ((20, 1_250_000), (8, 400_000)):
        new = replace(
            planner.new_invoice(first_day - timedelta(days=days), planner.parties[0]),
            total_minor=total,
            vat_minor=total // 5,
            round_off_minor=0,
            from_before=True,
        )
        slot = planner.invoice(new)
        if days == 20:
            planner.pay_rest(slot, first_day + timedelta(days=17))


def _open_first_year(books: Books, spec: CompanySpec, sides: tuple[Subledger, ...]) -> None:
    first = books.company.years_by_date()[0]
    openings = dict(OPENINGS_ORE)
    if "D15" in spec.causes:
        for sub in sides:
            opening_ore = 1_250_000 + 400_000 + MISSING_CLAIM_ORE
            openings[sub.side.claim] = sub.side.sign * opening_ore
            sub.ledger_only(first.from_date, opening_ore, "D15")
    openings[closing.RETAINED] = -sum(openings.values())
    for account, opening_ore in openings.items():
        books.set_opening(first, account, opening_ore)
