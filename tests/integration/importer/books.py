"""A year of books made by hand, as a file and as what the file means, and an engagement that it is written to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from uuid6 import uuid7

from services.importer.cursor import PlannedYear
from services.importer.differences import VoucherDifference
from services.importer.facts import FACTS, write_year
from services.importer.sie import SieFile, read_sie
from services.importer.target import Target
from shared.store.database import Store
from shared.store.engagements import Client, Engagement
from shared.store.firms import Firm
from shared.store.ledger import VoucherRowFact
from shared.store.tables import Base

YEAR = PlannedYear(id=7, from_date=date(2025, 1, 1), to_date=date(2025, 12, 31), accounting_method="ACCRUAL")
OPENING_ORE = {"1930": 100_000, "2440": -100_000}


@dataclass(frozen=True)
class Entry:
    """A voucher of two rows: from one account to another."""

    series: str
    number: str
    day: date
    text: str
    debit: str
    credit: str
    ore: int

    def lines(self) -> list[str]:
        kronor = f"{self.ore // 100}.{self.ore % 100:02d}"
        return [
            f'#VER {self.series} "{self.number}" {self.day:%Y%m%d} "{self.text}" {self.day:%Y%m%d}',
            "{",
            f'#TRANS {self.debit} {{1 "10"}} {kronor} "" "{self.text}" 2.5',
            f'#BTRANS {self.credit} {{}} -9.00 "" "struck" 0',
            f"#TRANS {self.credit} {{}} -{kronor}",
            "}",
        ]


Books = tuple[Entry, ...]


def books(count: int) -> Books:
    """Vouchers over the whole year, on few accounts and in two series."""
    costs = ("5010", "6110", "6570")
    return tuple(
        Entry(
            series="AB"[place % 2],
            number=str(place // 2 + 1),
            day=YEAR.from_date + timedelta(days=place * 365 // count),
            text=f"Händelse {place}",
            debit=costs[place % 3],
            credit="1930" if place % 5 else "2440",
            ore=100 + place,
        )
        for place in range(count)
    )


def bytes_of(entries: Books) -> bytes:
    head = [
        "#FLAGGA 0",
        '#PROGRAM "Bok" 1',
        "#FORMAT PC8",
        "#GEN 20260101",
        "#SIETYP 4",
        '#FNAMN "Böckerna AB"',
        f"#RAR 0 {YEAR.from_date:%Y%m%d} {YEAR.to_date:%Y%m%d}",
        *(f'#KONTO {account} "Konto {account}"' for account in ("1930", "2440", "5010", "6110", "6570")),
        *(f"#IB 0 {account} {ore // 100}" for account, ore in OPENING_ORE.items()),
    ]
    return "\r\n".join([*head, *(line for entry in entries for line in entry.lines()), ""]).encode("cp437")


def file_of(entries: Books) -> SieFile:
    return read_sie(bytes_of(entries))


def balances_of(entries: Books, until: date = YEAR.to_date) -> dict[str, int]:
    """The balances that the entries mean, other than zero."""
    sums = Counter(OPENING_ORE)
    for entry in entries:
        if entry.day <= until:
            sums[entry.debit] += entry.ore
            sums[entry.credit] -= entry.ore
    return {account: ore for account, ore in sums.items() if ore}


@dataclass(frozen=True)
class Shelf:
    """An engagement without a connection, to which files are written run by run."""

    store: Store
    firm_id: UUID
    engagement_id: UUID

    def target(self, run: int) -> Target:
        return Target(self.firm_id, self.engagement_id, run)

    def write(self, run: int, entries: Books, year: PlannedYear = YEAR) -> VoucherDifference:
        with self.store.write() as session:
            file = file_of(entries)
            return write_year(session, self.target(run), year, file)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All facts, row by row, whatever order they were written in."""
        with self.store.read() as session:
            tables = [*(fact.__table__ for fact in FACTS), VoucherRowFact.__table__]  # type: ignore[attr-defined]
            return {table.name: sorted(map(tuple, session.execute(select(table))), key=repr) for table in tables}


@contextmanager
def open_shelf(url: str) -> Iterator[Shelf]:
    store = Store(url)
    try:
        Base.metadata.create_all(store.engine)
        now = datetime.now(UTC)
        firm = Firm(id=uuid7(), name="Byrån", created_at=now)
        client = Client(
            id=uuid7(), firm_id=firm.id, organisation_number="556016-0680", name="Böckerna AB", created_at=now
        )
        engagement = Engagement(
            id=uuid7(),
            firm_id=firm.id,
            client_id=client.id,
            year_end=YEAR.to_date,
            data_source="fortnox",
            last_run=0,
            created_at=now,
        )
        with store.write() as session:
            for row in (firm, client, engagement):
                session.add(row)
                session.flush()
        yield Shelf(store, firm.id, engagement.id)
    finally:
        store.close()
