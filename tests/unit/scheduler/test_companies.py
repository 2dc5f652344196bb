"""Schedules of generated companies beside the truth about them: every item, every sum, every cause."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.sandbox.generator import generate
from services.sandbox.spec import CALENDAR_YEARS, CAUSES, CompanySpec
from services.sandbox.truth import Truth
from services.scheduler.accounts import KINDS, Kind
from services.scheduler.compute import Figures, compute
from shared.schedules.content import Bridge, Item
from tests.unit.scheduler.companies import Books, known_by, read

YEAR_END = date(2025, 12, 31)
YEAR_ENDS = (date(2023, 12, 31), date(2024, 12, 31), YEAR_END)
BROKEN = (
    (date(2023, 5, 1), date(2024, 8, 31)),
    (date(2024, 9, 1), date(2025, 8, 31)),
    (date(2025, 9, 1), date(2026, 8, 31)),
)
SMALL = CompanySpec(0, vouchers_per_year=40, invoices_per_year=45, supplier_invoices_per_year=35)
SHAPES = (
    replace(SMALL, causes=CAUSES),
    replace(SMALL, causes=CAUSES, cause_dates=YEAR_ENDS),
    replace(SMALL, years=BROKEN, causes=CAUSES),
    replace(SMALL, customers=2, suppliers=2, credit_note_share=0.3, part_payment_share=0.3, causes=CAUSES),
    SMALL,
)
TOLD = ("D02", "D03", "D04", "D05", "D06", "D08", "D10", "D14")


def days_of(spec: CompanySpec, count: int) -> list[date]:
    """Each year-end with the days around it, and some days more."""
    rng = random.Random(spec.seed)
    first, last = spec.years[0][0], spec.last_day
    ends = [end + timedelta(days=days) for _, end in spec.years for days in (-1, 0, 1, 5)]
    others = [first + timedelta(days=rng.randrange((last - first).days + 1)) for _ in range(count)]
    return [day for day in (*ends, first, *others) if first <= day <= last]


def by_cause(bridge: Bridge) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in bridge.lines:
        sums[line.code] += line.amount_ore
    return {code: ore for code, ore in sorted(sums.items()) if ore}


def in_the_truth(truth: Truth, kind: Kind, day: date) -> dict[str, int]:
    """The truth knows one account, and the schedule has the neighbour that invoices were booked on as well (D07)."""
    return {code: ore for code, ore in truth.differences(kind, day, "vouchers").items() if code != "D07"}


def counted(figures: Figures) -> dict[str, tuple[str, int, int, str, date | None]]:
    return {
        item.document_number: (item.counterparty_number, item.open_ore, item.open_minor, item.currency, item.due_date)
        for item in figures.items
        if "unbooked" not in item.flags
    }


def true_items(truth: Truth, kind: Kind, day: date) -> dict[str, tuple[str, int, int, str, date | None]]:
    return {
        str(item.number): (item.counterparty, item.open_ore, item.open_minor, item.currency, item.due_date)
        for item in truth.open_items(kind, day, "vouchers")
    }


def told(bridge: Bridge, code: str) -> set[str]:
    """The documents behind a cause; of a payment its own number, and its document's where the truth names that one."""
    names = (name for line in bridge.lines if line.code == code for name in line.documents)
    place = -1 if code == "D10" else 1
    return {name.split()[place] if name.startswith("payment") else name for name in names}


@pytest.mark.parametrize("seed", range(15))
def test_every_item_sum_and_cause_is_the_truths_at_every_date(seed: int) -> None:
    spec = replace(SHAPES[seed % len(SHAPES)], seed=seed)
    company, truth = generate(spec)
    for kind in KINDS:
        books = read(company, kind)
        for day in days_of(spec, 12):
            figures = books.at(day)
            assert counted(figures) == true_items(truth, kind, day), (kind, day)
            assert figures.total_ore == truth.schedule_total(kind, day, "vouchers")
            assert figures.total_ore == sum(figures.ageing.values())
            assert figures.difference_ore == figures.total_ore - figures.ledger_ore
            assert figures.difference_ore == sum(line.amount_ore for line in figures.bridge.lines)
            assert by_cause(figures.bridge) == in_the_truth(truth, kind, day), (kind, day)
            assert figures.complete


