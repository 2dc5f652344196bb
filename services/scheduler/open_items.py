"""What was open at a balance date (pure): dated facts in, items and their sum out. All amounts in öre or hundredths.

Open at B is what was billed, less what was settled and credited, each by its accounting date; `Balance` and status say
what is true today and are never asked. Today therefore never changes a schedule of the past (P14).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

VoucherKey = tuple[date, str, str]
"""First day of the financial year, series, number."""

Day = date  # a field called `date` hides the type from the fields below it
BUCKETS = ("not_due", "1_30", "31_60", "61_90", "over_90", "no_due_date")
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Posting:
    """A voucher as the ledger has it: what it put on each account of claims, and the amounts of its other rows.

    The signs are those of the schedule: what makes the claim or the debt larger is positive, and the money that comes
    in from a customer or leaves for a supplier as well.
    """

    date: Day
    claims_ore: dict[str, int]
    others_ore: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Document:
    """An invoice, or a credit note when `total_minor` is negative.

    `listed_hash` is set once the single document was read, and says what the list told then.
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


@dataclass(frozen=True)
class Payment:
    """A payment of one document; `settled_minor` includes what was written off, in the document's currency.

    `listed_hash` is set once the single payment was read, and says what the list told then.
    """

    number: str
    document_number: str
    date: Day
    amount_ore: int
    settled_minor: int
    booked: bool
    voucher: VoucherKey | None = None
    listed_hash: bytes | None = None


@dataclass(frozen=True)
class Subledger:
    documents: Sequence[Document]
    payments: Sequence[Payment]


