"""What lists and ledger tell together, and where they leave something to be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from services.scheduler.links import ListedPayment, link_payments, pair_credit_notes
from services.scheduler.subledger import Document, Payment
from services.scheduler.vouchers import Ledger, Posting, VoucherKey

YEAR, LAST = date(2025, 1, 1), date(2025, 12, 31)
DAY = date(2025, 5, 6)


def listed(number: str, kronor: int, day: date = DAY, **changes: object) -> ListedPayment:
    payment = Payment(number, "1", day, kronor * 100, kronor * 100, booked=True)
    return replace(ListedPayment(payment, True, True, False), **changes)  # type: ignore[arg-type]


def voucher(kronor: int, day: date = DAY, claim: int | None = None) -> Posting:
    claim_ore = -(kronor if claim is None else claim) * 100
    return Posting(day, {"1510": claim_ore}, {kronor * 100})


def key(number: int) -> VoucherKey:
    return YEAR, "C", str(number)


def link(
    payments: list[ListedPayment], *postings: Posting, taken: tuple[VoucherKey, ...] = ()
) -> tuple[dict[str, VoucherKey | None], list[str]]:
    """The voucher found for each payment, and the payments that have to be read."""
    ledger = Ledger({key(number): posting for number, posting in enumerate(postings, 1)}, ["1510"], YEAR, LAST)
    known, to_read = link_payments(payments, ledger, taken)
    return {payment.number: payment.voucher for payment in known}, [item.payment.number for item in to_read]


def test_a_voucher_of_the_payments_date_and_amount_is_the_payments() -> None:
    assert link([listed("1", 100), listed("2", 70)], voucher(70), voucher(100)) == ({"1": key(2), "2": key(1)}, [])


def test_what_belongs_to_something_else_is_not_taken() -> None:
    assert link([listed("1", 100)], voucher(100), taken=(key(1),)) == ({}, ["1"])


def test_payments_alike_share_out_vouchers_that_did_the_same_to_the_claims() -> None:
    found, to_read = link([listed("1", 100), listed("2", 100)], voucher(100), voucher(100))
    assert set(found.values()) == {key(1), key(2)}
    assert to_read == []


def test_payments_alike_are_read_when_their_vouchers_differ_or_are_too_few_or_too_many() -> None:
    alike = [listed("1", 100), listed("2", 100)]
    assert link(alike, voucher(100), voucher(100, claim=101)) == ({}, ["1", "2"])
    assert link(alike, voucher(100)) == ({}, ["1", "2"])
    assert link(alike[:1], voucher(100), voucher(100)) == ({}, ["1"])


def test_a_voucher_that_would_be_of_two_payments_is_of_neither() -> None:
    both = Posting(DAY, {"1510": -170_00}, {100_00, 70_00})
    assert link([listed("1", 100), listed("2", 70)], both) == ({}, ["1", "2"])


def test_a_payment_booked_on_another_day_is_read() -> None:
    assert link([listed("1", 100)], voucher(100, DAY + timedelta(days=2))) == ({}, ["1"])


def test_a_strangers_voucher_on_the_payments_day_is_not_taken_for_its_own_of_another_day() -> None:
    paid_on = date(2025, 12, 28)
    stranger, own = voucher(5000, paid_on), voucher(5000, paid_on + timedelta(days=3))
    assert link([listed("1", 5000, paid_on)], stranger, own) == ({}, ["1"])


def test_the_same_amount_every_month_is_told_by_its_days() -> None:
    days = [date(2025, month, 28) for month in range(1, 13)]
    payments = [listed(str(number), 100, day) for number, day in enumerate(days, 1)]
    found, to_read = link(payments, *[voucher(100, day) for day in days])
    assert (found, to_read) == ({str(number): key(number) for number in range(1, 13)}, [])


def test_a_payment_after_the_imported_years_is_read_only_when_a_voucher_may_lie_before() -> None:
    later = listed("1", 100, LAST + timedelta(days=3))
    assert link([later]) == ({"1": None}, [])
    assert link([later], voucher(100, LAST - timedelta(days=90))) == ({"1": None}, [])
    assert link([later], voucher(100, LAST)) == ({}, ["1"])


def test_a_payment_before_the_imported_years_is_read_only_for_what_the_list_leaves_out() -> None:
    before = YEAR - timedelta(days=40)
    assert link([listed("1", 100, before)]) == ({"1": None}, [])
    assert link([listed("1", 100, before, has_write_offs=True)]) == ({}, ["1"])
    assert link([listed("1", 100, before, in_sek=False, minor_is_exact=False)]) == ({}, ["1"])


def test_in_sek_the_claims_row_tells_what_was_written_off() -> None:
    ledger = Ledger({key(1): voucher(100, claim=102)}, ["1510"], YEAR, LAST)
    for flag in (True, None):
        [payment], _ = link_payments([listed("1", 100, has_write_offs=flag)], ledger, ())
        assert payment.settled_minor == 102_00


def test_a_write_off_that_never_reached_the_claim_is_read_and_so_is_one_in_currency() -> None:
    assert link([listed("1", 100, has_write_offs=True)], voucher(100)) == ({}, ["1"])
    assert link([listed("1", 100, in_sek=False, has_write_offs=True)], voucher(100, claim=99)) == ({}, ["1"])


def test_a_payment_that_is_not_booked_has_no_voucher_to_look_for() -> None:
    item = listed("1", 100)
    unbooked = replace(item, payment=replace(item.payment, booked=False))
    assert link([unbooked], voucher(100)) == ({"1": None}, [])


def document(number: str, kronor: int, *, settled: bool = True, party: str = "7", currency: str = "SEK") -> Document:
    return Document(
        number=number,
        counterparty_number=party,
        counterparty_name="Kund",
        invoice_date=DAY,
        due_date=None,
        final_pay_date=DAY if settled else None,
        currency=currency,
        rate=Decimal(1),
        unit=1,
        total_minor=kronor * 100,
        booked=True,
        cancelled=False,
    )


def paid(number: str, kronor: int) -> Payment:
    return Payment(f"p{number}", number, DAY, kronor * 100, kronor * 100, booked=True)


def test_what_payments_leave_of_a_paid_invoice_was_credited() -> None:
    documents = [document("1", 1000), document("2", 1000), document("3", -300)]
    assert pair_credit_notes(documents, [paid("1", 1000), paid("2", 700)]) == ({"3": "2"}, [])


def test_a_refunded_credit_note_and_an_unused_one_credit_nothing() -> None:
    documents = [document("1", 300, settled=False), document("2", -300), document("3", -300, settled=False)]
    assert pair_credit_notes(documents, [paid("2", -300)]) == ({}, [])


def test_a_credit_note_with_no_or_more_than_one_answer_is_read() -> None:
    credit = document("9", -300)
    for others in (
        [document("1", 300, settled=False)],
        [document("1", 300), document("2", 300)],
        [document("1", 300, party="8")],
        [document("1", 300, currency="EUR")],
    ):
        assert pair_credit_notes([credit, *others], []) == ({}, ["9"])


def test_an_overpaid_invoice_was_not_credited() -> None:
    assert pair_credit_notes([document("1", 300), document("9", -300)], [paid("1", 600)]) == ({}, ["9"])
