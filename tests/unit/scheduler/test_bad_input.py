"""What cannot be judged is named with its reason, the schedule is not complete, and nothing is left out silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.compute import Figures, compute
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger
from tests.unit.scheduler.by_hand import BALANCE_DATE, NEXT, THIS, document, ledger_of, payment, posting

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def figured(documents: list[Document], payments: list[Payment], ledger: Ledger) -> Figures:
    return compute("receivables", Subledger(documents, payments), ledger, BALANCE_DATE)


def named(figures: Figures) -> list[tuple[str, str]]:
    assert figures.complete is not bool(figures.faults)
    assert all(fault.reason for fault in figures.faults)
    return [(fault.document, fault.code) for fault in figures.faults]


def opened(figures: Figures) -> list[tuple[str, int]]:
    return [(item.document_number, item.open_ore // 100) for item in figures.items]


def test_two_documents_with_one_number_both_count_and_are_named() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "B", "2"): posting(JUNE, 70)})
    figures = figured([document("1", MAY, 100), document("1", JUNE, 70, voucher=(THIS, "B", "2"))], [], ledger)
    assert named(figures) == [("1", "duplicate-number")]
    assert opened(figures) == [("1", 100), ("1", 70)]
    assert figures.difference_ore == 0


def test_a_document_that_is_there_twice_counts_once_and_is_named() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100)})
    figures = figured([document("1", MAY, 100), document("1", MAY, 100)], [], ledger)
    assert named(figures) == [("1", "duplicate-number")]
    assert opened(figures) == [("1", 100)]


def test_a_namesake_dated_after_the_balance_date_is_not_this_schedules_business() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "C", "9"): posting(JUNE, -30)})
    later = document("1", NEXT, 70, voucher=(NEXT, "B", "1"), counterparty_name="A")
    figures = figured([later, document("1", MAY, 100)], [payment("9", "1", JUNE, 30)], ledger)
    assert named(figures) == []
    assert opened(figures) == [("1", 70)]


def test_two_payments_with_one_number_are_named() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "C", "9"): posting(JUNE, -30)})
    figures = figured([document("1", MAY, 100)], [payment("9", "1", JUNE, 30)] * 2, ledger)
    assert named(figures) == [("9", "duplicate-number")]
    assert opened(figures) == [("1", 70)]


def test_a_payment_in_another_currency_than_its_document_is_named_and_counts_in_kronor() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 1_120), (THIS, "C", "9"): posting(JUNE, -560)})
    euro = document("1", MAY, 100, currency="EUR", rate=Decimal("11.2"))
    in_kronor = payment("9", "1", JUNE, 560)
    figures = figured([euro], [in_kronor], ledger)
    assert named(figures) == [("9", "other-currency")]
    [item] = figures.items
    assert (item.open_ore, item.open_minor) == (560_00, 50_00)
    later = replace(in_kronor, date=NEXT, voucher=None)
    assert named(figured([euro], [later], ledger)) == []


def test_a_payment_of_an_unknown_document_is_named() -> None:
    figures = figured([], [payment("7", "404", MAY, 1)], ledger_of())
    assert named(figures) == [("7", "unknown-document")]
    assert "404" in figures.faults[0].reason


def test_a_payment_of_a_cancelled_document_is_named_when_no_voucher_at_hand_tells_of_it() -> None:
    cancelled = document("1", MAY, 100, cancelled=True, voucher=None)
    paid = payment("7", "1", JUNE, 100)
    figures = figured([cancelled], [paid], ledger_of())
    assert named(figures) == [("7", "cancelled-document")]
    assert "1" in figures.faults[0].reason
    told = figured([cancelled], [paid], ledger_of({(THIS, "C", "7"): posting(JUNE, -100)}))
    assert (named(told), [line.code for line in told.bridge.lines]) == ([], ["D14"])
    assert named(figured([cancelled], [replace(paid, booked=False)], ledger_of())) == []
    assert named(figured([cancelled], [payment("7", "1", NEXT, 100, (NEXT, "C", "1"))], ledger_of())) == []


def test_a_receipt_without_invoice_that_the_ledger_has_is_an_item_of_its_own() -> None:
    figures = figured([], [payment("7", "", MAY, 25)], ledger_of({(THIS, "C", "7"): posting(MAY, -25)}))
    assert named(figures) == [("7", "unknown-document")]
    assert opened(figures) == [("payment 7", -25)]
    assert figures.items[0].flags == ("unallocated",)
    assert figures.bridge.lines == ()


def test_a_payment_without_invoice_after_the_balance_date_is_not_this_schedules_business() -> None:
    assert named(figured([], [payment("7", "404", date(2026, 1, 2), 1, (NEXT, "C", "1"))], ledger_of())) == []


def test_a_used_up_credit_note_whose_invoice_is_not_known_is_named_and_stays() -> None:
    figures = figured([document("8", MAY, -100, credit_of="404", final_pay_date=JUNE)], [], ledger_of())
    assert named(figures) == [("8", "credit-unclear")]
    assert opened(figures) == [("8", -100)]


def test_a_used_up_credit_note_larger_than_what_its_invoice_left_is_named_and_stays() -> None:
    invoice = document("2", MAY, 100, final_pay_date=JUNE)
    credit = document("8", MAY, -60, credit_of="2", final_pay_date=JUNE)
    too_much = figured([invoice, credit], [payment("9", "2", JUNE, 50)], ledger_of())
    assert named(too_much) == [("8", "credit-unclear")]
    assert opened(too_much) == [("2", 50), ("8", -60)]
    all_of_it = figured([invoice, credit], [payment("9", "2", JUNE, 40)], ledger_of())
    assert (named(all_of_it), opened(all_of_it)) == ([], [])


def test_credit_notes_that_credit_each_other_are_named_and_stay() -> None:
    loop = [
        document(number, MAY, -100, credit_of=of, final_pay_date=JUNE) for number, of in ("AB", "BC", "CA", "DA", "EE")
    ]
    figures = figured(loop, [], ledger_of())
    assert named(figures) == [(n, "credit-loop") for n in "ABCE"] + [("D", "credit-unclear")]
    assert len(figures.items) == 5


def test_a_currency_that_does_not_exist_is_named_and_counts_with_its_voucher() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 900)})
    figures = figured([document("1", MAY, 80, currency="EUX", rate=Decimal(11))], [], ledger)
    assert named(figures) == [("1", "unknown-currency")]
    assert opened(figures) == [("1", 900)]


def test_a_currency_without_a_rate_is_named_and_listed() -> None:
    figures = figured([document("1", MAY, 80, currency="EUR", rate=Decimal(0))], [], ledger_of())
    assert named(figures) == [("1", "unknown-currency")]
    [item] = figures.items
    assert (item.open_ore, item.open_minor, item.rate) == (0, 80_00, None)


def test_a_document_without_due_date_ages_by_itself_and_is_no_fault() -> None:
    figures = figured([document("1", MAY, 80, due_date=None)], [], ledger_of())
    assert figures.complete
    assert figures.ageing["no_due_date"] == 80_00


numbers = st.sampled_from("123")
facts = st.lists(st.tuples(numbers, st.integers(-3, 3).filter(bool), st.none() | numbers, st.none() | st.just(JUNE)))
receipts = st.lists(st.tuples(numbers, st.sampled_from("1234"), st.integers(-3, 3), st.booleans()))


@given(facts, receipts)
def test_whatever_comes_in_the_bridge_sums_to_the_difference_and_the_order_does_not_matter(
    listed: list[tuple[str, int, str | None, date | None]], paid: list[tuple[str, str, int, bool]]
) -> None:
    documents = [
        document(number, MAY, kronor, credit_of=of, final_pay_date=paid_on, voucher=(THIS, "B", number))
        for number, kronor, of, paid_on in listed
    ]
    payments = [
        payment(number, of, JUNE, kronor, (THIS, "C" if known else "X", number)) for number, of, kronor, known in paid
    ]
    postings = {(THIS, "B", number): posting(MAY, 2) for number in "123"}
    postings |= {(THIS, "C", number): posting(JUNE, -1) for number in "123"}
    figures = figured(documents, payments, ledger_of(postings))
    assert figured(documents[::-1], payments[::-1], ledger_of(dict(reversed(postings.items())))) == figures
    assert sum(line.amount_ore for line in figures.bridge.lines) == figures.total_ore - figures.ledger_ore
    assert figures.bridge.unexplained_ore == 0
    assert sum(figures.ageing.values()) == figures.total_ore == sum(item.open_ore for item in figures.items)
