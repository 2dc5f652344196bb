"""Turns what Fortnox lists into the facts of a sub-ledger, and a stored fact back into what was listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.scheduler.links import ListedPayment
from services.scheduler.subledger import SEK, Document, Payment
from services.scheduler.vouchers import VoucherKey
from shared.fortnox import (
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentListItem,
    WriteOff,
)
from shared.fortnox import VoucherKey as FortnoxVoucherKey

Years = Mapping[int, date]
"""First day of each financial year by Fortnox' id."""

LONGEST_NAME: Final = 1000
LONGEST_EXTERNAL_NUMBER: Final = 100
"""Characters; what is longer is cut, since nothing is told by it that does not follow from the numbers."""


def invoice(item: InvoiceListItem, years: Years) -> Document:
    return Document(
        number=item.document_number,
        counterparty_number=item.customer_number,
        counterparty_name=item.customer_name[:LONGEST_NAME],
        invoice_date=item.invoice_date,
        due_date=item.due_date,
        final_pay_date=item.final_pay_date,
        currency=item.currency,
        rate=item.currency_rate,
        unit=int(item.currency_unit),
        total_minor=item.total_ore,
        booked=item.booked,
        cancelled=item.cancelled,
        voucher=voucher_key(item.voucher, years),
    )


def supplier_invoice(item: SupplierInvoiceListItem, years: Years) -> Document:
    """Take a supplier invoice as listed; the external number is the supplier's own.

    The voucher of type SUPPLIERINVOICE booked it, else the first one; those of payments belong to the payments.
    """
    links = [link for link in item.vouchers if "PAYMENT" not in link.reference_type.upper()]
    booking = next((link for link in links if link.reference_type == "SUPPLIERINVOICE"), None)
    booking = booking or next(iter(links), None)
    further = [voucher_key(link.key, years) for link in links if link is not booking]
    return Document(
        number=item.given_number,
        counterparty_number=item.supplier_number,
        counterparty_name=item.supplier_name[:LONGEST_NAME],
        invoice_date=item.invoice_date,
        due_date=item.due_date,
        final_pay_date=item.final_pay_date,
        currency=item.currency,
        rate=item.currency_rate,
        unit=int(item.currency_unit),
        total_minor=item.total_ore,
        booked=item.booked,
        cancelled=item.cancelled,
        voucher=voucher_key(booking.key, years) if booking else None,
        external_number=item.invoice_number[:LONGEST_EXTERNAL_NUMBER] or None,
        further_vouchers=tuple(key for key in further if key is not None),
    )


def payment(item: InvoicePaymentListItem | SupplierInvoicePaymentListItem) -> Payment:
    """Take a payment as listed: in SEK only, so the document's currency is reckoned at the payment's own rate."""
    return Payment(
        number=item.number,
        document_number=item.invoice_number or "",
        date=item.payment_date,
        amount_ore=item.amount_ore,
        settled_minor=_listed_minor(item.amount_ore, item.currency, item.currency_rate, int(item.currency_unit)),
        booked=item.booked,
        currency=item.currency,
        rate=item.currency_rate,
        unit=int(item.currency_unit),
        has_write_offs=item.has_write_offs,
    )


def listed(payment: Payment) -> ListedPayment:
    """Return what follows from the list alone; `payment` is as listed."""
    in_sek = payment.currency == SEK
    # A whole öre more or less is less than half a hundredth of a currency that is worth more than a krona.
    return ListedPayment(payment, in_sek, in_sek or payment.rate > payment.unit, payment.has_write_offs)


def document_as_listed(stored: Document) -> Document:
    """Return the document without what was concluded or read singly."""
    return replace(stored, credit_of=None, listed_hash=None)


def payment_as_listed(stored: Payment) -> Payment:
    """Return the payment without what was concluded or read singly."""
    settled_minor = _listed_minor(stored.amount_ore, stored.currency, stored.rate, stored.unit)
    return replace(stored, settled_minor=settled_minor, voucher=None, listed_hash=None)


def settled_minor(listed: Payment, single: InvoicePayment | SupplierInvoicePayment) -> int:
    """Return what a payment settles in the document's currency, with what was written off."""
    paid_minor = listed.settled_minor if single.amount_currency_ore is None else single.amount_currency_ore
    return paid_minor + sum(_written_off(single, write_off) for write_off in single.write_offs)


def voucher_key(key: FortnoxVoucherKey | None, years: Years) -> VoucherKey | None:
    if key is None or key.year_id not in years:
        return None
    return years[key.year_id], key.series, str(key.number)


def _written_off(payment: InvoicePayment | SupplierInvoicePayment, write_off: WriteOff) -> int:
    """Return what was written off in the document's currency; without a currency of its own it is in SEK."""
    if (write_off.currency or SEK) == payment.currency:
        return write_off.amount_ore
    return _listed_minor(write_off.amount_ore, payment.currency, payment.currency_rate, int(payment.currency_unit))


def _listed_minor(amount_ore: int, currency: str, rate: Decimal, unit: int) -> int:
    """Convert öre to hundredths of a currency; without a usable rate nothing better than the amount is known."""
    if currency == SEK or rate <= 0:
        return amount_ore
    return int((amount_ore * unit / rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))