@pytest.mark.parametrize("seed", range(5))
def test_the_documents_behind_a_cause_are_the_truths(seed: int) -> None:
    spec = replace(SHAPES[seed], seed=100 + seed)
    company, truth = generate(spec)
    for kind in KINDS:
        for day in days_of(spec, 3):
            bridge = read(company, kind).at(day).bridge
            causes = truth.causes(kind, day, "vouchers")
            for code in TOLD:
                # A cancelled document that was never booked keeps a balance in Fortnox only, and nobody asks for that.
                expected = {each.label for each in causes if each.code == code and (each.effect_ore or code != "D14")}
                assert told(bridge, code) == expected, (kind, day, code)


@pytest.mark.parametrize("seed", range(3))
def test_both_sides_walked_day_by_day_part_on_the_day_that_the_bridge_says(seed: int) -> None:
    """The long way: both sums anew for each day, as a bookkeeper steps back until they agree."""
    spec = replace(SHAPES[seed % len(SHAPES)], seed=200 + seed)
    company, _ = generate(spec)
    kind = KINDS[seed % 2]
    books = read(company, kind)
    for day in (date(2025, 11, 30), YEAR_END, date(2026, 2, 15)):
        assert books.at(day).bridge.parted_on == stepped_back(books, day), day


def stepped_back(books: Books, day: date) -> date | None:
    """Compare both sums backwards, at the end of each day on which anything was booked, until they agree."""
    ledger = books.on(day)
    booked = {posting.date for posting in ledger.postings.values()} | {year.first_day for year in ledger.years}
    parted_on = None
    for each in sorted((each for each in booked if each <= day), reverse=True):
        if compute(books.kind, books.subledger, ledger, each).difference_ore == 0:
            break
        parted_on = each
    return parted_on


def without_afterwards(items: tuple[Item, ...]) -> list[Item]:
    return [replace(item, paid_after_ore=0, paid_after_on=None) for item in items]


@pytest.mark.parametrize("seed", range(6))
def test_moving_today_changes_nothing(seed: int) -> None:
    spec = replace(SHAPES[seed % len(SHAPES)], seed=300 + seed)
    company, _ = generate(spec)
    for kind in KINDS:
        books = read(company, kind)
        for day in days_of(spec, 3):
            now = books.at(day)
            for later in (0, 1, 10, 45):
                then = known_by(books, day + timedelta(days=later)).at(day)
                assert without_afterwards(then.items) == without_afterwards(now.items), (kind, day, later)
                assert (then.total_ore, then.ledger_ore, then.ageing) == (now.total_ore, now.ledger_ore, now.ageing)
                assert [line for line in then.bridge.lines if line.amount_ore] == [
                    line for line in now.bridge.lines if line.amount_ore
                ]
                assert then.bridge.parted_on == now.bridge.parted_on


@pytest.mark.parametrize("seed", range(5))
def test_years_that_were_not_imported_are_in_the_first_opening_balance(seed: int) -> None:
    spec = replace(
        SMALL, seed=400 + seed, years=((date(2022, 1, 1), date(2022, 12, 31)), *CALENDAR_YEARS), causes=CAUSES
    )
    company, truth = generate(spec)
    for kind in KINDS:
        books = read(company, kind, first_day=date(2024, 1, 1))
        for day in days_of(replace(spec, years=CALENDAR_YEARS[1:]), 5):
            figures = books.at(day)
            assert counted(figures) == true_items(truth, kind, day), (kind, day)
            assert by_cause(figures.bridge) == in_the_truth(truth, kind, day), (kind, day)
