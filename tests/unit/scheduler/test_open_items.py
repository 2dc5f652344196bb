"""What was open at a balance date: the worked example, and the rules one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.open_items import (
    Document,
    Fault,
    Ledger,
    OpenItem,
    Payment,
    Posting,
    Subledger,
    VoucherKey,
    ageing,
    content_hash,
    hit_accounts,
    judged,
    open_items,
    sek_ore,
)

BALANCE_DATE = date(2025, 12, 31)
THIS, NEXT = date(2025, 1, 1), date(2026, 1, 1)


def document(number: str, day: date, kronor: int, **changes: object) -> Document:
    made = Document(
        number=number,
        counterparty_number="1",
        counterparty_name="Kund",
        invoice_date=day,
        due_date=day + timedelta(days=30),
        final_pay_date=None,
        currency="SEK",
        rate=Decimal(1),
        unit=1,
        total_minor=kronor * 100,
        booked=True,
        cancelled=False,
        voucher=(THIS, "B", number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def payment(number: str, of: str, day: date, kronor: int, voucher: VoucherKey | None = None) -> Payment:
    return Payment(number, of, day, kronor * 100, kronor * 100, booked=True, voucher=voucher or (THIS, "C", number))


def posting(day: date, kronor: int) -> Posting:
    return Posting(day, {"1510": kronor * 100})


def ledger_of(postings: dict[VoucherKey, Posting] | None = None, accounts: tuple[str, ...] = ("1510",)) -> Ledger:
    return Ledger(postings or {}, accounts, THIS, BALANCE_DATE)


def judge(
    documents: list[Document], payments: list[Payment], ledger: Ledger, day: date = BALANCE_DATE
) -> tuple[list[OpenItem], list[Fault]]:
    return open_items(Subledger(documents, payments), ledger, day)


def worked_example() -> tuple[list[Document], list[Payment], Ledger]:
    """Six documents around 31 December 2025, each a trap of its own."""
    documents = [
        document("101", date(2025, 11, 10), 12_500, final_pay_date=date(2026, 1, 15)),
        document("102", date(2025, 12, 20), 8_000, final_pay_date=date(2026, 2, 1)),
        document("103", date(2026, 1, 3), 6_000, voucher=(NEXT, "B", "1")),
        document("104", date(2025, 12, 22), -2_000, credit_of="101", final_pay_date=date(2026, 1, 10)),
        document("105", date(2025, 12, 1), 1_000, currency="EUR", rate=Decimal("11.20")),
        document("106", date(2025, 12, 30), 4_000, booked=False, voucher=None),
    ]
    payments = [
        payment("1", "101", date(2026, 1, 15), 10_500, (NEXT, "C", "1")),
        payment("2", "102", date(2025, 12, 28), 3_000),
        payment("3", "102", date(2026, 2, 1), 5_000, (NEXT, "C", "2")),
    ]
    postings = {
        (THIS, "B", "101"): posting(date(2025, 11, 10), 12_500),
        (THIS, "B", "102"): posting(date(2025, 12, 20), 8_000),
        (THIS, "B", "104"): posting(date(2025, 12, 22), -2_000),
        (THIS, "B", "105"): posting(date(2025, 12, 1), 11_200),
        (THIS, "C", "2"): posting(date(2025, 12, 28), -3_000),
    }
    return documents, payments, ledger_of(postings)


def opened(items: list[OpenItem]) -> dict[str, int]:
    return {item.document_number: item.open_ore // 100 for item in items}


def test_the_worked_example_comes_out_to_the_krona() -> None:
    items, faults = judge(*worked_example())
    assert opened(items) == {"101": 12_500, "102": 5_000, "104": -2_000, "105": 11_200, "106": 0}
    assert sum(item.open_ore for item in items) == 26_700_00
    assert faults == []
    assert [item.flags for item in items if item.document_number == "106"] == [("unbooked",)]


def test_nothing_that_happens_after_the_date_changes_the_schedule() -> None:
    documents, payments, ledger = worked_example()
    before = judge(documents, payments, ledger)
    paid_late = [*payments, payment("9", "105", date(2026, 3, 1), 11_000, (NEXT, "C", "9"))]
    new_invoice = [*documents, document("107", date(2026, 2, 2), 900, voucher=(NEXT, "B", "2"))]
    assert judge(new_invoice, paid_late, ledger) == before


def test_a_matched_credit_note_is_set_off_from_the_day_it_was_used_up() -> None:
    documents, payments, ledger = worked_example()
    items, _ = judge(documents, payments, ledger, date(2026, 1, 10))
    assert opened(items)["101"] == 10_500
    assert "104" not in opened(items)


def test_the_vouchers_date_decides_and_not_the_documents() -> None:
    booked_late = document("1", date(2025, 12, 30), 100, voucher=(NEXT, "B", "7"))
    assert judge([booked_late], [], ledger_of()) == ([], [])
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


def test_a_payment_of_an_unknown_document_is_named_and_not_left_out_silently() -> None:
    _, faults = judge([], [payment("7", "404", date(2025, 5, 1), 1)], ledger_of())
    assert faults == [Fault("7", "unknown-document", "payment of the unknown document 404")]


def test_a_used_up_credit_note_whose_invoice_is_not_known_is_named_and_stays() -> None:
    used = document("8", date(2025, 5, 1), -100, credit_of="404", final_pay_date=date(2025, 6, 1))
    items, faults = judge([used], [], ledger_of())
    assert opened(items) == {"8": -100}
    assert [(fault.document, fault.code) for fault in faults] == [("8", "credit-unclear")]


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
def test_an_item_ages_by_its_due_date(days: int, bucket: str) -> None:
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


def test_the_hash_follows_the_content_and_nothing_else() -> None:
    items, _ = judge(*worked_example())
    again, _ = judge(*worked_example())
    assert content_hash(items, {"kind": "receivables"}) == content_hash(again, {"kind": "receivables"})
    changed = [replace(items[0], open_ore=items[0].open_ore + 1), *items[1:]]
    assert content_hash(items, {}) != content_hash(changed, {})


def test_currency_is_converted_per_unit_and_rounded_half_up() -> None:
    assert sek_ore(100_000, Decimal("11.20"), 1) == 1_120_000
    assert sek_ore(12_345, Decimal("8.15"), 100) == 1006
    assert sek_ore(50, Decimal("0.01"), 1) == 1
