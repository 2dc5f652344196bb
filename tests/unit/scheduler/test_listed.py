"""What a list says becomes a fact, and can be told from the fact again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.scheduler import listed
from shared.fortnox import InvoicePaymentListItem, SupplierInvoiceListItem

YEARS = {3: date(2025, 1, 1)}


def bill(*vouchers: tuple[str, int, str]) -> SupplierInvoiceListItem:
    links = [
        {"Series": series, "Number": number, "Year": 3, "ReferenceType": sort} for series, number, sort in vouchers
    ]
    raw: dict[str, Any] = {"GivenNumber": "7", "SupplierNumber": "1", "InvoiceNumber": "F-77", "Vouchers": links}
    raw |= {"InvoiceDate": "2025-05-06", "DueDate": None, "FinalPayDate": None, "Total": "100", "Balance": "100"}
    raw |= {"Currency": "SEK", "CurrencyRate": "1", "CurrencyUnit": 1, "Booked": True, "Cancel": False, "Credit": False}
    return SupplierInvoiceListItem.read(raw)


def test_a_correction_is_a_further_voucher_and_a_payment_is_none() -> None:
    document = listed.supplier_invoice(
        bill(("E", 4, "SUPPLIERPAYMENT"), ("A", 9, "SUPPLIERINVOICECORRECTION"), ("D", 2, "SUPPLIERINVOICE")), YEARS
    )
    assert document.voucher == (date(2025, 1, 1), "D", "2")
    assert document.further_vouchers == ((date(2025, 1, 1), "A", "9"),)
    assert document.external_number == "F-77"


def test_a_bill_that_is_not_booked_has_no_voucher() -> None:
    document = listed.supplier_invoice(bill(), YEARS)
    assert (document.voucher, document.further_vouchers) == (None, ())


@pytest.mark.parametrize(("currency", "rate", "minor"), [("SEK", 1, 110_00), ("EUR", 11, 10_00)])
def test_what_was_listed_of_a_payment_can_be_told_after_it_was_read_singly(
    currency: str, rate: int, minor: int
) -> None:
    raw = {"Number": "1", "InvoiceNumber": 7, "PaymentDate": "2025-05-06", "Amount": 110, "Currency": currency}
    raw |= {"CurrencyRate": rate, "CurrencyUnit": 1, "Booked": True, "WriteOffExist": True}
    payment = listed.payment(InvoicePaymentListItem.read(raw))
    assert payment.settled_minor == minor
    known = replace(payment, settled_minor=1, voucher=(YEARS[3], "C", "1"), listed_hash=b"1")
    assert listed.payment_as_listed(known) == payment
