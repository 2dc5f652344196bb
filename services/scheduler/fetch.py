"""Reads one sub-ledger from Fortnox with few calls: lists, and single documents only where nothing else tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from services.scheduler import listed as from_list
from services.scheduler.accounts import Kind
from services.scheduler.changes import Listed, Listing, agrees, brought_up_to_date, documents_of, payments_of
from services.scheduler.links import ListedPayment, link_payments, pair_credit_notes
from services.scheduler.listed import Years
from services.scheduler.open_items import UNREADABLE
from services.scheduler.requests import Requests
from services.scheduler.subledger import Document, Payment, Subledger, judged
from services.scheduler.vouchers import Ledger
from shared.errors import Retryable
from shared.fortnox import FortnoxClient, InvoicePayment, NotFound, SupplierInvoicePayment, UnreadableDocument
from shared.fortnox.paging import PAGE_LIMIT
from shared.schedules.content import Fault

Record = TypeVar("Record", Document, Payment)


@dataclass(frozen=True)
class Before:
    """The sub-ledger as it was last read.

    `read_at` is the instant at which that reading began; None when there was none that read everything.
    """

    subledger: Subledger
    read_at: datetime | None = None


class SubledgerReader:
    """Reads one sub-ledger, and at most so many single documents; says what was left and what is wrong in it.

    Lists of up to `whole_up_to` records are read whole whatever was known before: up to that many it takes no more
    requests than proving what has changed.
    """

    def __init__(self, kind: Kind, years: Years, singles_allowed: int, whole_up_to: int = 2 * PAGE_LIMIT) -> None:
        self.singles = 0
        self.left = 0
        self.faults: list[Fault] = []
        self.requests = Requests()
        self._kind = kind
        self._years = years
        self._singles_allowed = singles_allowed
        self._whole_up_to = whole_up_to

    def note_unreadable(self, unreadable: UnreadableDocument) -> None:
        self.faults.append(Fault(unreadable.document, UNREADABLE, unreadable.reason))

    def read(self, client: FortnoxClient, ledger: Ledger, before: Before) -> Subledger:
        """Return the sub-ledger; of what was known before, that is kept which provably did not change."""
        documents, listed = self._lists(client, before)
        known = before.subledger
        alive = {document.number for document in judged(documents, ledger.first_day)}
        payments = self._payments(client, listed, documents, alive, ledger, known.payments)
        return Subledger(self._documents(client, documents, payments, alive, known.documents), payments)

    def _lists(self, client: FortnoxClient, before: Before) -> tuple[Sequence[Document], list[ListedPayment]]:
        known_payments = [from_list.payment_as_listed(payment) for payment in before.subledger.payments]
        known_documents = [from_list.document_as_listed(document) for document in before.subledger.documents]
        of_documents = documents_of(client, self._kind, self._years)
        documents = self._list(client, of_documents, known_documents, before.read_at)
        payments = self._list(client, payments_of(client, self._kind), known_payments, before.read_at)
        if not agrees(documents, known_payments, payments.records):
            documents = self._whole(of_documents)
        return documents.records, [from_list.listed(payment) for payment in payments.records]

    def _list(
        self, client: FortnoxClient, listing: Listing[Record], known: Sequence[Record], since: datetime | None
    ) -> Listed[Record]:
        if since is None or len(known) <= self._whole_up_to:
            return self._whole(listing)
        named = len(self.faults)
        found = brought_up_to_date(client, listing, known, since, self.requests)
        if found is not None and len(self.faults) == named:
            return found
        del self.faults[named:]  # the whole list names them again
        return self._whole(listing)

    def _whole(self, listing: Listing[Record]) -> Listed[Record]:
        self.requests.call = listing.name
        return Listed(list(listing.read(None)))

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
            if before is not None and before.listed_hash == _hash(item.payment):
                settled.append(before)
            elif item.payment.document_number in alive:
                open_.append(item)
            else:
                settled.append(item.payment)
        taken = {document.voucher for document in documents} | {payment.voucher for payment in settled}
        linked, to_read = link_payments(open_, ledger, taken)
        self.requests.call = "single payments"
        singles = [self._single(item.payment, lambda listed: self._read_payment(client, listed)) for item in to_read]
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
        self.requests.call = "single credit notes"
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

    def _single(self, listed: Record, read: Callable[[Record], Record]) -> Record:
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

    def _read_payment(self, client: FortnoxClient, listed: Payment) -> Payment:
        """Read a payment; of two that share a number only one can be read, and the other stays as listed."""
        single: InvoicePayment | SupplierInvoicePayment
        if self._kind == "receivables":
            single = client.invoice_payment(listed.number)
        else:
            single = client.supplier_invoice_payment(listed.number)
        if (single.payment_date, single.amount_ore) != (listed.date, listed.amount_ore):
            return listed
        return replace(
            listed,
            settled_minor=from_list.settled_minor(listed, single),
            voucher=from_list.voucher_key(single.voucher, self._years),
            listed_hash=_hash(listed),
        )


def _hash(listed: Document | Payment) -> bytes:
    return hashlib.sha256(repr(listed).encode()).digest()
