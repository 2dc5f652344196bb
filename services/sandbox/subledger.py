"""Customer and supplier ledgers: invoices, credit notes, payments and matches, each booked as Fortnox books it.

Both sides are one set of rules seen from two ends; `Side` holds what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.sandbox import names
from services.sandbox.bookkeeping import Books, Line, to_ore
from services.sandbox.company import (
    Invoice,
    Party,
    Payment,
    ReferenceType,
    SupplierInvoice,
    Voucher,
    WriteOff,
)
from services.sandbox.truth import CLAIM_ACCOUNT, ORIENTATION, Document, Event, EventType, Kind, UnbookedPayment

ROUNDING_ACCOUNT = 3740
CURRENCY_GAIN_ACCOUNT = 3960
CURRENCY_LOSS_ACCOUNT = 7960
BANK_ACCOUNT = 1930


@dataclass(frozen=True)
class Side:
    """What differs between customers and suppliers; `sign` is that of the claim account's row for an invoice."""

    kind: Kind
    other_claim: int
    vat_account: int
    advance_account: int
    invoice_series: str
    payment_series: str
    invoice_reference: ReferenceType
    payment_reference: ReferenceType
    invoice_text: str
    payment_text: str

    @property
    def claim(self) -> int:
        return CLAIM_ACCOUNT[self.kind]

    @property
    def sign(self) -> int:
        return ORIENTATION[self.kind]


RECEIVABLES = Side(
    "receivables", 1511, 2611, 2420, "B", "C", "INVOICE", "INVOICEPAYMENT", "Kundfaktura", "Kundinbetalning"
)
PAYABLES = Side("payables", 2441, 2641, 1480, "D", "E", "SUPPLIERINVOICE", "SUPPLIERPAYMENT", "Levfakt", "Levbet")


@dataclass(frozen=True)
class NewInvoice:
    """An invoice to be entered; a negative total makes it a credit note. Amounts in hundredths of its currency.

    `booked_on` defaults to the invoice date. `booked_elsewhere` moves the claim to 1511 or 2441 (D07),
    `edited_by_ore` lowers it after booking (D06), `from_before` books nothing: its claim is in the opening balance.
    """

    party: Party
    day: date
    total_minor: int
    counter_account: int
    vat_minor: int = 0
    round_off_minor: int = 0
    rate: str = "1"
    days_to_pay: int | None = 30
    booked: bool = True
    booked_on: date | None = None
    credit_of: int | None = None
    cancelled: bool = False
    keeps_balance: bool = False
    booked_elsewhere: bool = False
    edited_by_ore: int = 0
    from_before: bool = False
    cost_center: str = ""
    project: str = ""


@dataclass
class _Open:
    document: Document
    record: Invoice | SupplierInvoice
    party: Party
    open_minor: int
    open_ore: int
    counter_account: int
    voucher: Voucher | None = None


