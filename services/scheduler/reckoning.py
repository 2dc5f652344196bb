"""Brings documents, payments and vouchers together at a balance date (pure).

Each amount goes by its accounting date. `Balance` and status in Fortnox say what is true today and are never asked, so
that today never changes a schedule of the past (P14). Amounts come from voucher rows (decision 0005).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from services.scheduler.cancellations import Cancellation, cancellations, with_reversals
from services.scheduler.credit_notes import Match, matches, set_off
from services.scheduler.currencies import is_known
from services.scheduler.positions import Position
from services.scheduler.subledger import SEK, Document, Payment, Subledger, in_minor, in_sek, judged
from services.scheduler.vouchers import Ledger, VoucherKey
from shared.schedules.content import Fault

Numbered = TypeVar("Numbered", Document, Payment)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the schedule's total; `payment` is the payment's number, None for what a document has billed.

    `taken_back` says that the document was cancelled on that day.
    """

    day: date
    ore: int
    document: str
    payment: str | None
    voucher: VoucherKey | None
    taken_back: bool = False


@dataclass
class Reckoning:
    """Every position by document number, and how the schedule's total draws on vouchers.

    `subledger` is that of the balance date: what was cancelled afterwards is not cancelled, and named with its day in
    `cancelled_after`. `cancelled` are the days of those that are, by number.
    `amounts_ore` is what each voucher at hand has put on the accounts, `claimed_ore` what the schedule has from it, and
    `loose` what the schedule has from none. `uses` counts how many documents and payments name a voucher.
    """

    subledger: Subledger
    amounts_ore: Mapping[VoucherKey, int]
    uses: Mapping[VoucherKey, int]
    cash: bool
    positions: list[Position] = field(default_factory=list)
    claimed_ore: dict[VoucherKey, int] = field(default_factory=dict)
    loose: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cancelled: dict[str, Cancellation] = field(default_factory=dict)
    cancelled_after: dict[str, Cancellation] = field(default_factory=dict)

    @property
    def total_ore(self) -> int:
        return sum(position.open_ore for position in self.positions)


def reckon(subledger: Subledger, ledger: Ledger, balance_date: date) -> Reckoning:
    """Return the position of every document that can be open at the end of the balance date, and what is unclear."""
    documents, faults = _once(subledger.documents, balance_date)
    payments, more_faults = _once(subledger.payments, balance_date)
    payments, strange = _in_currency_of(documents, payments, balance_date)
    once = Subledger(documents, payments, subledger.cancelled_seen)
    once = with_reversals(once, ledger, _uses(once))
    by_then, cancelled, cancelled_after = _as_of(once, ledger, balance_date)
    years = ledger.years_until(balance_date)
    found = Reckoning(
        by_then,
        {key: ledger.amount_ore(posting) for key, posting in ledger.postings.items()},
        _uses(by_then),
        cash=bool(years) and years[-1].cash,
        faults=[*faults, *more_faults, *strange],
        cancelled=cancelled,
        cancelled_after=cancelled_after,
    )
    reckoner = _Reckoner(ledger, balance_date, found)
    reckoner.settle(reckoner.bill())
    found.faults.sort(key=lambda fault: (fault.code, len(fault.document), fault.document, fault.reason))
    return found


