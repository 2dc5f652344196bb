"""A large sub-ledger with its ledger, in which occurs what occurs in real ones, and what is wrong with it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from services.scheduler.subledger import Document, Payment, Subledger, sek_ore
from services.scheduler.vouchers import Ledger, LedgerYear, Posting, VoucherKey

INVOICES, PAYMENTS = 50_000, 60_000
SEED = 20251231
YEAR_FROM, BALANCE_DATE, LAST_DAY = date(2025, 1, 1), date(2025, 12, 31), date(2026, 3, 31)
RATES = {"EUR": Decimal("11.2"), "USD": Decimal("10.35"), "NOK": Decimal("0.97"), "XYZZY": Decimal(3)}
MANUAL_EVERY = 500
CHAIN, LOOP = 500, 100
"""Credit notes that each credit the one before, and such a chain that comes back to its beginning."""


@dataclass
class Books:
    """`faults` counts the documents that a schedule at the balance date has to name, by code."""

    documents: list[Document] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    postings: dict[VoucherKey, Posting] = field(default_factory=dict)
    manual_ore: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def subledger(self) -> Subledger:
        return Subledger(self.documents, self.payments)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.postings, ("1510",), YEAR_FROM, LAST_DAY, (LedgerYear(YEAR_FROM, LAST_DAY),))


def large_books(times: int) -> Books:
    """Return so many times 50,000 documents and 60,000 payments of a year, some of them after the balance date."""
    return _Maker(random.Random(SEED), times).made()


class _Maker:
    def __init__(self, rng: random.Random, times: int) -> None:
        self.rng = rng
        self.books = Books()
        self.invoices, self.payments = INVOICES * times, PAYMENTS * times
        self.times = times

    def made(self) -> Books:
        for _ in range(self.times):
            self._chain(CHAIN, is_loop=False)
            self._chain(LOOP, is_loop=True)
        while len(self.books.documents) < self.invoices:
            self._subject(len(self.books.documents) + 1)
        self._shared_vouchers()
        self._strays()
        self._manual()
        return self.books

    def _subject(self, number: int) -> None:
        """Make an invoice with what became of it: one in a fifty is wrong, one in ten credited, a tenth left open."""
        rng = self.rng
        currency = rng.choices(("SEK", *RATES), (88, 6, 3, 3, 0))[0]
        if number % 1_000 == 7:
            currency = "XYZZY"
            self.books.faults["unknown-currency"] += 1
        invoice = self._document(number, rng.randint(1_000, 5_000_000), currency=currency)
        if number % 1_000 == 13:
            self._document(number, rng.randint(1_000, 5_000_000))
            self.books.faults["duplicate-number"] += 1
            return
        left = invoice.total_minor
        if currency == "SEK" and rng.random() < 0.1:
            left -= self._credits(invoice)
        if rng.random() < 0.9 and left:
            self._paid(invoice, left)

    def _credits(self, invoice: Document) -> int:
        """Credit an invoice with one to three credit notes, used up at once; return by how much."""
        credited = 0
        for _ in range(self.rng.randint(1, 3)):
            minor = invoice.total_minor // self.rng.randint(4, 6)
            day = invoice.invoice_date + timedelta(days=5)
            number = len(self.books.documents) + 1
            self._document(number, -minor, day=day, credit_of=invoice.number, used_up_on=day, party=invoice)
            credited += minor
        return credited

    def _paid(self, invoice: Document, left: int) -> None:
        """Pay in one or more parts, some of them with a write-off, some with an exchange difference."""
        parts = self.rng.choices((1, 2, 5), (55, 41, 4))[0]
        for place in range(parts):
            minor = left // parts + (left % parts if place == 0 else 0)
            written_off = 300 if self.rng.random() < 0.05 and minor > 10_000 else 0
            self._pay(invoice, minor, written_off, invoice.invoice_date + timedelta(days=30 + place))

    def _pay(self, invoice: Document, minor: int, written_off: int, day: date) -> None:
        if len(self.books.payments) >= self.payments - 2 * self.times:
            return
        key = (YEAR_FROM, "C", str(len(self.books.payments) + 1))
        claim_ore = sek_ore(minor, invoice.rate, 1)
        received_ore = sek_ore(minor - written_off, invoice.rate * self.rng.choice((1, 1, Decimal("1.01"))), 1)
        self.books.payments.append(self._payment(key, invoice, minor, received_ore, day))
        others = {received_ore, claim_ore - received_ore}
        self.books.postings[key] = Posting(day, {"1510": -claim_ore}, others, {"1930", "3740"})

    def _payment(self, key: VoucherKey, invoice: Document, minor: int, received_ore: int, day: date) -> Payment:
        return Payment(
            key[2],
            invoice.number,
            day,
            received_ore,
            minor,
            booked=True,
            voucher=key,
            currency=invoice.currency,
            rate=invoice.rate,
        )

    def _shared_vouchers(self) -> None:
        """Have a twentieth of the payments in SEK come in sums of forty: one voucher each, on the last of their days."""
        in_sek = [place for place, payment in enumerate(self.books.payments) if payment.currency == "SEK"]
        for start in range(0, len(in_sek) - 40, 800):
            places = in_sek[start : start + 40]
            day = max(self.books.payments[place].date for place in places)
            key = (YEAR_FROM, "D", str(start))
            sum_ore = 0
            for place in places:
                payment = self.books.payments[place]
                assert payment.voucher is not None
                posting = self.books.postings.pop(payment.voucher)
                sum_ore += posting.claims_ore["1510"]
                self.books.payments[place] = replace(payment, voucher=key, date=day)
            self.books.postings[key] = Posting(day, {"1510": sum_ore}, {-sum_ore}, {"1930"})

    def _chain(self, length: int, *, is_loop: bool) -> None:
        """Credit notes that credit credit notes: it cannot be said against what they were used up."""
        first = len(self.books.documents) + 1
        for number in range(first, first + length):
            before = number - 1 if number > first else first + length - 1 if is_loop else 0
            day = YEAR_FROM + timedelta(days=number % 300)
            self._document(number, -100_00, day=day, credit_of=str(before), used_up_on=day)
        self.books.faults["credit-loop" if is_loop else "credit-unclear"] += length

    def _strays(self) -> None:
        """Payments of no known document, and the rest of the number of payments."""
        while len(self.books.payments) < self.payments:
            number = str(len(self.books.payments) + 1)
            key = (YEAR_FROM, "C", number)
            self.books.payments.append(Payment(number, f"lost {number}", BALANCE_DATE, 500_00, 500_00, True, key))
            self.books.postings[key] = Posting(BALANCE_DATE, {"1510": -500_00}, {500_00}, {"1930"})
            self.books.faults["unknown-document"] += 1

    def _manual(self) -> None:
        for number in range(1, self.invoices // MANUAL_EVERY + 1):
            ore = self.rng.randint(-100_000, 100_000)
            self.books.manual_ore += ore
            day = YEAR_FROM + timedelta(days=self.rng.randrange(365))
            self.books.postings[YEAR_FROM, "A", str(number)] = Posting(
                day, {"1510": ore}, {-ore}, {"3001"}, "Justering"
            )

    def _document(
        self,
        number: int,
        minor: int,
        *,
        currency: str = "SEK",
        day: date | None = None,
        credit_of: str | None = None,
        used_up_on: date | None = None,
        party: Document | None = None,
    ) -> Document:
        day = day or YEAR_FROM + timedelta(days=self.rng.randrange(365))
        rate = RATES.get(currency, Decimal(1))
        key = (YEAR_FROM, "B", str(len(self.books.documents) + 1))
        document = Document(
            number=str(number),
            counterparty_number=party.counterparty_number if party else str(self.rng.randrange(2_000)),
            counterparty_name="Kund",
            invoice_date=day,
            due_date=day + timedelta(days=30) if number % 40 else None,
            final_pay_date=used_up_on,
            currency=currency,
            rate=rate,
            unit=1,
            total_minor=minor,
            booked=True,
            cancelled=False,
            credit_of=credit_of,
            voucher=key,
        )
        self.books.documents.append(document)
        self.books.postings[key] = Posting(day, {"1510": sek_ore(minor, rate, 1)})
        return document
