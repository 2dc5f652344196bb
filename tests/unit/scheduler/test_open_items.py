"""What was open at a balance date: the worked example, and the rules one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.ageing import ageing
from services.scheduler.open_items import hit_accounts
from services.scheduler.subledger import Document, Payment, judged, sek_ore
from services.scheduler.vouchers import Ledger, LedgerYear, Posting
from shared.schedules.content import Bucket, Item
from tests.unit.scheduler.by_hand import (
    BALANCE_DATE,
    NEXT,
    THIS,
    document,
    judge,
    ledger_of,
    payment,
    posting,
    worked_example,
)


def opened(items: list[Item]) -> dict[str, int]:
    return {item.document_number: item.open_ore // 100 for item in items}


def test_the_worked_example_comes_out_to_the_krona() -> None:
    items, faults = judge(*worked_example())
    assert opened(items) == {"101": 12_500, "102": 5_000, "104": -2_000, "105": 11_200, "106": 0}
    assert sum(item.open_ore for item in items) == 26_700_00
    assert faults == []
    assert [item.flags for item in items if item.document_number == "106"] == [("unbooked",)]


def test_nothing_that_happens_after_the_date_changes_the_schedule() -> None:
    documents, payments, ledger = worked_example()
    known, nothing = judge(documents, payments, ledger)
    before = ([replace(item, paid_after_ore=0, paid_after_on=None) for item in known], nothing)
    paid_late = [*payments, payment("9", "105", date(2026, 3, 1), 11_000, (NEXT, "C", "9"))]
    new_invoice = [*documents, document("107", date(2026, 2, 2), 900, voucher=(NEXT, "B", "2"))]
    items, faults = judge(new_invoice, paid_late, ledger)
    assert ([replace(item, paid_after_ore=0, paid_after_on=None) for item in items], faults) == before


def test_a_matched_credit_note_is_set_off_from_the_day_it_was_used_up() -> None:
    documents, payments, ledger = worked_example()
    items, _ = judge(documents, payments, ledger, date(2026, 1, 10))
    assert opened(items)["101"] == 10_500
    assert "104" not in opened(items)


def test_the_vouchers_date_decides_and_not_the_documents() -> None:
    booked_late = document("1", date(2025, 12, 30), 100, voucher=(NEXT, "B", "7"))
    [unbooked], _ = judge([booked_late], [], ledger_of())
    assert (unbooked.open_ore, unbooked.flags) == (0, ("unbooked",))
    paid_on_paper = payment("5", "2", date(2025, 12, 31), 100, (NEXT, "C", "8"))
    items, _ = judge([document("2", date(2025, 12, 1), 100)], [paid_on_paper], ledger_of())
    assert opened(items) == {"2": 100}


def test_a_voucher_edited_after_booking_counts_with_what_it_holds() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(date(2025, 5, 1), 90)})
    items, _ = judge([document("1", date(2025, 5, 1), 100)], [], ledger)
    assert opened(items) == {"1": 90}


def test_a_voucher_shared_by_two_documents_gives_no_amount_to_either() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(date(2025, 5, 1), 300)})
    shared = [document(number, date(2025, 5, 1), 100 * int(number), voucher=(THIS, "B", "1")) for number in ("1", "2")]
    items, _ = judge(shared, [], ledger)
    assert opened(items) == {"1": 100, "2": 200}
    assert all("amount_from_document" in item.flags for item in items)


def test_a_cancelled_document_is_never_open_whatever_balance_it_keeps() -> None:
    assert judge([document("1", date(2025, 5, 1), 100, cancelled=True)], [], ledger_of())[0] == []


def test_only_what_stands_on_the_accounts_of_the_schedule_counts() -> None:
    split = Posting(date(2025, 5, 1), {"1510": 70_00, "1513": 30_00})
    invoice = document("1", date(2025, 5, 1), 100)
    both, one = (ledger_of({(THIS, "B", "1"): split}, accounts) for accounts in (("1510", "1513"), ("1510",)))
    assert [opened(judge([invoice], [], ledger)[0]) for ledger in (both, one)] == [{"1": 100}, {"1": 70}]


def test_an_account_belongs_to_the_schedule_once_an_invoice_was_booked_on_it() -> None:
    late = Posting(date(2025, 7, 1), {"1511": 100_00})
    ledger = ledger_of({(THIS, "B", "1"): posting(date(2025, 5, 1), 100), (THIS, "B", "2"): late})
    documents = [document(number, date(2025, 5, 1), 100) for number in ("1", "2")]
    assert hit_accounts(documents, ledger, date(2025, 6, 30)) == {"1510"}
    assert hit_accounts(documents, ledger, BALANCE_DATE) == {"1510", "1511"}


def test_an_account_that_only_a_further_voucher_hit_belongs_to_the_schedule_as_well() -> None:
    moved = Posting(date(2025, 7, 1), {"1510": -100_00, "1516": 100_00})
    ledger = ledger_of({(THIS, "B", "1"): posting(date(2025, 5, 1), 100), (THIS, "A", "3"): moved})
    documents = [document("1", date(2025, 5, 1), 100, further_vouchers=((THIS, "A", "3"),))]
    assert hit_accounts(documents, ledger, date(2025, 6, 30)) == {"1510"}
    assert hit_accounts(documents, ledger, BALANCE_DATE) == {"1510", "1516"}


def test_what_was_settled_before_the_imported_years_is_not_judged_but_for_credits_of_what_is_open() -> None:
    before, then = date(2024, 3, 1), date(2024, 6, 1)
    settled = document("1", before, 100, final_pay_date=then)
    still_open = document("2", before, 100)
    theirs = document("3", before, -40, final_pay_date=then, credit_of="2")
    of_settled = document("4", before, -40, final_pay_date=then, credit_of="1")
    documents = [settled, still_open, theirs, of_settled]
    assert [each.number for each in judged(documents, THIS)] == ["2", "3"]
    assert opened(judge(documents, [], ledger_of())[0]) == {"2": 60}


@pytest.mark.parametrize(
    ("days", "bucket"), [(-1, "not_due"), (0, "not_due"), (1, "1_30"), (30, "1_30"), (31, "31_60"), (91, "over_90")]
)
def test_an_item_ages_by_its_due_date(days: int, bucket: Bucket) -> None:
    due = BALANCE_DATE - timedelta(days=days)
    items, _ = judge([document("1", date(2025, 1, 1), 100, due_date=due)], [], ledger_of())
    assert ageing(items)[bucket] == 100_00


amounts = st.integers(min_value=-(10**9), max_value=10**9).filter(bool)
days = st.dates(date(2025, 1, 1), date(2026, 6, 30))


@given(st.lists(st.tuples(amounts, days, days | st.none()), max_size=30))
def test_the_buckets_add_up_to_the_open_total(facts: list[tuple[int, date, date | None]]) -> None:
    documents = [
        document(str(number), day, 1, total_minor=total, due_date=due)
        for number, (total, day, due) in enumerate(facts, 1)
    ]
    items, _ = judge(documents, [], ledger_of())
    assert sum(ageing(items).values()) == sum(item.open_ore for item in items)


def test_currency_is_converted_per_unit_and_rounded_half_up() -> None:
    assert sek_ore(100_000, Decimal("11.20"), 1) == 1_120_000
    assert sek_ore(12_345, Decimal("8.15"), 100) == 1006
    assert sek_ore(50, Decimal("0.01"), 1) == 1


def paid(number: str, of: str, day: date, kronor: int, minor: int | None = None, **changes: object) -> Payment:
    made = payment(number, of, day, kronor)
    return replace(made, settled_minor=kronor * 100 if minor is None else minor, **changes)  # type: ignore[arg-type]


def one(documents: list[Document], payments: list[Payment], ledger: Ledger, day: date = BALANCE_DATE) -> Item:
    [item], faults = judge(documents, payments, ledger, day)
    assert faults == []
    return item


MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def test_what_was_paid_after_the_balance_date_stands_on_the_row_with_the_last_day() -> None:
    items, _ = judge(*worked_example())
    after = {item.document_number: (item.paid_after_ore // 100, item.paid_after_on) for item in items}
    assert after["101"] == (10_500 + 2_000, date(2026, 1, 15))  # the payment and the credit note
    assert after["102"] == (5_000, date(2026, 2, 1))
    assert after["104"] == (-2_000, date(2026, 1, 10))
    assert after["105"] == (0, None)


def test_a_write_off_in_the_payments_voucher_settles_with_it() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "C", "9"): posting(JUNE, -100)})
    assert judge([document("1", MAY, 100)], [paid("9", "1", JUNE, 99, 100_00)], ledger) == ([], [])


def test_what_the_ledger_still_holds_of_a_document_paid_in_full_stays_on_the_row() -> None:
    """A write-off, a bank charge or an exchange difference that never reached the account."""
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 1_120), (THIS, "C", "9"): posting(JUNE, -1_090)})
    invoice = document("1", MAY, 100, currency="EUR", rate=Decimal("11.2"))
    item = one([invoice], [paid("9", "1", JUNE, 100, currency="EUR")], ledger)
    assert (item.open_ore, item.open_minor, item.flags) == (30_00, 0, ("paid_in_full", "currency"))


def test_the_last_of_several_payments_takes_the_ore_that_roundings_left() -> None:
    invoice = document("1", MAY, 1, total_minor=100_001, currency="EUR", rate=Decimal("11.3333"), voucher=None)
    parts = [
        paid(number, "1", JUNE, 1, minor, voucher=None, currency="EUR")
        for number, minor in (("1", 33_333), ("2", 66_668))
    ]
    assert judge([invoice], parts, ledger_of()) == ([], [])


def test_a_receipt_before_its_invoice_was_booked_is_a_negative_item_of_its_own() -> None:
    ledger = ledger_of({(THIS, "C", "9"): posting(JUNE, -100)})
    unbooked = document("1", MAY, 100, booked=False, voucher=None)
    item = one([unbooked], [paid("9", "1", JUNE, 100)], ledger)
    assert (item.billed_ore, item.open_ore, item.flags) == (0, -100_00, ("unbooked", "prepayment"))


def test_an_overpaid_invoice_stays_with_what_is_owed_back() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "C", "9"): posting(JUNE, -120)})
    item = one([document("1", MAY, 100)], [paid("9", "1", JUNE, 120)], ledger)
    assert (item.open_ore, item.flags) == (-20_00, ("overpaid",))


def test_a_part_that_another_owes_is_flagged_on_the_row() -> None:
    rot = Posting(MAY, {"1510": 70_00, "1513": 30_00})
    factored = Posting(MAY, {"1512": 50_00})
    ledger = ledger_of({(THIS, "B", "1"): rot, (THIS, "B", "2"): factored}, ("1510", "1512", "1513"))
    items, _ = judge([document("1", MAY, 100), document("2", MAY, 50)], [], ledger)
    assert [(item.open_ore, item.flags) for item in items] == [(100_00, ("rot_rut",)), (50_00, ("factoring",))]


def test_with_the_cash_method_everything_unpaid_is_open_whether_booked_or_not() -> None:
    year = LedgerYear(THIS, BALANCE_DATE, cash=True)
    ledger = Ledger({}, ("1510",), THIS, BALANCE_DATE, (year,))
    documents = [
        document("1", MAY, 100, booked=False, voucher=None),
        document("2", MAY, 80, voucher=(THIS, "C", "8"), final_pay_date=JUNE),
        document("3", MAY, 60, booked=False, voucher=None),
    ]
    payments = [paid("8", "2", JUNE, 80, voucher=(THIS, "C", "8")), paid("9", "3", JUNE, 20, voucher=(THIS, "C", "9"))]
    items, _ = judge(documents, payments, ledger)
    assert opened(items) == {"1": 100, "3": 40}
    assert {item.flags for item in items} == {("cash_method",)}
    assert {item.accounting_date for item in items} == {None}
    assert opened(judge(documents, payments, ledger, date(2025, 5, 15))[0]) == {"1": 100, "2": 80, "3": 60}


def test_a_further_voucher_of_a_document_counts_from_its_own_date() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "A", "3"): posting(JUNE, -15)})
    corrected = [document("1", MAY, 100, further_vouchers=((THIS, "A", "3"),))]
    assert one(corrected, [], ledger, MAY).open_ore == 100_00
    assert one(corrected, [], ledger).open_ore == 85_00


@pytest.mark.parametrize(
    ("first", "further", "open_minor"),
    [
        (1_120, -1_120, 0),
        (1_120, -560, 50_00),
        (672, 448, 100_00),
        (672, 224, 80_00),
        (1_008, -560, 40_00),
        (0, 1_120, 100_00),
        (0, 560, 50_00),
    ],
)
def test_what_is_open_in_currency_moves_along_with_a_further_voucher(first: int, further: int, open_minor: int) -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, first), (THIS, "A", "3"): posting(JUNE, further)})
    euro = document("1", MAY, 100, currency="EUR", rate=Decimal("11.2"), further_vouchers=((THIS, "A", "3"),))
    items, _ = judge([euro], [], ledger)
    assert [(item.open_ore, item.open_minor) for item in items] == (
        [((first + further) * 100, open_minor)] if open_minor else []
    )


def test_an_invoice_first_booked_outside_the_accounts_of_claims_counts_once_when_it_was_moved_in() -> None:
    """Until then its own amount stands, for all the ledger knows; then what the further voucher holds."""
    ledger = ledger_of({(THIS, "A", "3"): posting(JUNE, 100)})
    moved = [document("1", MAY, 100, voucher=(THIS, "B", "1"), further_vouchers=((THIS, "A", "3"),))]
    assert [one(moved, [], ledger, day).open_ore for day in (MAY, JUNE)] == [100_00, 100_00]


def test_what_is_paid_or_credited_later_does_not_decide_what_a_credit_note_was_set_off_against() -> None:
    """The invoice had room for it on the day; that it was paid twice afterwards is what is owed back."""
    invoice = document("2", MAY, 100, final_pay_date=JUNE)
    credit = document("8", MAY, -60, credit_of="2", final_pay_date=MAY)
    vouchers = {(THIS, "B", "2"): posting(MAY, 100), (THIS, "B", "8"): posting(MAY, -60)}
    then = judge([invoice, credit], [], ledger_of(vouchers), MAY)
    ledger = ledger_of({**vouchers, (THIS, "C", "9"): posting(JUNE, -100)})
    paid_twice = [paid("9", "2", JUNE, 100)]
    now = judge([invoice, credit], paid_twice, ledger, MAY)
    assert ([replace(item, paid_after_ore=0, paid_after_on=None) for item in now[0]], now[1]) == then
    assert opened(then[0]) == {"2": 40}
    assert opened(judge([invoice, credit], paid_twice, ledger)[0]) == {"2": -60}


def test_two_credit_notes_have_no_more_room_than_their_invoice_left() -> None:
    invoice = document("2", MAY, 100, final_pay_date=JUNE)
    notes = [document(number, MAY, -60, credit_of="2", final_pay_date=JUNE) for number in ("8", "9")]
    items, faults = judge([invoice, *notes], [], ledger_of())
    assert [(fault.document, fault.code) for fault in faults] == [("9", "credit-unclear")]
    assert opened(items) == {"2": 40, "9": -60}


def test_a_later_payment_does_not_make_an_earlier_one_the_last() -> None:
    """The last one takes the öre of roundings, and which is the last follows from what was left on its day."""
    invoice = document("1", MAY, 1, total_minor=100_001, currency="EUR", rate=Decimal("11.3333"), voucher=None)
    first = paid("1", "1", MAY, 1, 33_333, voucher=None)
    rest = paid("2", "1", JUNE, 1, 66_668)
    ledger = ledger_of({(THIS, "C", "2"): posting(JUNE, -7_555)})
    [then], _ = judge([invoice], [first], ledger, MAY)
    [now], _ = judge([invoice], [first, rest], ledger, MAY)
    assert replace(now, paid_after_ore=0, paid_after_on=None) == then


def test_in_sek_both_amounts_move_by_the_same_with_a_further_voucher() -> None:
    ledger = ledger_of({(THIS, "B", "1"): posting(MAY, 100), (THIS, "A", "3"): posting(JUNE, -15)})
    item = one([document("1", MAY, 100, further_vouchers=((THIS, "A", "3"),))], [], ledger)
    assert (item.open_ore, item.open_minor) == (85_00, 85_00)


def test_a_row_carries_both_numbers_both_dates_and_the_rate() -> None:
    invoice = document("1", MAY, 100, external_number="F-77", currency="EUR", rate=Decimal("11.20"))
    item = one([invoice], [], ledger_of({(THIS, "B", "1"): posting(JUNE, 1_120)}))
    assert (item.external_number, item.invoice_date, item.accounting_date) == ("F-77", MAY, JUNE)
    assert (item.currency, item.rate, item.unit) == ("EUR", Decimal("11.20"), 1)