class _Reckoner:
    def __init__(self, ledger: Ledger, balance_date: date, found: Reckoning) -> None:
        self.ledger = ledger
        self.balance_date = balance_date
        self.found = found

    def bill(self) -> dict[str, Position]:
        """Take up every document that is judged; return them by number, the first of those that share one."""
        documents = self.found.subledger.documents
        by_number: dict[str, Position] = {}
        for document in judged(documents, self.ledger.first_day, self._touched()):
            if document.cancelled:
                self._bill_until_cancelled(document)
            else:
                position = self._billed(document)
                self.found.positions.append(position)
                by_number.setdefault(document.number, position)
        return by_number

    def settle(self, by_number: Mapping[str, Position]) -> None:
        """Settle what payments and credit notes have settled: first what vouchers tell, then the rest by date.

        What a payment without a voucher of its own or a credit note has settled goes by what was left on its day.
        """
        known = {document.number for document in self.found.subledger.documents}
        waiting: list[tuple[date, Payment, Position]] = []
        for payment in self.found.subledger.payments:
            position = by_number.get(payment.document_number)
            if position is None:
                if payment.document_number not in known:
                    self._stray(payment)
                elif payment.document_number in self.found.cancelled:
                    self._pay_until_cancelled(payment)
                continue
            if not payment.booked:
                continue
            day = self.ledger.accounting_date(payment.voucher, payment.date)
            own_ore = self._own_ore(payment.voucher)
            if own_ore is None:
                waiting.append((day, payment, position))
            elif day > self.balance_date:
                position.settle_after(-own_ore, payment.settled_minor, day)
            else:
                position.settle(-own_ore, payment.settled_minor, day)
                self._note(day, own_ore, payment.document_number, payment.number, payment.voucher)
        used_up, loops = matches(by_number)
        self.found.faults += loops
        for _, turn in sorted([*map(_turn_of_payment, waiting), *map(_turn_of_match, used_up)], key=_first):
            if isinstance(turn, Match):
                fault = set_off(turn, self.balance_date)
                self.found.faults += [fault] if fault else []
            else:
                self._settle_by_document(*turn)

    def _settle_by_document(self, day: date, payment: Payment, position: Position) -> None:
        left_ore, left_minor = position.left_on(day)
        if left_minor == payment.settled_minor:
            settled_ore = left_ore  # the last payment takes the öre that the roundings of others have left
        else:
            settled_ore = in_sek(position.document, payment.settled_minor)
        if day > self.balance_date:
            position.settle_after(settled_ore, payment.settled_minor, day)
            return
        position.settle(settled_ore, payment.settled_minor, day)
        if not self.found.cash:
            position.flags += ("payment_from_document",)
        self._note(day, -settled_ore, payment.document_number, payment.number, payment.voucher)

    def _stray(self, payment: Payment) -> None:
        """Name a payment of no known document; where the ledger has it, it is a negative item of its own."""
        day = self.ledger.accounting_date(payment.voucher, payment.date)
        if day > self.balance_date:
            return
        reason = f"payment of the unknown document {payment.document_number}".rstrip()
        self.found.faults.append(Fault(payment.number, "unknown-document", reason))
        if not payment.booked or payment.voucher not in self.ledger.postings:
            return
        own_ore = self._own_ore(payment.voucher)
        received_ore = payment.amount_ore if own_ore is None else -own_ore
        receipt = _receipt(payment, day)
        position = Position(receipt, day, True, 0, 0, received_ore, received_ore, flags=("unallocated",))
        self.found.positions.append(position)
        self._note(day, -received_ore, receipt.number, payment.number, payment.voucher)

    def _bill_until_cancelled(self, document: Document) -> None:
        """Note what a cancelled document was worth up to its day, where no voucher at hand tells the bridge of it."""
        if (document.booked or self.found.cash) and document.voucher not in self.ledger.postings:
            day = self.ledger.accounting_date(document.voucher, document.invoice_date)
            ore = in_sek(document, document.total_minor)
            self._take_back(Part(day, ore, document.number, None, document.voucher))

    def _pay_until_cancelled(self, payment: Payment) -> None:
        """Name a booked payment of a cancelled document; the bridge tells of one whose voucher is at hand."""
        day = self.ledger.accounting_date(payment.voucher, payment.date)
        if not payment.booked or payment.voucher in self.ledger.postings or day > self.balance_date:
            return
        reason = f"payment of the cancelled document {payment.document_number}"
        self.found.faults.append(Fault(payment.number, "cancelled-document", reason))
        self._take_back(Part(day, -payment.amount_ore, payment.document_number, payment.number, payment.voucher))

    def _take_back(self, part: Part) -> None:
        """Note a part that counted until its document was cancelled, and its end."""
        cancelled_on = self.found.cancelled[part.document].day
        if part.day < cancelled_on:
            self.found.loose += [part, replace(part, day=cancelled_on, ore=-part.ore, taken_back=True)]

    def _billed(self, document: Document) -> Position:
        cash = self.found.cash
        if not document.booked and not cash:
            return Position(document, None, False, in_sek(document, document.total_minor), document.total_minor)
        voucher = document.voucher
        flags: tuple[str, ...] = ()
        day = self.ledger.accounting_date(voucher, document.invoice_date)
        billed_ore = self._own_ore(voucher)
        if billed_ore is None:
            billed_ore = 0 if self._is_moved_in(document) else in_sek(document, document.total_minor)
            flags = ("cash_method",) if cash else ("amount_from_document",)
            if cash and voucher not in self.ledger.postings:
                day = document.invoice_date  # its voucher is the payment's
        in_scope = day <= self.balance_date
        position = Position(document, day, in_scope, billed_ore, document.total_minor, flags=flags)
        if in_scope:
            if document.currency != SEK and not is_known(document.currency, document.rate, document.unit):
                reason = f"currency {document.currency!r} at the rate {document.rate} per {document.unit}"
                self.found.faults.append(Fault(document.number, "unknown-currency", reason))
            self._note(day, billed_ore, document.number, None, voucher)
            for further in document.further_vouchers:
                self._bill_further(position, further)
        return position

    def _is_moved_in(self, document: Document) -> bool:
        """Say whether the document was booked on no account of claims, and a further voucher has put that right."""
        voucher = document.voucher
        if voucher is None or voucher in self.ledger.postings or voucher[0] < self.ledger.first_day:
            return False
        further = [key for key in document.further_vouchers if self._own_ore(key) is not None]
        return any(self.ledger.postings[key].date <= self.balance_date for key in further)

    def _bill_further(self, position: Position, voucher: VoucherKey) -> None:
        own_ore = self._own_ore(voucher)
        if own_ore is None:
            return
        day = self.ledger.postings[voucher].date
        if day <= self.balance_date:
            position.rebill(own_ore, day)
            self._note(day, own_ore, position.document.number, None, voucher)

    def _note(self, day: date, ore: int, document: str, payment: str | None, voucher: VoucherKey | None) -> None:
        """Note where a part of the total comes from."""
        claimed_ore = self.found.claimed_ore
        if voucher is not None and voucher in self.ledger.postings:
            claimed_ore[voucher] = claimed_ore.get(voucher, 0) + ore
        else:
            self.found.loose.append(Part(day, ore, document, payment, voucher))

    def _own_ore(self, voucher: VoucherKey | None) -> int | None:
        """Return what a voucher put on the accounts; None when it is not at hand or about several things.

        A shared voucher does not tell whose amount is whose.
        """
        return self.found.amounts_ore.get(voucher) if voucher is not None and self.found.uses[voucher] == 1 else None

    def _touched(self) -> set[str]:
        """Return the numbers of the documents about which there is a voucher at hand, of those settled long ago."""
        subledger, postings, first_day = self.found.subledger, self.ledger.postings, self.ledger.first_day
        old = {d.number for d in subledger.documents if d.final_pay_date is not None and d.final_pay_date < first_day}
        if not old:
            return old
        paid = {p.document_number for p in subledger.payments if p.voucher is not None and p.voucher in postings}
        booked = {d.number for d in subledger.documents if d.voucher is not None and d.voucher in postings}
        return old & (paid | booked)