@dataclass(frozen=True)
class OpenItem:
    document_number: str
    counterparty_number: str
    counterparty_name: str
    invoice_date: date
    due_date: date | None
    currency: str
    billed_ore: int
    settled_ore: int
    open_ore: int
    open_minor: int
    days_past_due: int | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A document that the schedule could not judge: `code` is unreadable, unknown-document or credit-unclear."""

    document: str
    code: str
    reason: str


@dataclass(frozen=True)
class Ledger:
    """The vouchers of the imported years, from `first_day` to `last_day`, that touch `accounts`."""

    postings: Mapping[VoucherKey, Posting]
    accounts: Collection[str]
    first_day: date
    last_day: date

    def accounting_date(self, voucher: VoucherKey | None, own_date: date) -> date:
        """Return the voucher's date; of a voucher that is not at hand the later of own date and year's start."""
        if voucher is None:
            return own_date
        posting = self.postings.get(voucher)
        return posting.date if posting is not None else max(own_date, voucher[0])

    def amount_ore(self, posting: Posting) -> int:
        return sum(amount_ore for account, amount_ore in posting.claims_ore.items() if account in self.accounts)


@dataclass
class _Position:
    """What has happened to one document by the balance date."""

    billed_ore: int
    billed_minor: int
    settled_ore: int = 0
    settled_minor: int = 0
    flags: list[str] = field(default_factory=list)

    def settle(self, ore: int, minor: int) -> None:
        self.settled_ore += ore
        self.settled_minor += minor


def hit_accounts(documents: Iterable[Document], ledger: Ledger, balance_date: date) -> set[str]:
    """Return the accounts of claims on which documents were booked up to the balance date."""
    postings = (ledger.postings.get(document.voucher) for document in documents if document.voucher is not None)
    return {
        account for posting in postings if posting and posting.date <= balance_date for account in posting.claims_ore
    }


def judged(documents: Sequence[Document], first_day: date) -> list[Document]:
    """Return the documents that can be open in the years from `first_day`, and credit notes that may belong to them.

    What was settled before is in no opening balance of those years.
    """
    alive = [d for d in documents if d.final_pay_date is None or d.final_pay_date >= first_day]
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


def open_items(subledger: Subledger, ledger: Ledger, balance_date: date) -> tuple[list[OpenItem], list[Fault]]:
    """Return the items open at the end of the balance date, by date and number, and what could not be judged.

    Unbooked documents are listed with nothing open: they are in no ledger, and the reader has to know of them.
    """
    by_number = {document.number: document for document in subledger.documents}
    uses = _uses(subledger)
    positions = {
        document.number: _billed(document, ledger, uses)
        for document in judged(subledger.documents, ledger.first_day)
        if document.booked
        and not document.cancelled
        and ledger.accounting_date(document.voucher, document.invoice_date) <= balance_date
    }
    faults = []
    for payment in subledger.payments:
        if ledger.accounting_date(payment.voucher, payment.date) > balance_date:
            continue
        if payment.document_number not in by_number:
            reason = f"payment of the unknown document {payment.document_number}".rstrip()
            faults.append(Fault(payment.number, "unknown-document", reason))
        elif payment.booked and payment.document_number in positions:
            position = positions[payment.document_number]
            _apply(payment, by_number[payment.document_number], position, ledger, uses)
    faults += _match_credit_notes(by_number, positions, balance_date)
    items = [
        _item(by_number[number], position, balance_date)
        for number, position in positions.items()
        if position.billed_ore != position.settled_ore or position.billed_minor != position.settled_minor
    ]
    items += [
        _unbooked(document, balance_date)
        for document in subledger.documents
        if not document.booked and not document.cancelled and document.invoice_date <= balance_date
    ]
    return sorted(items, key=lambda item: (item.invoice_date, len(item.document_number), item.document_number)), faults


def ageing(items: Iterable[OpenItem]) -> dict[str, int]:
    """Return the open amounts by days past due; the sum of the buckets is always the open total."""
    buckets = dict.fromkeys(BUCKETS, 0)
    for item in items:
        buckets[_bucket(item.days_past_due)] += item.open_ore
    return buckets


def content_hash(items: Sequence[OpenItem], header: Mapping[str, object]) -> str:
    """SHA-256 over the schedule's content, so that a signed one can be recognised years later."""
    content = {"header": header, "items": [asdict(item) for item in items]}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def sek_ore(minor: int, rate: Decimal, unit: int) -> int:
    """Convert hundredths of a currency at Fortnox' rate (SEK per `unit`), rounded half up to the öre."""
    return int((minor * rate / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _uses(subledger: Subledger) -> Counter[VoucherKey]:
    """Count how many documents and payments share a voucher: a shared one does not tell whose amount is whose."""
    vouchers = [*(d.voucher for d in subledger.documents), *(p.voucher for p in subledger.payments)]
    return Counter(voucher for voucher in vouchers if voucher is not None)


def _billed(document: Document, ledger: Ledger, uses: Mapping[VoucherKey, int]) -> _Position:
    posting = _own_posting(document.voucher, ledger, uses)
    if posting is not None:
        return _Position(ledger.amount_ore(posting), document.total_minor)
    position = _Position(sek_ore(document.total_minor, document.rate, document.unit), document.total_minor)
    position.flags.append("amount_from_document")
    return position


def _own_posting(voucher: VoucherKey | None, ledger: Ledger, uses: Mapping[VoucherKey, int]) -> Posting | None:
    return ledger.postings.get(voucher) if voucher is not None and uses[voucher] == 1 else None


def _apply(
    payment: Payment, document: Document, position: _Position, ledger: Ledger, uses: Mapping[VoucherKey, int]
) -> None:
    posting = _own_posting(payment.voucher, ledger, uses)
    if posting is not None:
        position.settle(-ledger.amount_ore(posting), payment.settled_minor)
    else:
        position.settle(sek_ore(payment.settled_minor, document.rate, document.unit), payment.settled_minor)
        position.flags.append("payment_from_document")


def _match_credit_notes(
    documents: Mapping[str, Document], positions: Mapping[str, _Position], balance_date: date
) -> list[Fault]:
    """Set matched credit notes off against their invoices; return those whose invoice is not known.

    Fortnox keeps no date of the match; the credit note's final pay date is the day on which it was used up. Until
    then it is a negative item of its own.
    """
    faults = []
    for number, credit in positions.items():
        document = documents[number]
        used_up = document.final_pay_date is not None and document.final_pay_date <= balance_date
        left_ore, left_minor = credit.billed_ore - credit.settled_ore, credit.billed_minor - credit.settled_minor
        if document.total_minor >= 0 or not used_up or left_minor == 0:
            continue
        invoice = positions.get(document.credit_of or "")
        if invoice is None:
            faults.append(Fault(number, "credit-unclear", "the credit note is used up, and against what is not known"))
            continue
        invoice.settle(-left_ore, -left_minor)
        credit.settle(left_ore, left_minor)
    return faults


def _item(document: Document, position: _Position, balance_date: date) -> OpenItem:
    flags = [*dict.fromkeys(position.flags)]
    if document.total_minor < 0:
        flags.append("credit_note")
    if document.currency != "SEK":
        flags.append("currency")
    return OpenItem(
        document_number=document.number,
        counterparty_number=document.counterparty_number,
        counterparty_name=document.counterparty_name,
        invoice_date=document.invoice_date,
        due_date=document.due_date,
        currency=document.currency,
        billed_ore=position.billed_ore,
        settled_ore=position.settled_ore,
        open_ore=position.billed_ore - position.settled_ore,
        open_minor=position.billed_minor - position.settled_minor,
        days_past_due=(balance_date - document.due_date).days if document.due_date else None,
        flags=tuple(flags),
    )


def _unbooked(document: Document, balance_date: date) -> OpenItem:
    nothing = _item(document, _Position(0, 0), balance_date)
    return replace(nothing, flags=("unbooked", *nothing.flags))


def _bucket(days_past_due: int | None) -> str:
    if days_past_due is None:
        return "no_due_date"
    if days_past_due <= 0:
        return "not_due"
    for limit, bucket in ((30, "1_30"), (60, "31_60"), (90, "61_90")):
        if days_past_due <= limit:
            return bucket
    return "over_90"
