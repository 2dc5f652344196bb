"""Reads one sub-ledger from Fortnox with few calls: whole lists, and single documents only where nothing else tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
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
    InvoicePaymentListItem,
    NotFound,
    SupplierInvoiceListItem,
    SupplierInvoicePaymentListItem,
    UnreadableDocument,
)
from shared.fortnox import VoucherKey as FortnoxVoucherKey

Read = TypeVar("Read")
Years = Mapping[int, date]
"""First day of each financial year by Fortnox' id."""


@dataclass
class Reading:
    """How far one slice came: what was read of both sub-ledgers, what is wrong in them, and what is left to read."""

    singles_left: int
    subledgers: dict[Kind, Subledger] = field(default_factory=dict)
    faults: dict[Kind, list[Fault]] = field(default_factory=dict)
    singles: int = 0
    left: int = 0


class Fetch:
    """Reads one sub-ledger; `known` are the documents and payments that were read before, with what the list told."""

    def __init__(self, client: FortnoxClient, kind: Kind, years: Years, reading: Reading) -> None:
        self._client = client
        self._kind = kind
        self._years = years
        self._reading = reading

    def run(self, ledger: Ledger, known: Subledger) -> None:
        """Read the sub-ledger into the reading."""
        documents, listed = self._lists()
        alive = {document.number for document in judged(documents, ledger.first_day)}
        payments = self._payments(listed, documents, alive, ledger, known.payments)
        documents = self._documents(documents, payments, alive, known.documents)
        self._reading.subledgers[self._kind] = Subledger(documents, payments)

    def _lists(self) -> tuple[list[Document], list[ListedPayment]]:
        client, years = self._client, self._years
        if self._kind == "receivables":
            return (
                [_invoice(item, years) for item in client.invoices()],
                [_payment(item) for item in client.invoice_payments()],
            )
        return (
            [_supplier_invoice(item, years) for item in client.supplier_invoices()],
            [_payment(item) for item in client.supplier_invoice_payments()],
        )

    def _payments(
        self,
        listed: Sequence[ListedPayment],
        documents: Sequence[Document],
        alive: set[str],
        ledger: Ledger,
        known: Sequence[Payment],
    ) -> list[Payment]:
        read_before = {payment.number: payment for payment in known if payment.listed_hash is not None}
        payments: list[Payment] = []
        unknown: list[ListedPayment] = []
        for item in listed:
            before = read_before.get(item.payment.number)
            if before is not None and before.listed_hash == _hash(item):
                payments.append(before)
            elif item.payment.document_number in alive:
                unknown.append(item)
            else:
                payments.append(item.payment)
        taken = {each.voucher for each in (*documents, *payments) if each.voucher is not None}
        linked, to_read = link_payments(unknown, ledger, taken)
        hashes = {item.payment.number: _hash(item) for item in unknown}
        singles = [self._single(payment, lambda p: self._read_payment(p, hashes[p.number])) for payment in to_read]
        return [*payments, *linked, *singles]

    def _documents(
        self, documents: Sequence[Document], payments: Sequence[Payment], alive: set[str], known: Sequence[Document]
    ) -> list[Document]:
        read_before = {document.number: document for document in known if document.listed_hash is not None}
        pairs, unclear = pair_credit_notes(documents, payments)
        result = []
        for document in documents:
            before = read_before.get(document.number)
            if before is not None and before.listed_hash == _hash(document):
                result.append(before)
            elif document.number in unclear and document.number in alive:
                result.append(self._single(document, self._read_credit_note))
            else:
                result.append(replace(document, credit_of=pairs.get(document.number)))
        return result

    def _single(self, listed: Read, read: Callable[[Read], Read]) -> Read:
        """Return the document as read singly, or as listed when this slice has read enough or it cannot be read."""
        if self._reading.singles_left == 0:
            self._reading.left += 1
            return listed
        try:
            single = read(listed)
        except UnreadableDocument as unreadable:
            self.note(unreadable)
            return listed
        except NotFound as gone:
            raise Retryable("fortnox-listing-moved", f"a document went while the list was read: {gone.reason}") from None
        self._reading.singles_left -= 1
        self._reading.singles += 1
        return single

    def note(self, unreadable: UnreadableDocument) -> None:
        self._reading.faults.setdefault(self._kind, []).append(
            Fault(unreadable.document, UNREADABLE, unreadable.reason)
        )

    def _read_credit_note(self, listed: Document) -> Document:
        if self._kind == "receivables":
            invoice = self._client.invoice(listed.number).credit_invoice_reference
        else:
            invoice = self._client.supplier_invoice(listed.number).credit_reference
        return replace(listed, credit_of=invoice, listed_hash=_hash(listed))

    def _read_payment(self, listed: Payment, listed_hash: bytes) -> Payment:
        if self._kind == "receivables":
            single = self._client.invoice_payment(listed.number)
        else:
            single = self._client.supplier_invoice_payment(listed.number)
        written_off = sum(write_off.amount_ore for write_off in single.write_offs)
        paid_minor = listed.settled_minor if single.amount_currency_ore is None else single.amount_currency_ore
        if single.currency != "SEK":
            written_off = _minor(written_off, single.currency_rate, single.currency_unit)
        return replace(
            listed,
            settled_minor=paid_minor + written_off,
            voucher=_key(single.voucher, self._years),
            listed_hash=listed_hash,
        )
