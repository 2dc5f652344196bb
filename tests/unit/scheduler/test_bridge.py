"""Why schedule and ledger differ: the worked example, and one cause at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.scheduler.compute import Figures, compute
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger, LedgerYear, Posting
from shared.schedules.content import BridgeLine, EntryRow
from tests.unit.scheduler.by_hand import (
    BALANCE_DATE,
    NEXT,
    THIS,
    document,
    ledger_of,
    payment,
    posting,
    worked_example,
)

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def figured(documents: list[Document], payments: list[Payment], ledger: Ledger, day: date = BALANCE_DATE) -> Figures:
    return compute("receivables", Subledger(documents, payments), ledger, day)


def explained(figures: Figures) -> list[tuple[str, int, tuple[str, ...], tuple[str, ...]]]:
    """Each line with an amount: its cause, the amount in kronor, documents and vouchers."""
    return [
        (line.code, line.amount_ore // 100, line.documents, line.vouchers)
        for line in figures.bridge.lines
        if line.amount_ore
    ]


def remarked(figures: Figures) -> dict[str, tuple[str, ...]]:
    return {line.code: line.documents for line in figures.bridge.lines if not line.amount_ore}


def beside(day: date, kronor: int, *accounts: str, text: str = "") -> Posting:
    return Posting(day, {"1510": kronor * 100}, {-kronor * 100}, set(accounts), text)


def test_the_worked_example_is_explained_to_the_krona() -> None:
    documents, payments, ledger = worked_example()
    rates = {"EUR": (Decimal("10.90"), 1)}
    figures = compute("receivables", Subledger(documents, payments), ledger, BALANCE_DATE, rates)
    assert (figures.total_ore, figures.ledger_ore, figures.difference_ore) == (26_700_00, 27_700_00, -1_000_00)
    assert explained(figures) == [("D01", -1_000, (), ("A 57 2025-12-31",))]
    assert figures.bridge.parted_on == BALANCE_DATE
    assert remarked(figures) == {"D02": ("106",), "D08": ("104",)}
    [euro] = figures.revaluations
    assert (euro.booked_ore, euro.revalued_ore, euro.change_ore) == (11_200_00, 10_900_00, -300_00)
    assert euro.entry == (EntryRow("1510", -300_00), EntryRow("7960", 300_00))
    assert euro.reversal_date == date(2026, 1, 1)
    assert figures.complete


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("D01", beside(MAY, 100, "3001")),
        ("D09", beside(MAY, 100, "3960")),
        ("D09", beside(MAY, -100, "7960")),
        ("D01", beside(MAY, 100, "3960", "3001")),
        ("D10", beside(MAY, 5, "3740")),
        ("D01", beside(MAY, 500, "3740")),
        ("D07", Posting(MAY, {"1510": -100_00, "1560": 100_00})),
        ("D12", Posting(MAY, {"1510": -100_00, "1512": 100_00})),
        ("D12", Posting(MAY, {"1510": -100_00, "1513": 100_00})),
    ],
)
def test_a_voucher_beside_the_sub_ledger_is_told_by_what_stands_against_it(code: str, entry: Posting) -> None:
    figures = figured([], [], ledger_of({(THIS, "A", "5"): entry}))
    assert explained(figures) == [(code, -entry.claims_ore["1510"] // 100, (), ("A 5 2025-05-01",))]
    assert figures.bridge.parted_on == MAY


def test_a_voucher_of_two_causes_gives_each_its_part() -> None:
    split = Posting(MAY, {"1510": -100_00, "1560": 60_00}, {40_00}, {"6570"})
    assert [(code, ore) for code, ore, _, _ in explained(figured([], [], ledger_of({(THIS, "A", "5"): split})))] == [
        ("D01", 40),
        ("D07", 60),
    ]


def test_a_voucher_within_the_accounts_of_the_schedule_makes_no_difference() -> None:
    moved = Posting(MAY, {"1510": -100_00, "1513": 100_00})
    assert figured([], [], ledger_of({(THIS, "A", "5"): moved}, ("1510", "1513"))).bridge.lines == ()


def test_our_own_exports_are_said_to_be_ours() -> None:
    ours = replace(beside(MAY, 100, "3001", text="Rättelse"), ours=True)
    [line] = figured([], [], ledger_of({(THIS, "A", "5"): ours})).bridge.lines
    assert line.note == "Rättelse · exported from here"


def test_vouchers_that_take_each_other_out_are_one_line_and_the_rest_stands_alone() -> None:
    postings = {
        (THIS, "A", "1"): beside(MAY, 100, "3001"),
        (THIS, "A", "2"): beside(JUNE, -100, "3001"),
        (THIS, "A", "3"): beside(date(2025, 7, 1), 40, "3001"),
    }
    bridge = figured([], [], ledger_of(postings)).bridge
    note = "2 entries that take each other out"
    assert bridge.lines == (
        BridgeLine("D01", -40_00, (), ("A 3 2025-07-01",), date(2025, 7, 1), date(2025, 7, 1), ""),
        BridgeLine("D01", 0, (), ("A 1 2025-05-01", "A 2 2025-06-01"), MAY, JUNE, note),
    )
    assert bridge.parted_on == date(2025, 7, 1)


def test_a_cancelled_document_whose_voucher_stayed_is_d14_until_it_is_reversed() -> None:
    postings = {(THIS, "B", "1"): posting(MAY, 100), (THIS, "A", "9"): posting(JUNE, -100)}
    cancelled = document("1", MAY, 100, cancelled=True)
    assert explained(figured([cancelled], [], ledger_of(dict([*postings.items()][:1])))) == [
        ("D14", -100, ("1",), ("B 1 2025-05-01",))
    ]
    reversed_ = replace(cancelled, further_vouchers=((THIS, "A", "9"),))
    figures = figured([reversed_], [], ledger_of(postings))
    assert (explained(figures), remarked(figures)) == ([], {"D14": ("1",)})


def test_a_document_posted_outside_all_accounts_of_claims_is_d07() -> None:
    assert explained(figured([document("1", MAY, 100)], [], ledger_of())) == [("D07", 100, ("1",), ("B 1",))]


def test_a_document_without_any_voucher_is_d15() -> None:
    assert explained(figured([document("1", MAY, 100, voucher=None)], [], ledger_of())) == [("D15", 100, ("1",), ())]


def test_a_booked_payment_without_voucher_is_d03() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100)})
    paid = replace(payment("9", "1", JUNE, 30), voucher=None)
    assert explained(figured([document("1", MAY, 100)], [paid], ledger)) == [("D03", -30, ("payment 9 of 1",), ())]


def test_a_voucher_of_several_payments_that_holds_another_sum_is_told_with_all_of_them() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "C", "9"): posting(JUNE, -40)})
    payments = [payment(number, "1", JUNE, 30, (THIS, "C", "9")) for number in ("1", "2")]
    assert explained(figured([document("1", MAY, 100)], payments, ledger)) == [
        ("D06", -20, ("payment 1 of 1", "payment 2 of 1"), ("C 9 2025-06-01",))
    ]


def test_an_opening_that_is_not_the_closing_before_is_d13_and_the_first_one_is_d15() -> None:
    years = (
        LedgerYear(THIS, BALANCE_DATE, {"1510": 500_00}),
        LedgerYear(NEXT, date(2026, 12, 31), {"1510": 450_00}),
    )
    old = document("1", date(2024, 12, 1), 300, voucher=None)
    ledger = Ledger({}, ("1510",), THIS, date(2026, 12, 31), years)
    figures = figured([old], [], ledger, date(2026, 1, 31))
    assert explained(figures) == [("D13", 50, (), ()), ("D15", -200, ("1",), ())]
    assert figures.bridge.parted_on == THIS


def test_the_day_they_parted_is_the_day_from_which_they_never_agreed_again() -> None:
    postings = {
        (THIS, "A", "1"): beside(MAY, 100, "3001"),
        (THIS, "A", "2"): beside(JUNE, -100, "1930"),
        (THIS, "A", "3"): beside(date(2025, 9, 1), 10, "3001"),
        (THIS, "A", "4"): beside(date(2025, 9, 2), 10, "3960"),
    }
    ledger = ledger_of(postings)
    parted = {day: figured([], [], ledger, day).bridge.parted_on for day in (THIS, MAY, JUNE, BALANCE_DATE)}
    assert parted == {THIS: None, MAY: MAY, JUNE: None, BALANCE_DATE: date(2025, 9, 1)}


def test_with_the_cash_method_the_schedule_is_not_booked_until_the_year_end() -> None:
    next_year_end = date(2026, 12, 31)
    years = (
        LedgerYear(THIS, BALANCE_DATE, {}, cash=True),
        LedgerYear(NEXT, next_year_end, {"1510": 140_00}, cash=True),
    )
    ledger = Ledger({}, ("1510",), THIS, next_year_end, years)
    documents = [
        document(number, MAY, kronor, booked=False, voucher=None) for number, kronor in (("1", 100), ("2", 40))
    ]
    before = figured(documents, [], ledger, date(2025, 9, 30))
    assert explained(before) == [("D11", 100, ("1",), ()), ("D11", 40, ("2",), ())]
    booked = {(THIS, "A", "90"): beside(BALANCE_DATE, 140, "3001"), (NEXT, "A", "1"): beside(NEXT, -140, "3001")}
    assert explained(figured(documents, [], replace(ledger, postings=booked))) == []
    reversed_ = figured(documents, [], replace(ledger, postings=booked), NEXT)
    assert (reversed_.ledger_ore, sum(ore for _, ore, _, _ in explained(reversed_))) == (0, 140)
    assert {code for code, _, _, _ in explained(reversed_)} == {"D11"}
