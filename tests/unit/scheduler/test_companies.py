"""Schedules of generated companies beside the truth about them: every item, every sum, every cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.sandbox.generator import generate
from services.sandbox.spec import CALENDAR_YEARS, CASH_METHOD, CAUSES, CompanySpec
from services.scheduler.accounts import KINDS
from services.scheduler.compute import compute
from shared.schedules.content import Bridge
from tests.unit.scheduler.companies import Books, read
from tests.unit.scheduler.judging import (
    by_cause,
    counted,
    days_of,
    differs,
    in_the_truth,
    moves,
    true_items,
    with_an_ore_nobody_explains,
)

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
    replace(SMALL, cancelled_share=0.1, causes=CAUSES),
    replace(SMALL, credit_note_share=0.2, part_payment_share=0.3, causes=CASH_METHOD),
)
TOLD = ("D02", "D03", "D04", "D05", "D06", "D08", "D10", "D14")


def told(bridge: Bridge, code: str) -> set[str]:
    """The documents behind a cause; of a payment its own number, and its document's where the truth names that one."""
    names = (name for line in bridge.lines if line.code == code for name in line.documents)
    place = -1 if code == "D10" else 1
    return {name.split()[place] if name.startswith("payment") else name for name in names}


@pytest.mark.parametrize("seed", range(21))
def test_every_item_sum_and_cause_is_the_truths_at_every_date(seed: int) -> None:
    spec = replace(SHAPES[seed % len(SHAPES)], seed=seed)
    company, truth = generate(spec)
    for kind in KINDS:
        books = read(company, kind)
        assert [what for day in days_of(spec, 12) for what in differs(books.at(day), truth, kind, day)] == []


@pytest.mark.parametrize("seed", range(len(SHAPES)))
def test_the_documents_behind_a_cause_are_the_truths(seed: int) -> None:
    spec = replace(SHAPES[seed], seed=100 + seed)
    company, truth = generate(spec)
    for kind in KINDS:
        books = read(company, kind)
        for day in days_of(spec, 3):
            bridge = books.at(day).bridge
            causes = truth.causes(kind, day, "vouchers")
            for code in TOLD:
                # A cancelled document that was never booked keeps a balance in Fortnox only, and nobody asks for that.
                expected = {
                    each.label
                    for each in causes
                    if each.code == code and (each.effect_ore or code != "D14" or each.label in books.cancelled_on)
                }
                assert told(bridge, code) == expected, (kind, day, code)


@pytest.mark.parametrize("seed", range(len(SHAPES)))
def test_both_sides_walked_day_by_day_part_on_the_day_that_the_bridge_says(seed: int) -> None:
    """The long way: both sums anew for each day, as a bookkeeper steps back until they agree."""
    spec = replace(SHAPES[seed % len(SHAPES)], seed=200 + seed)
    company, _ = generate(spec)
    kind = KINDS[seed % 2]
    books = read(company, kind)
    for day in (YEAR_END, date(2026, 2, 15)):
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


@pytest.mark.parametrize("seed", range(len(SHAPES)))
def test_moving_today_changes_nothing(seed: int) -> None:
    spec = replace(SHAPES[seed % len(SHAPES)], seed=300 + seed)
    company, _ = generate(spec)
    for kind in KINDS:
        books = read(company, kind)
        assert [what for day in days_of(spec, 3) for what in moves(books, day)] == []


def test_an_ore_of_a_voucher_dated_outside_its_year_is_unexplained() -> None:
    """The one way to D99 that is not an error of ours: the balance of the year does not hold it, the vouchers do."""
    company, _ = generate(replace(SMALL, seed=17, causes=CAUSES))
    for kind in KINDS:
        books = read(company, kind)
        strange = with_an_ore_nobody_explains(books, YEAR_END, 1)
        assert strange is not None
        assert books.at(YEAR_END).bridge.unexplained_ore == 0
        figures = strange.at(YEAR_END)
        assert figures.bridge.unexplained_ore == 1
        assert sum(line.amount_ore for line in figures.bridge.lines) == figures.difference_ore


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
