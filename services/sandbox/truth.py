"""What a perfect reader of a generated company would find, kept beside the company and not derived from it.

The generator writes down every booking and every sub-ledger event on the day it takes effect. From that log alone come
trial balances, open items at any day, and the difference between sub-ledger and ledger by cause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.sandbox.company import FinancialYear, Voucher, YearId

Kind = Literal["receivables", "payables"]
Basis = Literal["documents", "vouchers"]
EventType = Literal["billed", "settled", "matched", "cancelled", "ledger"]

CLAIM_ACCOUNT: dict[Kind, int] = {"receivables": 1510, "payables": 2440}
ORIENTATION: dict[Kind, int] = {"receivables": 1, "payables": -1}


@dataclass
class Document:
    """An invoice or credit note; `booked_on` is its accounting date, None while it is not booked.

    One that is `cancelled` was so from the beginning; one that was cancelled later has an event of that day.
    """

    kind: Kind
    number: int
    counterparty: str
    currency: str
    document_date: date
    due_date: date | None
    total_ore: int
    total_minor: int
    booked_on: date | None
    cancelled: bool = False
    keeps_balance: bool = False


@dataclass
class Event:
    """One effect on one day; amounts are positive when they make the open amount or the ledger balance larger.

    `document_ore` is what the document says, `voucher_ore` what its voucher holds on the claim accounts (1510 and 1511,
    or 2440 and 2441), `ledger_ore` what reached 1510 or 2440.
    """

    kind: Kind
    type: EventType
    day: date
    document: Document | None
    document_ore: int = 0
    voucher_ore: int = 0
    ledger_ore: int = 0
    minor: int = 0
    cause: str = ""
    payment_number: int | None = None
    payment_date: date | None = None
    voucher: Voucher | None = None

    @property
    def label(self) -> str:
        if self.document is not None:
            return str(self.document.number)
        return f"{self.voucher.series} {self.voucher.number}" if self.voucher is not None else "IB"

    def schedule_ore(self, basis: Basis) -> int:
        if self.document is None or self.document.cancelled:
            return 0
        return self.document_ore if basis == "documents" else self.voucher_ore


@dataclass(frozen=True)
class OpenItem:
    """An open document at a day; payables are positive, credit notes and overpayments negative."""

    number: int
    counterparty: str
    currency: str
    open_ore: int
    open_minor: int
    document_date: date
    due_date: date | None


@dataclass(frozen=True)
class CauseItem:
    """One document behind a cause.

    `effect_ore` is its part of schedule minus ledger, 0 for what is only worth telling (an unbooked invoice is in
    neither); `amount_ore` is what it is about.
    """

    code: str
    label: str
    effect_ore: int
    amount_ore: int


@dataclass(frozen=True)
class Counts:
    """What one year holds; `rows` are the booked ones, `removed` the struck ones, `added` the booked later ones."""

    vouchers: int = 0
    rows: int = 0
    removed: int = 0
    added: int = 0


class LedgerTruth:
    """The general ledger: openings and booked rows by year, account and day, in öre with debit positive."""

    def __init__(self) -> None:
        self.years: dict[YearId, FinancialYear] = {}
        self._openings: dict[YearId, dict[int, int]] = defaultdict(dict)
        self._postings: dict[YearId, dict[int, dict[date, int]]] = defaultdict(dict)
        self._counts: dict[YearId, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def open(self, year: YearId, account: int, opening_ore: int) -> None:
        self._openings[year][account] = opening_ore

    def post(self, year: YearId, account: int, day: date, amount_ore: int) -> None:
        by_day = self._postings[year].setdefault(account, {})
        by_day[day] = by_day.get(day, 0) + amount_ore

    def count(self, year: YearId, *, vouchers: int = 0, rows: int = 0, removed: int = 0, added: int = 0) -> None:
        for place, more in enumerate((vouchers, rows, removed, added)):
            self._counts[year][place] += more

    def counts(self, year: YearId) -> Counts:
        return Counts(*self._counts[year])

    def opening_ore(self, year: YearId, account: int) -> int:
        return self._openings[year].get(account, 0)

    def movement_ore(self, year: YearId, account: int, from_date: date, to_date: date) -> int:
        by_day = self._postings[year].get(account, {})
        return sum(amount for day, amount in by_day.items() if from_date <= day <= to_date)

    def trial_balance(self, year: YearId, until: date | None = None) -> dict[int, int]:
        """Return the closing balance at `until` (the end of the year when None) of each account that has figures."""
        balances = dict(self._openings[year])
        for account, by_day in self._postings[year].items():
            moved = sum(amount for day, amount in by_day.items() if until is None or day <= until)
            balances[account] = balances.get(account, 0) + moved
        return balances

    def ledger_balance(self, accounts: Collection[int], day: date) -> int:
        """Return the sum of the accounts' balances at the end of `day`; ValueError when no year holds that day."""
        year = next((y for y in self.years.values() if y.from_date <= day <= y.to_date), None)
        if year is None:
            raise ValueError(f"no financial year holds {day}")
        balances = self.trial_balance(year.id, day)
        return sum(balances.get(account, 0) for account in accounts)


@dataclass
class UnbookedPayment:
    document: Document
    number: int
    date: date
    amount_ore: int