class Subledger:
    """One side's documents; numbers are given in the order of the calls, so call in order of date.

    With the cash method nothing is booked before it is paid, and the claim account sees the year-ends only.
    """

    def __init__(self, books: Books, side: Side, *, first_number: int = 1, cash: bool = False) -> None:
        self.books = books
        self.side = side
        self.cash = cash
        self._next_number = first_number
        self._next_payment_number = 1
        self._open: dict[int, _Open] = {}

    def open_minor(self, number: int) -> int:
        return self._open[number].open_minor

    def invoice(self, new: NewInvoice) -> int:
        """Enter an invoice, book it unless told otherwise, and return its number."""
        number = self._next_number
        self._next_number += 1
        record = self._record(number, new)
        booked_on = (new.booked_on or new.day) if new.booked else None
        total_ore = to_ore(new.total_minor, new.rate)
        document = Document(
            self.side.kind,
            number,
            new.party.number,
            new.party.currency,
            new.day,
            record.due_date,
            total_ore,
            new.total_minor,
            booked_on,
            new.cancelled,
            new.keeps_balance,
        )
        self.books.truth.documents.append(document)
        opened = _Open(document, record, new.party, new.total_minor, total_ore, new.counter_account)
        self._open[number] = opened
        if booked_on is not None:
            self._book_invoice(opened, new, booked_on)
        record.balance_minor = 0 if new.cancelled and not new.keeps_balance else new.total_minor
        return number

    def pay(
        self,
        number: int,
        day: date,
        amount_minor: int,
        *,
        rate: str = "1",
        booked: bool = True,
        booked_on: date | None = None,
        write_offs: Sequence[WriteOff] = (),
        write_offs_booked: bool = True,
        account: int = BANK_ACCOUNT,
    ) -> int:
        """Register a payment and return its number; write-offs that are not booked are a D10 difference."""
        opened = self._open[number]
        payment = Payment(
            self._next_payment_number,
            number,
            day,
            to_ore(amount_minor, rate),
            amount_minor,
            self.books.instant(booked_on or day),
            currency=opened.party.currency,
            rate=rate,
            booked=booked,
            mode_of_payment="BG" if account == BANK_ACCOUNT else "FSK",
            mode_of_payment_account=account,
            write_offs=list(write_offs),
        )
        self._next_payment_number += 1
        company = self.books.company
        payments = company.invoice_payments if self.side.kind == "receivables" else company.supplier_payments
        payments[payment.number] = payment
        if booked:
            self._book_payment(opened, payment, booked_on or day, write_offs_booked)
        else:
            unbooked = UnbookedPayment(opened.document, payment.number, day, payment.amount_ore)
            self.books.truth.unbooked_payments.append(unbooked)
        return payment.number

    def match(self, credit_number: int, invoice_number: int, day: date) -> None:
        """Set a whole credit note off against an invoice in the same currency and rate; nothing is booked."""
        credit, invoice = self._open[credit_number], self._open[invoice_number]
        amount_minor, amount_ore = credit.open_minor, credit.open_ore
        for opened, sign in ((invoice, 1), (credit, -1)):
            moved_ore = sign * amount_ore
            self._event(opened, "matched", day, (moved_ore, moved_ore, 0), minor=sign * amount_minor)
            self._settle(opened, -sign * amount_minor, -moved_ore, day)

    def cancel(self, number: int, day: date, *, reverse: bool) -> None:
        """Cancel a booked invoice on which nothing was paid or credited; without a reversal its voucher stays (D14)."""
        opened = self._open[number]
        open_ore, voucher = opened.open_ore, opened.voucher
        cause = "D11" if self.cash else "D14"
        if reverse and voucher is not None:
            lines = [Line(row.account, -row.amount_ore) for row in voucher.booked_rows]
            reversal = self.books.book("A", day, f"Makulering av faktura {number}", lines)
            self.books.link(opened.record, reversal, "reversal")
        ledger_ore = -open_ore if reverse and voucher is not None else 0
        self._event(opened, "cancelled", day, (-open_ore, -open_ore, ledger_ore), minor=-opened.open_minor, cause=cause)
        self._settle(opened, opened.open_minor, open_ore, day)
        opened.record.cancelled, opened.record.cancelled_on, opened.record.final_pay_date = True, day, None

    def manual(self, day: date, amount_ore: int, counter_account: int, text: str, cause: str = "D01") -> Voucher:
        """Book on the claim account beside the sub-ledger; positive `amount_ore` makes the ledger balance larger."""
        sign = self.side.sign
        lines = [Line(self.side.claim, sign * amount_ore), Line(counter_account, -sign * amount_ore)]
        voucher = self.books.book("A", day, text, lines)
        self.ledger_only(day, amount_ore, cause, voucher)
        return voucher

    def ledger_only(self, day: date, amount_ore: int, cause: str, voucher: Voucher | None = None) -> None:
        """Note what is on the claim account and in no document; without a voucher it is an opening balance."""
        self.books.truth.events.append(
            Event(self.side.kind, "ledger", day, None, ledger_ore=amount_ore, cause=cause, voucher=voucher)
        )

    def _record(self, number: int, new: NewInvoice) -> Invoice | SupplierInvoice:
        due = None if new.days_to_pay is None else new.day + timedelta(days=new.days_to_pay)
        company = self.books.company
        modified = self.books.instant(new.day)
        if self.side.kind == "receivables":
            invoice = Invoice(number, new.party.number, new.day, due, new.total_minor, modified, ocr=names.ocr(number))
            company.invoices[number] = invoice
            record: Invoice | SupplierInvoice = invoice
        else:
            external = str(self.books.rng.randint(1000, 99999))
            bill = SupplierInvoice(number, new.party.number, external, new.day, due, new.total_minor, modified)
            company.supplier_invoices[number] = bill
            record = bill
        record.currency, record.rate, record.vat_minor = new.party.currency, new.rate, new.vat_minor
        record.booked, record.cancelled, record.credit_of = new.booked, new.cancelled, new.credit_of
        if new.credit_of is not None:
            self._open[new.credit_of].record.credited_by = number
        return record

    def _book_invoice(self, opened: _Open, new: NewInvoice, booked_on: date) -> None:
        total_ore = opened.document.total_ore
        if self.cash:
            opened.record.booked = False
            self._event(opened, "billed", new.day, (total_ore, total_ore, 0), minor=new.total_minor, cause="D11")
            return
        if new.from_before:
            self._event(opened, "billed", booked_on, (total_ore, total_ore, 0), minor=new.total_minor, cause="D15")
            return
        number, side, text = opened.document.number, self.side, self.side.invoice_text
        voucher = self.books.book(
            side.invoice_series,
            booked_on,
            f"{text} {new.party.name} ({number})",
            self._invoice_lines(new, total_ore),
            reference_type=side.invoice_reference,
            reference_number=str(number),
        )
        self.books.link(opened.record, voucher)
        opened.voucher = voucher
        left_ore = total_ore - new.edited_by_ore
        if new.edited_by_ore:
            counter = voucher.rows[-1]
            changed = [
                Line(side.claim, side.sign * left_ore),
                Line(new.counter_account, counter.amount_ore + side.sign * new.edited_by_ore),
            ]
            self.books.correct(voucher, (0, len(voucher.rows) - 1), changed, booked_on + timedelta(days=20))
        ledger_ore = 0 if new.booked_elsewhere else left_ore
        cause = "D07" if new.booked_elsewhere else "D06" if new.edited_by_ore else ""
        amounts_ore = (total_ore, left_ore, ledger_ore)
        event = self._event(opened, "billed", booked_on, amounts_ore, minor=new.total_minor, cause=cause)
        event.voucher = voucher

    def _invoice_lines(self, new: NewInvoice, total_ore: int) -> list[Line]:
        side, sign = self.side, self.side.sign
        lines = [Line(side.other_claim if new.booked_elsewhere else side.claim, sign * total_ore)]
        if new.vat_minor:
            lines.append(Line(side.vat_account, -sign * new.vat_minor))
        if new.round_off_minor:
            lines.append(Line(ROUNDING_ACCOUNT, -sign * new.round_off_minor))
        if side.kind == "payables" and new.party.country_code != "SE":
            reverse_charge_ore = to_ore(total_ore, "0.25")
            lines += [Line(2645, reverse_charge_ore), Line(2614, -reverse_charge_ore)]
        net_ore = total_ore - new.vat_minor - new.round_off_minor
        lines.append(Line(new.counter_account, -sign * net_ore, "", new.cost_center, new.project))
        return lines

    def _book_payment(self, opened: _Open, payment: Payment, booked_on: date, write_offs_booked: bool) -> None:
        side, sign = self.side, self.side.sign
        written_off = sum(write_off.amount_ore for write_off in payment.write_offs)
        settled_minor = payment.amount_minor + written_off
        if settled_minor == opened.open_minor:
            settled_ore = opened.open_ore  # the last payment takes the öre that earlier roundings left
        else:
            settled_ore = to_ore(settled_minor, opened.record.rate)
        claim_ore = settled_ore if write_offs_booked else settled_ore - written_off
        lines = [Line(payment.mode_of_payment_account, sign * payment.amount_ore)]
        if not self.cash:
            lines.append(Line(side.claim, -sign * claim_ore))
        if write_offs_booked:
            lines += [Line(w.account, sign * w.amount_ore, w.text) for w in payment.write_offs]
        rest_ore = -sum(line.amount_ore for line in lines)
        if rest_ore and self.cash:
            lines.append(Line(opened.counter_account, rest_ore))
        elif rest_ore:
            lines.append(Line(CURRENCY_LOSS_ACCOUNT if rest_ore > 0 else CURRENCY_GAIN_ACCOUNT, rest_ore))
        voucher = self.books.book(
            side.payment_series,
            booked_on,
            f"{side.payment_text} {opened.party.name} ({payment.invoice_number})",
            lines,
            reference_type=side.payment_reference,
            reference_number=str(payment.number),
        )
        self.books.link(payment, voucher)
        amounts_ore = (-settled_ore, -claim_ore, 0 if self.cash else -claim_ore)
        event = self._event(opened, "settled", booked_on, amounts_ore, minor=-settled_minor)
        event.cause = "D11" if self.cash else "" if write_offs_booked else "D10"
        event.payment_number, event.payment_date, event.voucher = payment.number, payment.date, voucher
        self._settle(opened, settled_minor, settled_ore, payment.date)
        if self.cash and opened.open_minor == 0:
            opened.record.booked = True
            self.books.link(opened.record, voucher)

    def _settle(self, opened: _Open, minor: int, ore: int, day: date) -> None:
        opened.open_minor -= minor
        opened.open_ore -= ore
        record = opened.record
        record.balance_minor = opened.open_minor
        record.final_pay_date = day if opened.open_minor == 0 else None
        record.modified = max(record.modified, self.books.instant(day))

    def _event(
        self,
        opened: _Open,
        event_type: EventType,
        day: date,
        amounts_ore: tuple[int, int, int],
        *,
        minor: int,
        cause: str = "",
    ) -> Event:
        """Note an event with what the document, its voucher and the ledger say, in that order."""
        document_ore, voucher_ore, ledger_ore = amounts_ore
        event = Event(
            self.side.kind,
            event_type,
            day,
            opened.document,
            document_ore,
            voucher_ore,
            ledger_ore,
            minor,
            cause,
        )
        self.books.truth.events.append(event)
        return event
