"""The sub-ledger side of a schedule (pure): documents and payments as dated facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.scheduler.vouchers import Day, VoucherKey

SEK = "SEK"


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, or a credit note when `total_minor` is negative.

    `total_minor` is in hundredths of `currency`, `rate` SEK per `unit` of it. `voucher` booked the document,
    `further_vouchers` changed what it is worth (a reversal, a correction) or are booked beside it. `listed_hash` is
    set once the single document was read, and says what the list told then.
    """

    number: str
    counterparty_number: str
    counterparty_name: str
    invoice_date: Day
    due_date: Day | None
    final_pay_date: Day | None
    currency: str
    rate: Decimal
    unit: int
    total_minor: int
    booked: bool
    cancelled: bool
    credit_of: str | None = None
    voucher: VoucherKey | None = None
    listed_hash: bytes | None = None
    external_number: str | None = None
    further_vouchers: tuple[VoucherKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of one document; `settled_minor` includes what was written off, in the document's currency.

    `listed_hash` is set once the single payment was read, and says what the list told then. `rate` (SEK per `unit` of
    `currency`) and `has_write_offs` (None where the list does not tell) are the list's own.
    """

    number: str
    document_number: str
    date: Day
    amount_ore: int
    settled_minor: int
    booked: bool
    voucher: VoucherKey | None = None
    listed_hash: bytes | None = None
    currency: str = SEK
    rate: Decimal = Decimal(1)
    unit: int = 1
    has_write_offs: bool | None = None


@dataclass(frozen=True)
class Subledger:
    """`cancelled_seen` are the days on which cancelled documents were first read as such, by number."""

    documents: Sequence[Document]
    payments: Sequence[Payment]
    cancelled_seen: Mapping[str, date] = field(default_factory=dict)


def judged(documents: Sequence[Document], first_day: date, touched: Collection[str] = ()) -> list[Document]:
    """Return the documents that can be open in the years from `first_day`, and credit notes that may belong to them.

    What was settled before is in no opening balance of those years, unless a voucher of those years is about it:
    `touched` are the numbers of such documents.
    """
    alive = [d for d in documents if d.final_pay_date is None or d.final_pay_date >= first_day or d.number in touched]
    if len(alive) == len(documents):
        return alive
    numbers = {document.number for document in alive}
    parties = {d.counterparty_number for d in alive if d.invoice_date < first_day}
    return [
        document
        for document in documents
        if document.number in numbers
        or (
            document.total_minor < 0
            and document.counterparty_number in parties
            and (document.credit_of is None or document.credit_of in numbers)
        )
    ]


def sek_ore(minor: int, rate: Decimal, unit: int) -> int:
    """Convert hundredths of a currency at Fortnox' rate (SEK per `unit`), rounded half up to the öre."""
    return int((minor * rate / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def in_sek(document: Document, minor: int) -> int:
    """Return an amount of the document's currency in öre at the document's rate; 0 when it has no usable rate."""
    if document.currency == SEK:
        return minor
    if document.rate <= 0 or document.unit <= 0:
        return 0
    return sek_ore(minor, document.rate, document.unit)


def in_minor(document: Document, ore: int) -> int:
    """Return öre in hundredths of the document's currency at its rate; 0 when it has no usable rate."""
    if document.currency == SEK:
        return ore
    if document.rate <= 0 or document.unit <= 0:
        return 0
    return int((ore * document.unit / document.rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def payment_label(number: str, document_number: str) -> str:
    """Return how a payment is named among the documents behind a cause: "payment 17 of 101"."""
    return f"payment {number} of {document_number}"
