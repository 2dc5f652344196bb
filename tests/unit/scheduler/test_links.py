"""What lists and ledger tell together, and where they leave something to be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.scheduler.links import FEW, Links, ListedPayment, link_payments, pair_credit_notes
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
    """The voucher found for each payment, and the payments that have to be read, first the doubtful ones."""
    ledger = Ledger({key(number): posting for number, posting in enumerate(postings, 1)}, ["1510"], YEAR, LAST)
    return outcome(link_payments(payments, ledger, taken))


def outcome(links: Links, read: tuple[Payment, ...] = ()) -> tuple[dict[str, VoucherKey | None], list[str]]:
    doubtful = links.doubtful(read)
    numbers = [payment.number for _, payment in links.linked]
    found = {
        payment.number: payment.voucher for place, (_, payment) in enumerate(links.linked) if place not in doubtful
    }
    to_read = [numbers[place] for place in sorted(doubtful)]
    return found, [*to_read, *(item.payment.number for item in links.to_read)]


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


@pytest.mark.parametrize("days", [-400, -32, 3, 31, 32, 300])
def test_however_far_away_its_own_voucher_is_no_payment_is_given_a_strangers(days: int) -> None:
    stranger, own = voucher(5000), voucher(5000, DAY + timedelta(days=days))
    assert link([listed("1", 5000)], stranger, own) == ({}, ["1"])
    for day in (YEAR - timedelta(days=200), LAST + timedelta(days=200)):
        assert link([listed("1", 5000, day)], own) == ({}, ["1"])
        settled_before = listed("1", 5000, day, is_past=True)
        assert link([settled_before], own) == ({}, ["1"])


def test_a_payment_alone_in_a_series_is_read_because_its_own_voucher_may_be_in_another_year() -> None:
    payments = [listed(str(number), number) for number in range(1, 5)]
    postings = {key(number): voucher(number) for number in range(1, 4)} | {(YEAR, "A", "9"): voucher(4)}
    ledger = Ledger(postings, ["1510"], YEAR, LAST)
    assert outcome(link_payments(payments, ledger, ()))[1] == ["4"]


def test_a_voucher_that_turns_out_to_be_another_payments_leaves_no_doubt() -> None:
    """Payment 2 is booked two days late, and read for that: then nothing is left over."""
    payments = [listed("1", 100), listed("2", 100, DAY + timedelta(days=40))]
    ledger = Ledger({key(1): voucher(100), key(2): voucher(100, DAY + timedelta(days=42))}, ["1510"], YEAR, LAST)
    links = link_payments(payments, ledger, ())
    assert [item.payment.number for item in links.to_read] == ["2"]
    own = replace(payments[1].payment, voucher=key(2))
    assert outcome(links, (own,))[0] == {"1": key(1)}
    others = replace(payments[1].payment, voucher=key(1))
    assert outcome(links, (others,))[0] == {}


def test_many_payments_of_one_amount_are_not_read_for_somebodys_manual_voucher() -> None:
    many = [listed(str(number), 100, YEAR + timedelta(days=number)) for number in range(1, FEW + 2)]
    postings = {key(number): voucher(100, YEAR + timedelta(days=number)) for number in range(1, FEW + 2)}
    manual: VoucherKey = (YEAR, "A", "1")
    ledger = Ledger(postings | {manual: voucher(100, LAST)}, ["1510"], YEAR, LAST)
    assert outcome(link_payments(many, ledger, ()))[1] == []
    assert len(outcome(link_payments(many[:FEW], ledger, (key(FEW + 1),)))[1]) == FEW
    of_their_series = Ledger(postings | {key(FEW + 2): voucher(100, LAST)}, ["1510"], YEAR, LAST)
    assert len(outcome(link_payments(many, of_their_series, ()))[1]) == FEW + 1


def test_the_same_amount_every_month_is_told_by_its_days() -> None:
    days = [date(2025, month, 28) for month in range(1, 13)]
    payments = [listed(str(number), 100, day) for number, day in enumerate(days, 1)]
    found, to_read = link(payments, *[voucher(100, day) for day in days])
    assert (found, to_read) == ({str(number): key(number) for number in range(1, 13)}, [])


def test_a_payment_after_the_imported_years_is_read_only_when_a_voucher_may_lie_before() -> None:
    later = listed("1", 100, LAST + timedelta(days=3))
    assert link([later]) == ({"1": None}, [])
    assert link([later], voucher(100, LAST - timedelta(days=90))) == ({}, ["1"])
    assert link([later], voucher(100, LAST)) == ({}, ["1"])
    assert link([listed("2", 100, LAST), later], voucher(100, LAST)) == ({"2": key(1), "1": None}, [])


def test_a_payment_before_the_imported_years_is_read_only_for_what_the_list_leaves_out() -> None:
    before = YEAR - timedelta(days=40)
    assert link([listed("1", 100, before)]) == ({"1": None}, [])
    assert link([listed("1", 100, before, has_write_offs=True)]) == ({}, ["1"])
    assert link([listed("1", 100, before, in_sek=False, minor_is_exact=False)]) == ({}, ["1"])


def test_in_sek_the_claims_row_tells_what_was_written_off() -> None:
    ledger = Ledger({key(1): voucher(100, claim=102)}, ["1510"], YEAR, LAST)
    for flag in (True, None):
        [(_, payment)] = link_payments([listed("1", 100, has_write_offs=flag)], ledger, ()).linked
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
