"""Documents, payments and vouchers written by hand, and the worked example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from services.scheduler.open_items import open_items
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger, Posting, VoucherKey
from shared.schedules.content import Fault, Item

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
) -> tuple[list[Item], list[Fault]]:
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
        (THIS, "A", "57"): Posting(BALANCE_DATE, {"1510": 100_000}, {-100_000}, {"3001"}, "Justering"),
        (THIS, "B", "101"): posting(date(2025, 11, 10), 12_500),
        (THIS, "B", "102"): posting(date(2025, 12, 20), 8_000),
        (THIS, "B", "104"): posting(date(2025, 12, 22), -2_000),
        (THIS, "B", "105"): posting(date(2025, 12, 1), 11_200),
        (THIS, "C", "2"): posting(date(2025, 12, 28), -3_000),
    }
    return documents, payments, ledger_of(postings)