def _once(records: Iterable[Numbered], balance_date: date) -> tuple[list[Numbered], list[Fault]]:
    """Return the records without those that are there twice, and name those that share a number with another one.

    The oldest comes first and has their payments: a later namesake changes nothing about it.
    """
    every = list(records)
    counts = Counter([record.number for record in every])
    if len(counts) == len(every):
        return every, []
    namesakes: list[Numbered] = [record for record in every if counts[record.number] > 1]
    by_then = Counter([record.number for record in namesakes if _day(record) <= balance_date])
    oldest_first = sorted(set(namesakes), key=lambda record: (_day(record), repr(record)))
    distinct = [record for record in every if counts[record.number] == 1] + oldest_first
    what = "documents" if isinstance(every[0], Document) else "payments"
    reason = f"there are several {what} with this number"
    shared = sorted(number for number, count in by_then.items() if count > 1)
    return distinct, [Fault(number, "duplicate-number", reason) for number in shared]


def _in_currency_of(
    documents: Sequence[Document], payments: Iterable[Payment], balance_date: date
) -> tuple[list[Payment], list[Fault]]:
    """Return the payments with what they settle in their document's currency, and name those in another one.

    Of those only the amount in SEK can be used; what was written off is not known.
    """
    by_number = {document.number: document for document in reversed(documents)}
    found, faults = [], []
    for payment in payments:
        document = by_number.get(payment.document_number)
        if document is not None and document.currency != payment.currency:
            found.append(replace(payment, settled_minor=in_minor(document, payment.amount_ore)))
            if payment.date <= balance_date:
                reason = f"payment in {payment.currency} of {document.number}, which is in {document.currency}"
                faults.append(Fault(payment.number, "other-currency", reason))
        else:
            found.append(payment)
    return found, faults


