"""One list of a sub-ledger, read whole or as what changed since it was last read.

Fortnox' lists can be asked for what was changed since an instant, but never for what was deleted. What is put together
from an older reading and its changes is therefore taken only if it proves itself; otherwise the list is read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from services.scheduler import listed
from services.scheduler.accounts import Kind
from services.scheduler.listed import Years
from services.scheduler.requests import Requests
from services.scheduler.subledger import Document, Payment
from shared.fortnox import FortnoxClient, SubledgerListing

Record = TypeVar("Record", Document, Payment)


@dataclass(frozen=True)
class Listing(Generic[Record]):
    """How one list is read; `read` takes the instant since which, None for the whole list.

    `is_unpaid` is Fortnox' filter of that name, where the list has it.
    """

    name: str
    path: SubledgerListing
    read: Callable[[datetime | None], Iterator[Record]]
    is_unpaid: Callable[[Record], bool] | None = None


@dataclass(frozen=True)
class Listed(Generic[Record]):
    """A list as it is now; `changed` are the numbers that Fortnox said have changed, None when all of it was read."""

    records: Sequence[Record]
    changed: frozenset[str] | None = None


def _is_unpaid(document: Document) -> bool:
    """Fortnox' filter `unpaid` leaves out what is not booked."""
    return document.booked and not document.cancelled and document.final_pay_date is None


def documents_of(client: FortnoxClient, kind: Kind, years: Years) -> Listing[Document]:
    if kind == "receivables":
        return Listing(
            "invoices",
            "invoices",
            lambda since: (listed.invoice(item, years) for item in client.invoices(last_modified=since)),
            _is_unpaid,
        )
    return Listing(
        "supplier invoices",
        "supplierinvoices",
        lambda since: (listed.supplier_invoice(item, years) for item in client.supplier_invoices(last_modified=since)),
        _is_unpaid,
    )


def payments_of(client: FortnoxClient, kind: Kind) -> Listing[Payment]:
    if kind == "receivables":
        return Listing(
            "invoice payments",
            "invoicepayments",
            lambda since: map(listed.payment, client.invoice_payments(last_modified=since)),
        )
    return Listing(
        "supplier invoice payments",
        "supplierinvoicepayments",
        lambda since: map(listed.payment, client.supplier_invoice_payments(last_modified=since)),
    )


def brought_up_to_date(
    client: FortnoxClient,
    listing: Listing[Record],
    before: Sequence[Record],
    since: datetime,
    requests: Requests,
) -> Listed[Record] | None:
    """Return `before` with the changes since; None when that is not provably the list as it is now.

    Everything new is among the changes, so a list that holds as many records as this one has lost none. That what was
    paid is among them too is documented nowhere: the number of unpaid documents has to agree as well.
    """
    records = {record.number: record for record in before}
    requests.call = f"{listing.name} changed"
    changed = list(listing.read(since))
    numbers = frozenset(record.number for record in changed)
    if len(records) < len(before) or len(numbers) < len(changed):
        return None  # of namesakes nobody knows which has changed
    records |= {record.number: record for record in changed}
    requests.call = f"{listing.name} counted"
    if client.count(listing.path) != len(records):
        return None
    if listing.is_unpaid is not None:
        unpaid = sum(map(listing.is_unpaid, records.values()))
        if client.count(listing.path, "unpaid") != unpaid:
            return None
    return Listed(list(records.values()), numbers)


def agrees(documents: Listed[Document], before: Sequence[Payment], now: Sequence[Payment]) -> bool:
    """Say whether every document of which a booked payment came, went or changed is among the changed documents."""
    if documents.changed is None:
        return True
    booked = [{payment for payment in payments if payment.booked} for payments in (before, now)]
    touched = {payment.document_number for payment in booked[0] ^ booked[1]}
    return touched & {document.number for document in documents.records} <= documents.changed
