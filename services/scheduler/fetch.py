"""Reads one sub-ledger from Fortnox with few calls: whole lists, and single documents only where the list is silent.

A list has no voucher of a payment and no invoice of a credit note. Both decide only for documents that can be open at
the balance date, so the single ones are read for these alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from services.scheduler.accounts import Kind
from services.scheduler.open_items import Document, Payment
from shared.fortnox import (
    FortnoxClient,
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentListItem,
    VoucherKey,
)

# Within this of the balance date a voucher may lie on its other side than the document's own date does.
MARGIN = timedelta(days=31)


@dataclass(frozen=True)
class Subledger:
    documents: list[Document]
    payments: list[Payment]


def fetch(client: FortnoxClient, kind: Kind, balance_date: date) -> Subledger:
    """Read what is needed to tell what was open at the balance date; see the module for the plan."""
    if kind == "receivables":
        documents = [_invoice(item) for item in client.invoices()]
        payments = [_listed_payment(item) for item in client.invoice_payments()]
    else:
        documents = [_supplier_invoice(item) for item in client.supplier_invoices()]
        payments = [_listed_payment(item) for item in client.supplier_invoice_payments()]
    deciding = {document.number for document in documents if _may_be_open(document, balance_date)}
    parties = {document.counterparty_number for document in documents if document.number in deciding}
    return Subledger(
        [
            _with_invoice(client, kind, document) if _is_used_credit(document, parties) else document
            for document in documents
        ],
        [
            _with_voucher(client, kind, payment) if _decides(payment, deciding, balance_date) else payment
            for payment in payments
        ],
    )


def _may_be_open(document: Document, balance_date: date) -> bool:
    paid_long_before = document.final_pay_date is not None and document.final_pay_date < balance_date - MARGIN
    return not document.cancelled and not paid_long_before and document.invoice_date <= balance_date + MARGIN


def _is_used_credit(document: Document, parties: Iterable[str]) -> bool:
    return document.total_minor < 0 and document.final_pay_date is not None and document.counterparty_number in parties


def _decides(payment: Payment, deciding: Iterable[str], balance_date: date) -> bool:
    return payment.booked and payment.document_number in deciding and payment.date <= balance_date + MARGIN


def _with_invoice(client: FortnoxClient, kind: Kind, document: Document) -> Document:
    if kind == "receivables":
        return replace(document, credit_of=client.invoice(document.number).credit_invoice_reference)
    return replace(document, credit_of=client.supplier_invoice(document.number).credit_reference)


def _with_voucher(client: FortnoxClient, kind: Kind, payment: Payment) -> Payment:
    single: InvoicePayment | SupplierInvoicePayment
    if kind == "receivables":
        single = client.invoice_payment(payment.number)
    else:
        single = client.supplier_invoice_payment(payment.number)
    written_off = sum(write_off.amount_ore for write_off in single.write_offs)
    paid_minor = payment.settled_minor if single.amount_currency_ore is None else single.amount_currency_ore
    return replace(payment, settled_minor=paid_minor + written_off, voucher=_key(single.voucher))


def _key(key: VoucherKey | None) -> tuple[int, str, str] | None:
    return (key.year_id, key.series, str(key.number)) if key is not None else None


def _invoice(item: InvoiceListItem) -> Document:
    return Document(
        number=item.document_number,
        counterparty_number=item.customer_number,
        counterparty_name=item.customer_name,
        invoice_date=item.invoice_date,
        due_date=item.due_date,
        final_pay_date=item.final_pay_date,
        currency=item.currency,
        rate=item.currency_rate,
        unit=int(item.currency_unit),
        total_minor=item.total_ore,
        booked=item.booked,
        cancelled=item.cancelled,
        voucher=_key(item.voucher),
    )


def _supplier_invoice(item: SupplierInvoiceListItem) -> Document:
    booking = next((link for link in item.vouchers if link.reference_type == "SUPPLIERINVOICE"), None)
    link = booking or next(iter(item.vouchers), None)
    return Document(
        number=item.given_number,
        counterparty_number=item.supplier_number,
        counterparty_name=item.supplier_name,
        invoice_date=item.invoice_date,
        due_date=item.due_date,
        final_pay_date=item.final_pay_date,
        currency=item.currency,
        rate=item.currency_rate,
        unit=int(item.currency_unit),
        total_minor=item.total_ore,
        booked=item.booked,
        cancelled=item.cancelled,
        voucher=_key(link.key) if link else None,
    )


def _listed_payment(item: InvoicePaymentListItem | SupplierInvoicePaymentListItem) -> Payment:
    """Take a payment as listed: in SEK only, so the invoice's currency is reckoned at the payment's own rate."""
    minor = item.amount_ore
    if item.currency != "SEK" and item.currency_rate:
        minor = int((Decimal(item.amount_ore) * item.currency_unit / item.currency_rate).to_integral_value())
    return Payment(
        number=item.number,
        document_number=item.invoice_number or "",
        date=item.payment_date,
        amount_ore=item.amount_ore,
        settled_minor=minor,
        booked=item.booked,
    )
