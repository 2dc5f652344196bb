"""One generated company after another: its schedules beside the truth, and what must not move them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from services.sandbox.generator import generate
from services.sandbox.spec import CASH_METHOD, CAUSES, CompanySpec
from services.sandbox.truth import Truth
from services.scheduler.accounts import KINDS
from tests.unit.scheduler.companies import Books, read
from tests.unit.scheduler.judging import days_of, differs, moves, with_an_ore_nobody_explains

FIRST_YEAR = 2020
SEEDED_EVERY = 5
CASH_EVERY = 10
DAYS = 3
MOVED_DAYS = 2
SHOWN = 10


@dataclass
class Tally:
    """What was looked at, and what was found wrong; `causes` counts schedules in which a cause has an amount.

    `wrong` are schedules that differ from the truth, and that have moved with today.
    """

    companies: int = 0
    years: int = 0
    balance_dates: int = 0
    schedules: int = 0
    items: int = 0
    lines: int = 0
    moved_checks: int = 0
    unexplained: int = 0
    seeded: int = 0
    seeded_found: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    said: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        del self.said[SHOWN:]


def spec_of(seed: int, number: int) -> CompanySpec:
    """Two to five years, ordinary, broken or long; few or many parties; all causes or some, around one year-end or each."""
    rng = random.Random(f"{seed}-{number}")
    years = _years(rng)
    causes = CASH_METHOD if number % CASH_EVERY == 0 else CAUSES
    if causes is CAUSES and rng.random() < 0.3:
        causes = frozenset(cause for cause in sorted(CAUSES) if rng.random() < 0.5)
    ended = tuple(last for _, last in years[:-1])
    return CompanySpec(
        seed=rng.randrange(1 << 30),
        vouchers_per_year=5,
        years=years,
        today=years[-1][0] + timedelta(days=rng.randint(20, 200)),
        customers=rng.choice((1, 2, 5, 25)),
        suppliers=rng.choice((1, 2, 5, 20)),
        invoices_per_year=rng.randint(5, 35),
        supplier_invoices_per_year=rng.randint(5, 30),
        credit_note_share=rng.choice((0.06, 0.3)),
        part_payment_share=rng.choice((0.1, 0.3)),
        overpaid_share=rng.choice((0.01, 0.1)),
        prepaid_share=rng.choice((0.02, 0.1)),
        foreign_share=rng.choice((0.0, 0.12, 0.5)),
        cancelled_share=rng.choice((0.0, 0.1)),
        causes=causes,
        cause_dates=ended if rng.random() < 0.3 else None,
        close_last_ended=rng.random() < 0.2,
    )


def judge(seed: int, number: int) -> Tally:
    """Judge one company: both kinds, at each year-end with the days around it and some days more."""
    spec = spec_of(seed, number)
    company, truth = generate(spec)
    days = days_of(spec, DAYS)
    tally = Tally(companies=1, years=len(spec.years), balance_dates=len(days))
    for kind in KINDS:
        books = read(company, kind)
        for day in days:
            _judge(books, truth, day, tally)
        for day in random.Random(spec.seed).sample(days, MOVED_DAYS):
            tally.moved_checks += 1
            _say(tally, moves(books, day))
        if number % SEEDED_EVERY == 0:
            _seed(books, spec.years[0][1], 1 + number % 99, tally)
    tally.said = [f"company {number}: {said}" for said in tally.said]
    return tally


def judge_many(seed: int, first: int, last: int) -> Tally:
    tally = Tally()
    for number in range(first, last):
        tally.add(judge(seed, number))
    return tally


def _judge(books: Books, truth: Truth, day: date, tally: Tally) -> None:
    figures = books.at(day)
    _say(tally, differs(figures, truth, books.kind, day))
    tally.schedules += 1
    tally.items += len(figures.items)
    tally.lines += len(figures.bridge.lines)
    tally.unexplained += figures.bridge.unexplained_ore != 0
    tally.causes.update({line.code for line in figures.bridge.lines if line.amount_ore})


def _seed(books: Books, day: date, ore: int, tally: Tally) -> None:
    strange = with_an_ore_nobody_explains(books, day, ore)
    if strange is not None:
        tally.seeded += 1
        bridge = strange.at(day).bridge
        tally.seeded_found += bridge.unexplained_ore == ore
        if sum(line.amount_ore for line in bridge.lines) != bridge.difference_ore:
            _say(tally, [f"{books.kind} {day}: the bridge of a seeded öre does not sum to the difference"])


def _say(tally: Tally, said: list[str]) -> None:
    tally.wrong += bool(said)
    tally.said += said


def _years(rng: random.Random) -> tuple[tuple[date, date], ...]:
    start = date(FIRST_YEAR + rng.randrange(3), rng.choice((1, 1, 1, 5, 7, 9)), 1)
    years: list[tuple[date, date]] = []
    for _ in range(rng.randint(2, 5)):
        months = rng.choice((12, 12, 12, 12, 6, 18)) if not years or start.month != 1 else 12
        month = start.month - 1 + months
        following = date(start.year + month // 12, month % 12 + 1, 1)
        years.append((start, following - timedelta(days=1)))
        start = following
    return tuple(years)