@dataclass
class Truth(LedgerTruth):
    """The ledger and both sub-ledgers.

    An open amount at a day follows the accounting date (the voucher's), counts booked documents that are not cancelled,
    and takes credit notes against an invoice from the day they were matched. With the basis `documents` it is what the
    documents say; with `vouchers` what their vouchers hold on the claim accounts, so that a voucher edited after
    booking (D06) or a write-off that never reached the ledger (D10) changes the open amount instead of the difference.
    """

    documents: list[Document] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unbooked_payments: list[UnbookedPayment] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def open_items(self, kind: Kind, day: date, basis: Basis = "documents") -> list[OpenItem]:
        """Return every document with something open at the end of `day`, by number."""
        open_ore: dict[int, int] = defaultdict(int)
        open_minor: dict[int, int] = defaultdict(int)
        documents: dict[int, Document] = {}
        for event in self._events(kind, day):
            if event.document is not None and not event.document.cancelled:
                number = event.document.number
                documents[number] = event.document
                open_ore[number] += event.schedule_ore(basis)
                open_minor[number] += event.minor
        return [
            OpenItem(
                number,
                document.counterparty,
                document.currency,
                open_ore[number],
                open_minor[number],
                document.document_date,
                document.due_date,
            )
            for number, document in sorted(documents.items())
            if open_ore[number] or open_minor[number]
        ]

    def schedule_total(self, kind: Kind, day: date, basis: Basis = "documents") -> int:
        return sum(item.open_ore for item in self.open_items(kind, day, basis))

    def claim_balance(self, kind: Kind, day: date) -> int:
        """Return the balance of 1510, or of 2440 with credit positive: the ledger side of a schedule."""
        return ORIENTATION[kind] * self.ledger_balance((CLAIM_ACCOUNT[kind],), day)

    def differences(self, kind: Kind, day: date, basis: Basis = "documents") -> dict[str, int]:
        """Return schedule minus ledger by cause, causes without effect left out; D99 would be an error of ours."""
        totals: dict[str, int] = defaultdict(int)
        for item in self.causes(kind, day, basis):
            totals[item.code] += item.effect_ore
        return {code: totals[code] for code in sorted(totals) if totals[code]}

    def causes(self, kind: Kind, day: date, basis: Basis = "documents") -> list[CauseItem]:
        """Return the documents behind each cause, also those that are in neither sum and only worth telling."""
        found = [
            *self._ledger_causes(kind, day, basis),
            *self._document_causes(kind, day),
            *self._payment_causes(kind, day),
            *self._credit_causes(kind, day, basis),
            *self._cancelled_causes(kind, day),
        ]
        return sorted(found, key=lambda item: (item.code, item.label))

    def _events(self, kind: Kind, day: date) -> Iterator[Event]:
        return (event for event in self.events if event.kind == kind and event.day <= day)

    def _ledger_causes(self, kind: Kind, day: date, basis: Basis) -> Iterator[CauseItem]:
        for event in self._events(kind, day):
            if event.type == "matched":
                continue  # moves an amount between two documents; the ledger does not see it
            effect = event.schedule_ore(basis) - event.ledger_ore
            cancelled = event.document is not None and event.document.cancelled
            if effect or event.cause:
                code = "D14" if cancelled else event.cause or "D99"
                amount = event.document_ore - event.ledger_ore if event.document and not cancelled else effect
                yield CauseItem(code, event.label, effect, amount)

    def _document_causes(self, kind: Kind, day: date) -> Iterator[CauseItem]:
        for document in self.documents:
            if document.kind != kind:
                continue
            if document.booked_on is None and document.document_date <= day:
                if not document.cancelled:
                    yield CauseItem("D02", str(document.number), 0, document.total_ore)
                elif document.keeps_balance:
                    yield CauseItem("D14", str(document.number), 0, document.total_ore)
            if document.booked_on and (document.booked_on <= day) != (document.document_date <= day):
                yield CauseItem("D04", str(document.number), 0, document.total_ore)

    def _payment_causes(self, kind: Kind, day: date) -> Iterator[CauseItem]:
        for payment in self.unbooked_payments:
            if payment.document.kind == kind and payment.date <= day:
                yield CauseItem("D03", str(payment.number), 0, payment.amount_ore)
        for event in self.events:
            if event.kind == kind and event.payment_date and (event.payment_date <= day) != (event.day <= day):
                yield CauseItem("D05", str(event.payment_number), 0, -event.document_ore)

    def _cancelled_causes(self, kind: Kind, day: date) -> Iterator[CauseItem]:
        for event in self.events:
            if event.kind == kind and event.type == "cancelled" and event.day > day and event.document is not None:
                booked_on = event.document.booked_on
                if booked_on is not None and booked_on <= day:
                    yield CauseItem("D14", event.label, 0, event.document.total_ore)

    def _credit_causes(self, kind: Kind, day: date, basis: Basis) -> Iterator[CauseItem]:
        credit_notes = {d.number for d in self.documents if d.kind == kind and d.total_minor < 0}
        for item in self.open_items(kind, day, basis):
            if item.number in credit_notes:
                yield CauseItem("D08", str(item.number), 0, item.open_ore)
