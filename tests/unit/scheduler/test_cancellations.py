"""A cancellation counts from its day: before it the document is as open as it was known to be (P14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduler.compute import Figures, compute
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger, LedgerYear, Posting
from shared.schedules.content import BridgeLine
from tests.unit.scheduler.by_hand import BALANCE_DATE, NEXT, THIS, document, ledger_of, payment, posting

MAY, JUNE, JULY = date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 1)
BOOKED = {(THIS, "B", "1"): posting(MAY, 100)}
REVERSAL = Posting(JULY, {"1510": -100_00}, {100_00}, {"3001"}, "Makulering av faktura 1")
INVOICE = document("1", MAY, 100)
CANCELLED = replace(INVOICE, cancelled=True)


def figured(
    documents: list[Document],
    ledger: Ledger,
    day: date,
    seen: dict[str, date] | None = None,
    payments: tuple[Payment, ...] = (),
) -> Figures:
    return compute("receivables", Subledger(documents, payments, seen or {}), ledger, day)


def past(figures: Figures) -> tuple[object, ...]:
    lines = [line for line in figures.bridge.lines if line.amount_ore]
    return figures.items, figures.total_ore, figures.ageing, lines, figures.bridge.parted_on, figures.faults


def told(figures: Figures) -> list[BridgeLine]:
    return [line for line in figures.bridge.lines if line.code == "D14"]


def test_an_invoice_whose_voucher_was_reversed_later_is_open_until_then() -> None:
    ledger = ledger_of({**BOOKED, (THIS, "A", "9"): REVERSAL})
    assert past(figured([CANCELLED], ledger, JUNE)) == past(figured([INVOICE], ledger_of(BOOKED), JUNE))
    [remark] = told(figured([CANCELLED], ledger, JUNE))
    assert (remark.amount_ore, remark.documents, remark.first_date) == (0, ("1",), JULY)
    after = figured([CANCELLED], ledger, JULY)
    assert (after.items, after.difference_ore, after.bridge.parted_on) == ((), 0, None)
    assert [(line.amount_ore, line.documents, line.first_date) for line in told(after)] == [(0, ("1",), JULY)]


@pytest.mark.parametrize(
    "other",
    [
        replace(REVERSAL, text="Makulering av faktura 12"),
        replace(REVERSAL, claims_ore={"1510": -90_00}),
        replace(REVERSAL, date=date(2025, 4, 1)),
    ],
)
def test_a_voucher_that_is_not_the_mirror_of_the_invoices_own_is_no_reversal(other: Posting) -> None:
    figures = figured([CANCELLED], ledger_of({**BOOKED, (THIS, "A", "9"): other}), BALANCE_DATE)
    assert {line.code: line.amount_ore for line in figures.bridge.lines}.keys() == {"D01", "D14"}


def test_of_two_possible_reversals_neither_is_taken() -> None:
    ledger = ledger_of({**BOOKED, (THIS, "A", "9"): REVERSAL, (THIS, "A", "10"): REVERSAL})
    figures = figured([CANCELLED], ledger, BALANCE_DATE)
    lines = [(line.code, line.amount_ore) for line in figures.bridge.lines]
    assert lines == [("D01", 100_00), ("D01", 100_00), ("D14", -100_00)]


def test_a_reversal_in_a_year_that_is_not_imported_is_after_every_balance_date() -> None:
    linked = replace(CANCELLED, further_vouchers=((NEXT, "A", "5"),))
    figures = figured([linked], ledger_of(BOOKED), BALANCE_DATE)
    assert figures.total_ore == figures.ledger_ore == 100_00
    assert [(line.amount_ore, line.first_date) for line in told(figures)] == [(0, NEXT)]


def test_without_a_reversal_it_is_cancelled_from_the_day_on_which_that_was_first_read() -> None:
    seen, ledger = {"1": JULY}, ledger_of(BOOKED)
    before = figured([CANCELLED], ledger, JULY - timedelta(days=1), seen)
    assert past(before) == past(figured([INVOICE], ledger, JULY - timedelta(days=1)))
    assert [line.note.split()[0] for line in told(before)] == ["first"]
    figures = figured([CANCELLED], ledger, BALANCE_DATE, seen)
    [line] = told(figures)
    assert (line.amount_ore, line.first_date, figures.bridge.parted_on) == (-100_00, JULY, JULY)
    assert "first seen" in line.note


def test_what_was_paid_before_a_cancellation_counts_until_it() -> None:
    paid = (payment("7", "1", JUNE, 30),)
    ledger = ledger_of({**BOOKED, (THIS, "C", "7"): posting(JUNE, -30)})
    before = figured([CANCELLED], ledger, JUNE, {"1": JULY}, paid)
    assert [(item.open_ore, item.settled_ore) for item in before.items] == [(70_00, 30_00)]
    after = figured([CANCELLED], ledger, JULY, {"1": JULY}, paid)
    assert sum(line.amount_ore for line in told(after)) == after.difference_ore == -70_00
    assert after.bridge.parted_on == JULY


def test_a_claim_of_the_opening_balance_parts_both_sides_on_the_day_of_its_cancellation() -> None:
    year = LedgerYear(THIS, BALANCE_DATE, {"1510": 100_00})
    ledger = Ledger({}, ("1510",), THIS, BALANCE_DATE, (year,))
    old = document("1", date(2024, 12, 1), 100, cancelled=True, voucher=(date(2024, 1, 1), "B", "1"))
    assert figured([old], ledger, JUNE, {"1": JULY}).difference_ore == 0
    figures = figured([old], ledger, BALANCE_DATE, {"1": JULY})
    assert [(line.code, line.amount_ore) for line in figures.bridge.lines] == [("D14", -100_00)]
    assert figures.bridge.parted_on == JULY


def test_an_invoice_that_was_never_booked_and_always_cancelled_is_not_told_of() -> None:
    draft = replace(CANCELLED, booked=False, voucher=None)
    figures = figured([draft], ledger_of(), BALANCE_DATE)
    assert (figures.items, figures.bridge.lines) == ((), ())
    listed = figured([draft], ledger_of(), JUNE, {"1": JULY})
    assert [item.flags for item in listed.items] == [("unbooked",)]
