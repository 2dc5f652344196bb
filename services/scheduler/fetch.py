"""Reads one sub-ledger from Fortnox with few calls: lists, and single documents only where nothing else tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
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
from shared.fortnox import (
    FortnoxClient,
    Invoice,
    InvoicePayment,
    NotFound,
    SupplierInvoice,
    SupplierInvoicePayment,
    UnreadableDocument,
)
from shared.fortnox.paging import PAGE_LIMIT
from shared.schedules.content import Fault

Record = TypeVar("Record", Document, Payment)
SinglePayment = InvoicePayment | SupplierInvoicePayment
Single = TypeVar("Single", Invoice, SupplierInvoice, InvoicePayment, SupplierInvoicePayment)


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
    requests than proving what has changed. `read_in_vain` are the single documents that earlier slices could not read:
    they are not asked for again, and named as long as the lists have them.
    """

    def __init__(
        self,
        kind: Kind,
        years: Years,
        singles_allowed: int,
        whole_up_to: int = 2 * PAGE_LIMIT,
        read_in_vain: Iterable[Fault] = (),
    ) -> None:
        self.singles = 0
        self.left = 0
        self._in_vain = {fault.document: fault for fault in read_in_vain}
        self._met: dict[str, Fault] = {}
        self._listed_faults: list[Fault] = []
        self.requests = Requests()
        self._kind = kind
        self._years = years
        self._singles_allowed = singles_allowed
        self._whole_up_to = whole_up_to

    @property
    def faults(self) -> list[Fault]:
        """What could not be read, in lists and singly."""
        return [*self._listed_faults, *self._met.values()]

    @property
    def read_in_vain(self) -> list[Fault]:
        """What could not be read singly, in this slice and in earlier ones."""
        return list(self._in_vain.values())

    def note_unreadable(self, unreadable: UnreadableDocument) -> None:
        """Name a record of a list that cannot be read."""
        self._listed_faults.append(Fault(unreadable.document, UNREADABLE, unreadable.reason))

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
        named = len(self._listed_faults)
        found = brought_up_to_date(client, listing, known, since, self.requests)
        if found is not None and len(self._listed_faults) == named:
            return found
        del self._listed_faults[named:]  # the whole list names them again
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
        past = {document.number for document in documents} - alive
        read_before = {(payment.number, payment.listed_hash): payment for payment in known if payment.listed_hash}
        numbers = {number for number, _ in read_before}
        settled: list[Payment] = []
        open_: list[ListedPayment] = []
        for item in listed:
            payment = item.payment
            before = read_before.get((payment.number, _hash(payment))) if payment.number in numbers else None
            if before is not None:
                settled.append(before)
            else:
                open_.append(replace(item, is_past=payment.document_number in past))
        taken = {voucher for document in documents for voucher in (document.voucher, *document.further_vouchers)}
        links = link_payments(open_, ledger, taken | {payment.voucher for payment in settled})
        self.requests.call = "single payments"
        singles = self._single_payments(client, links.to_read)
        doubtful = links.doubtful(singles) if not self.left else set()
        doubted = [item for place, (item, _) in enumerate(links.linked) if place in doubtful]
        linked = [payment for place, (_, payment) in enumerate(links.linked) if place not in doubtful]
        return [*settled, *linked, *singles, *self._single_payments(client, doubted)]

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
        to_read = alive & set(unclear)
        self.requests.call = "single credit notes"
        result = []
        for document in documents:
            before = read_before.get(document.number)
            if before is not None and before.listed_hash == _hash(document):
                result.append(before)
            elif document.number in to_read:
                result.append(self._with_credit(client, document))
            else:
                result.append(replace(document, credit_of=pairs.get(document.number)))
        return result

    def _with_credit(self, client: FortnoxClient, listed: Document) -> Document:
        """Return a credit note with the invoice that it names when it is read singly."""
        if self._kind == "receivables":
            invoice = self._single(Invoice, listed.number, client.invoice)
            told = None if invoice is None else (invoice.credit_invoice_reference,)
        else:
            bill = self._single(SupplierInvoice, listed.number, client.supplier_invoice)
            told = None if bill is None else (bill.credit_reference,)
        return listed if told is None else replace(listed, credit_of=told[0], listed_hash=_hash(listed))

    def _single_payments(self, client: FortnoxClient, items: Iterable[ListedPayment]) -> list[Payment]:
        """Read payments; of several that share a number one can be read, and the others stay as listed."""
        singles: dict[str, SinglePayment | None] = {}
        result = []
        for payment in (item.payment for item in items):
            if payment.number not in singles:
                singles[payment.number] = self._single_payment(client, payment.number)
            result.append(self._with_single(payment, singles[payment.number]))
        return result

    def _single_payment(self, client: FortnoxClient, number: str) -> SinglePayment | None:
        if self._kind == "receivables":
            return self._single(InvoicePayment, number, client.invoice_payment)
        return self._single(SupplierInvoicePayment, number, client.supplier_invoice_payment)

    def _with_single(self, listed: Payment, single: SinglePayment | None) -> Payment:
        if single is None:
            return listed
        asked = replace(listed, listed_hash=_hash(listed))
        told = (single.payment_date, single.amount_ore, single.invoice_number or "")
        if told != (listed.date, listed.amount_ore, listed.document_number):
            return asked
        return replace(
            asked,
            settled_minor=from_list.settled_minor(listed, single),
            voucher=from_list.voucher_key(single.voucher, self._years),
        )

    def _single(self, record: type[Single], number: str, read: Callable[[str], Single]) -> Single | None:
        """Return the document as read singly; None when enough was read, or when it cannot be read.

        One that is not there may have been deleted since it was listed: the next slice lists anew, and names it only
        if it is listed still.
        """
        name = f"{record.kind} {number}"
        if name in self._in_vain:
            self._met[name] = self._in_vain[name]
            return None
        if self.singles == self._singles_allowed:
            self.left += 1
            return None
        self.singles += 1
        try:
            return read(number)
        except UnreadableDocument as unreadable:
            self._in_vain[name] = self._met[name] = Fault(name, UNREADABLE, unreadable.reason)
        except NotFound:
            self._in_vain[name] = Fault(name, UNREADABLE, "is in Fortnox' list, and cannot be read there singly")
            self.left += 1
        return None


def _hash(listed: Document | Payment) -> bytes:
    return hashlib.sha256(repr(listed).encode()).digest()