def _as_of(
    subledger: Subledger, ledger: Ledger, balance_date: date
) -> tuple[Subledger, dict[str, Cancellation], dict[str, Cancellation]]:
    """Return the sub-ledger of the balance date, and the cancellations by then and afterwards, by number."""
    by_then: dict[str, Cancellation] = {}
    afterwards: dict[str, Cancellation] = {}
    found = cancellations(subledger.documents, ledger, subledger.cancelled_seen)
    if not found:
        return subledger, by_then, afterwards
    documents = []
    for document in subledger.documents:
        cancellation = found.get(document) if document.cancelled else None
        if cancellation is None:
            documents.append(document)
        elif cancellation.day <= balance_date:
            by_then[document.number] = cancellation
            documents.append(document)
        else:
            afterwards[document.number] = cancellation
            documents.append(replace(document, cancelled=False))
    return replace(subledger, documents=documents), by_then, afterwards


Turn = tuple[date, int, int, str, int]
"""By date, payments before credit notes, then by number: the last of a day takes what roundings have left."""


def _turn_of_payment(
    waiting: tuple[date, Payment, Position],
) -> tuple[Turn, tuple[date, Payment, Position] | Match]:
    day, payment, _ = waiting
    return (day, 0, len(payment.number), payment.number, payment.settled_minor), waiting


def _turn_of_match(match: Match) -> tuple[Turn, tuple[date, Payment, Position] | Match]:
    number = match.credit.document.number
    return (match.day, 1, len(number), number, 0), match


def _first(turn: tuple[Turn, object]) -> Turn:
    return turn[0]


def _day(record: Document | Payment) -> date:
    return record.invoice_date if isinstance(record, Document) else record.date


def _uses(subledger: Subledger) -> Counter[VoucherKey]:
    """Count how many documents and payments name a voucher."""
    uses = Counter([d.voucher for d in subledger.documents if d.voucher is not None])
    uses.update([voucher for d in subledger.documents for voucher in d.further_vouchers])
    uses.update([p.voucher for p in subledger.payments if p.voucher is not None])
    return uses


def _receipt(payment: Payment, day: date) -> Document:
    """Return a payment of no known document as a document of its own."""
    return Document(
        number=f"payment {payment.number}",
        counterparty_number="",
        counterparty_name="",
        invoice_date=day,
        due_date=None,
        final_pay_date=None,
        currency=SEK,
        rate=Decimal(1),
        unit=1,
        total_minor=0,
        booked=True,
        cancelled=False,
    )
