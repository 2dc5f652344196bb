"""`ONLY=schedules make bench`: a schedule of a large sub-ledger, computed from facts to hash."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from time import process_time
from uuid import UUID

from services.scheduler.compute import Figures, compute
from shared.schedules.content import AccountBalance, Schedule, Source
from shared.schedules.hashing import content_hash
from tests.bench.large_sub_ledger import BALANCE_DATE, INVOICES, PAYMENTS, YEAR_FROM, Books, large_books
from tests.bench.rows import Row, at_least, at_most, part

ROUNDS = 3


@part("schedules")
def a_large_sub_ledger() -> Iterator[Row]:
    small, large = large_books(1), large_books(2)
    once_s, twice_s = _seconds(small, large)
    what = f"{INVOICES:,} documents and {PAYMENTS:,} payments"
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
    wrong = Counter(fault.code for fault in figures.faults)
    unnamed = sum(abs(wrong[code] - small.faults[code]) for code in wrong | small.faults)
    yield at_most(
        "documents that it names wrongly or not",
        unnamed,
        "documents",
        target=0,
        yardstick=f"{small.faults.total():,} seeded: loops and chains of credit notes, namesakes, currencies, strays",
    )
    yield at_least("open items in it", len(figures.items), "items", target=1_000, yardstick="a tenth of the invoices")


def _seconds(*sizes: Books) -> list[float]:
    """Return the processor times of the best of some rounds: open items, ageing, bridge, proposals and hash.

    The sizes take turns, so that both sides of a ratio see the same machine.
    """
    best = [float("inf")] * len(sizes)
    for _ in range(ROUNDS):
        for place, books in enumerate(sizes):
            gc.collect()
            start = process_time()
            content_hash(_schedule(_figures(books)))
            best[place] = min(best[place], process_time() - start)
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
