"""Reads one sub-ledger from Fortnox with few calls: whole lists, and single documents only where nothing else tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from services.scheduler.accounts import Kind
from services.scheduler.links import ListedPayment, link_payments, pair_credit_notes
from services.scheduler.open_items import (
    UNREADABLE,
    Document,
    Fault,
    Ledger,
    Payment,
    Subledger,
    VoucherKey,
    judged,
)
from shared.errors import Retryable
from shared.fortnox import (
    FortnoxClient,
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    NotFound,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentListItem,
    UnreadableDocument,
    WriteOff,
)
from shared.fortnox import VoucherKey as FortnoxVoucherKey

Listed = TypeVar("Listed", Document, Payment)
Years = Mapping[int, date]
"""First day of each financial year by Fortnox' id."""


class SubledgerReader:
    """Reads one sub-ledger, and at most so many single documents; says what was left and what is wrong in it."""

    def __init__(self, kind: Kind, years: Years, singles_allowed: int) -> None:
        self.singles = 0
        self.left = 0
        self.faults: list[Fault] = []
        self._kind = kind
        self._years = years
        self._singles_allowed = singles_allowed

    def note_unreadable(self, unreadable: UnreadableDocument) -> None:
        self.faults.append(Fault(unreadable.document, UNREADABLE, unreadable.reason))

    def read(self, client: FortnoxClient, ledger: Ledger, known: Subledger) -> Subledger:
        """Return the sub-ledger; of `known`, single documents are taken that the list shows unchanged."""
        documents, listed = self._lists(client)
        alive = {document.number for document in judged(documents, ledger.first_day)}
        payments = self._payments(client, listed, documents, alive, ledger, known.payments)
        return Subledger(self._documents(client, documents, payments, alive, known.documents), payments)

    def _lists(self, client: FortnoxClient) -> tuple[list[Document], list[ListedPayment]]:
        if self._kind == "receivables":
            return (
                [_invoice(item, self._years) for item in client.invoices()],
                [_payment(item) for item in client.invoice_payments()],
            )
        return (
            [_supplier_invoice(item, self._years) for item in client.supplier_invoices()],
            [_payment(item) for item in client.supplier_invoice_payments()],
        )

    def _payments(
        self,
        client: FortnoxClient,
        listed: Sequence[ListedPayment],
        documents: Sequence[Document],
        alive: set[str],
        ledger: Ledger,
        known: Sequence[Payment],
    ) -> list[Payment]:
        read_before = {payment.number: payment for payment in known if payment.listed_hash is not None}
        settled: list[Payment] = []
        open_: list[ListedPayment] = []
        for item in listed:
            before = read_before.get(item.payment.number)
            if before is not None and before.listed_hash == _hash(item):
                settled.append(before)
            elif item.payment.document_number in alive:
                open_.append(item)
            else:
                settled.append(item.payment)
        taken = {document.voucher for document in documents} | {payment.voucher for payment in settled}
        linked, to_read = link_payments(open_, ledger, taken)
        hashes = {item.payment.number: _hash(item) for item in to_read}
        singles = [
            self._single(item.payment, lambda listed: self._read_payment(client, listed, hashes[listed.number]))
            for item in to_read
        ]
        return [*settled, *linked, *singles]

    def _documents(
        self,
        client: FortnoxClient,
        documents: Sequence[Document],
        payments: Sequence[Payment],
        alive: set[str],
        known: Sequence[Document],
    ) -> list[Document]:
        read_before = {document.number: document for document in known if document.listed_hash is not None}
        pairs, unclear = pair_credit_notes(documents, payments)
        result = []
        for document in documents:
            before = read_before.get(document.number)
            if before is not None and before.listed_hash == _hash(document):
                result.append(before)
            elif document.number in unclear and document.number in alive:
                result.append(self._single(document, lambda listed: self._read_credit_note(client, listed)))
            else:
                result.append(replace(document, credit_of=pairs.get(document.number)))
        return result

    def _single(self, listed: Listed, read: Callable[[Listed], Listed]) -> Listed:
        """Return the document as read singly; as listed when enough was read, or when it cannot be read."""
        if self.singles == self._singles_allowed:
            self.left += 1
            return listed
        try:
            single = read(listed)
        except UnreadableDocument as unreadable:
            self.note_unreadable(unreadable)
            return listed
        except NotFound as gone:
            raise Retryable("fortnox-listing-moved", f"a document went while they were read: {gone.reason}") from None
        self.singles += 1
        return single

    def _read_credit_note(self, client: FortnoxClient, listed: Document) -> Document:
        if self._kind == "receivables":
            invoice = client.invoice(listed.number).credit_invoice_reference
        else:
            invoice = client.supplier_invoice(listed.number).credit_reference
        return replace(listed, credit_of=invoice, listed_hash=_hash(listed))

    def _read_payment(self, client: FortnoxClient, listed: Payment, listed_hash: bytes) -> Payment:
        single: InvoicePayment | SupplierInvoicePayment
        if self._kind == "receivables":
            single = client.invoice_payment(listed.number)
        else:
            single = client.supplier_invoice_payment(listed.number)
        paid_minor = listed.settled_minor if single.amount_currency_ore is None else single.amount_currency_ore
        return replace(
            listed,
            settled_minor=paid_minor + sum(_written_off(single, write_off) for write_off in single.write_offs),
            voucher=_key(single.voucher, self._years),
            listed_hash=listed_hash,
        )


def _written_off(payment: InvoicePayment | SupplierInvoicePayment, write_off: WriteOff) -> int:
    """Return what was written off in the document's currency; without a currency of its own it is in SEK."""
    if (write_off.currency or "SEK") == payment.currency:
        return write_off.amount_ore
    return _minor(write_off.amount_ore, payment.currency_rate, payment.currency_unit)


def _minor(amount_ore: int, rate: Decimal, unit: Decimal) -> int:
    return int((amount_ore * unit / rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _key(key: FortnoxVoucherKey | None, years: Years) -> VoucherKey | None:
    if key is None or key.year_id not in years:
        return None
    return years[key.year_id], key.series, str(key.number)


def _hash(listed: Document | ListedPayment) -> bytes:
    return hashlib.sha256(repr(listed).encode()).digest()


def _invoice(item: InvoiceListItem, years: Years) -> Document:
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
        voucher=_key(item.voucher, years),
    )


def _supplier_invoice(item: SupplierInvoiceListItem, years: Years) -> Document:
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
        voucher=_key(link.key, years) if link else None,
    )


def _payment(item: InvoicePaymentListItem | SupplierInvoicePaymentListItem) -> ListedPayment:
    """Take a payment as listed: in SEK only, so the document's currency is reckoned at the payment's own rate."""
    in_sek = item.currency == "SEK"
    payment = Payment(
        number=item.number,
        document_number=item.invoice_number or "",
        date=item.payment_date,
        amount_ore=item.amount_ore,
        settled_minor=item.amount_ore if in_sek else _minor(item.amount_ore, item.currency_rate, item.currency_unit),
        booked=item.booked,
    )
    # A whole öre more or less is less than half a hundredth of a currency that is worth more than a krona.
    minor_is_exact = in_sek or item.currency_rate > item.currency_unit
    return ListedPayment(payment, in_sek, minor_is_exact, item.has_write_offs)
