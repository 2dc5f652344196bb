"""`ONLY=schedules make bench`: a schedule of a large sub-ledger, computed from facts to hash."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import process_time
from uuid import UUID

from services.scheduler.compute import Figures, compute
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger, LedgerYear, Posting, VoucherKey
from shared.schedules.content import AccountBalance, Schedule, Source
from shared.schedules.hashing import content_hash
from tests.bench.rows import Row, at_least, at_most, part

INVOICES, PAYMENTS = 50_000, 60_000
SEED = 20251231
YEAR_FROM, BALANCE_DATE = date(2025, 1, 1), date(2025, 12, 31)
MANUAL_EVERY = 500
ROUNDS = 3


@dataclass(frozen=True)
class Books:
    subledger: Subledger
    ledger: Ledger
    manual_ore: int


@part("schedules")
def a_large_sub_ledger() -> Iterator[Row]:
    small, large = _books(1), _books(2)
    once_s, twice_s = _seconds(small), _seconds(large)
    what = f"{INVOICES:,} invoices and {PAYMENTS:,} payments"
    yield at_most(
        f"schedule of {what}",
        once_s,
        "s",
        target=2,
        yardstick="processor time of one thread: how long it takes on a free core",
    )
    yield at_most(
        "schedule of twice as many, against one of as many",
        twice_s / once_s,
        "times",
        target=2.5,
        yardstick="2 is linear; half as much again for the machine's noise",
    )
    figures = _figures(small)
    wrong_ore = abs(figures.difference_ore + small.manual_ore) + abs(figures.bridge.unexplained_ore)
    yield at_most("what its bridge explains wrongly", wrong_ore, "öre", target=0, yardstick="the seeded vouchers")
    yield at_least("open items in it", len(figures.items), "items", target=1_000, yardstick="a tenth of the invoices")


def _seconds(books: Books) -> float:
    """Return the processor time of the best of some rounds: open items, ageing, bridge, proposals and hash."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        start = process_time()
        content_hash(_schedule(_figures(books)))
        best = min(best, process_time() - start)
    return best


def _figures(books: Books) -> Figures:
    rates = {"EUR": (Decimal("10.9"), 1)}
    return compute("receivables", books.subledger, books.ledger, BALANCE_DATE, rates)


def _schedule(figures: Figures) -> Schedule:
    read_at = datetime(2026, 3, 1, tzinfo=UTC)
    names = {field.name for field in fields(Figures)} - {"balances_ore"}
    return Schedule(
        id=UUID(int=1),
        kind="receivables",
        company_name="Stora AB",
        organisation_number="556016-0680",
        year_from=YEAR_FROM,
        year_to=BALANCE_DATE,
        balance_date=BALANCE_DATE,
        known_at=read_at,
        accounts=tuple(AccountBalance(number, "", ore) for number, ore in figures.balances_ore.items()),
        complete=figures.complete,
        source=Source("fortnox", UUID(int=2), 1, read_at, read_at),
        **{name: getattr(figures, name) for name in names},
    )


def _books(times: int) -> Books:
    """Return a year of invoices, a tenth in euro and a tenth still open, some paid in parts, and manual vouchers."""
    rng = random.Random(SEED)
    documents: list[Document] = []
    payments: list[Payment] = []
    postings: dict[VoucherKey, Posting] = {}
    invoices, paid_parts = INVOICES * times, PAYMENTS * times
    for number in range(1, invoices + 1):
        document = _document(number, rng)
        documents.append(document)
        ore = document.total_minor * (11 if document.currency == "EUR" else 1)
        postings[document.voucher or (YEAR_FROM, "", "")] = Posting(document.invoice_date, {"1510": ore})
        if rng.random() < 0.1:
            continue
        parts = 2 if rng.random() < 0.4 else 1
        for place in range(parts):
            if len(payments) == paid_parts:
                break
            minor = document.total_minor // parts + (document.total_minor % parts if place else 0)
            day = document.invoice_date + timedelta(days=30 + place)
            key = (YEAR_FROM, "C", str(len(payments) + 1))
            payments.append(Payment(key[2], document.number, day, minor, minor, booked=True, voucher=key))
            settled_ore = minor * (11 if document.currency == "EUR" else 1)
            postings[key] = Posting(day, {"1510": -settled_ore}, {settled_ore}, {"1930"})
    manual_ore = 0
    for number in range(1, invoices // MANUAL_EVERY + 1):
        ore = rng.randint(-100_000, 100_000)
        manual_ore += ore
        day = YEAR_FROM + timedelta(days=rng.randrange(365))
        postings[YEAR_FROM, "A", str(number)] = Posting(day, {"1510": ore}, {-ore}, {"3001"}, "Justering")
    last_day = date(2026, 3, 31)
    ledger = Ledger(postings, ("1510",), YEAR_FROM, last_day, (LedgerYear(YEAR_FROM, last_day),))
    return Books(Subledger(documents, payments), ledger, manual_ore)


def _document(number: int, rng: random.Random) -> Document:
    day = YEAR_FROM + timedelta(days=rng.randrange(365))
    euro = number % 10 == 0
    return Document(
        number=str(number),
        counterparty_number=str(rng.randrange(2_000)),
        counterparty_name="Kund",
        invoice_date=day,
        due_date=day + timedelta(days=30),
        final_pay_date=None,
        currency="EUR" if euro else "SEK",
        rate=Decimal(11) if euro else Decimal(1),
        unit=1,
        total_minor=rng.randint(1_000, 5_000_000),
        booked=True,
        cancelled=False,
        voucher=(YEAR_FROM, "B", str(number)),
    )
