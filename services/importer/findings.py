"""What one year's file held against what was stored of it: the figures that the proof judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from services.importer.cursor import MOST_FAULTS, FaultRead, PlannedYear, YearRead
from services.importer.numbering import gaps
from services.importer.proof import contradictions_of, differing_accounts, shortened
from services.importer.sie import (
    SieFile,
    check_closing,
    check_periods,
    opening_balances,
    row_sums,
    unproven_accounts,
)

StoredRows = Mapping[str, tuple[int, int]]


class Stored(NamedTuple):
    """How many vouchers were written anew, and what is stored then: `rows` is number and öre of the booked rows."""

    added: int
    changed: int
    gone: int
    rows: StoredRows
    objects_in_file: int
    objects: int


class InFile(NamedTuple):
    """What a file says by itself: `read` with nothing stored of it yet, and the sum of its rows in öre per account."""

    read: YearRead
    sums: dict[str, int]


def look_into(file: SieFile, year: PlannedYear, rows_in_file: int) -> InFile:
    """Find all that needs no database."""
    sums = row_sums(file)
    periods, unproven = check_periods(file), unproven_accounts(file)
    without_proof = {account for accounts in unproven.values() for account in accounts}
    closing, results = file.balances.get(("UB", 0), {}), file.balances.get(("RES", 0), {})
    read = YearRead(
        from_date=year.from_date,
        accounts=len(file.accounts),
        vouchers=file.heads.height,
        rows_in_file=rows_in_file,
        rows_stored=0,
        added=0,
        changed=0,
        gone=0,
        balances=len({*opening_balances(file), *closing, *results, *sums} - without_proof) if closing or results else 0,
        periods=sum(1 for year_number, *_ in file.period_balances if year_number == 0),
        contradictions=contradictions_of(check_closing(file)),
        period_contradictions=contradictions_of(periods.mismatches),
        periods_by_row_date=contradictions_of(periods.by_row_date),
        unproven=tuple(
            f"no #{kind} in the file: {', '.join(shortened(accounts))}" for kind, accounts in unproven.items()
        ),
        outside=_outside(file, year),
        currency=file.currency,
        gaps=gaps(file.heads.select("series", "number").iter_rows()),
        last_numbers=last_numbers(file),
        fault_count=file.fault_count,
        faults=tuple(FaultRead(**fault._asdict()) for fault in file.faults[:MOST_FAULTS]),
    )
    return InFile(read, sums)


def beside_stored(in_file: InFile, stored: Stored) -> YearRead:
    """Return what was found in the file together with what is stored of it, and where the two differ."""
    return in_file.read.model_copy(
        update={
            "rows_stored": sum(count for count, _ in stored.rows.values()),
            "added": stored.added,
            "changed": stored.changed,
            "gone": stored.gone,
            "objects": stored.objects_in_file,
            "objects_stored": stored.objects,
            "stored_otherwise": differing_accounts(
                {account: ore for account, (_, ore) in stored.rows.items()}, in_file.sums
            ),
        }
    )


def last_numbers(file: SieFile) -> dict[str, int]:
    """Return the highest number in digits of each series."""
    numbers = file.heads.select("series", pl.col("number").cast(pl.Int64, strict=False)).drop_nulls()
    return dict(numbers.group_by("series").agg(pl.col("number").max()).sort("series").iter_rows())


def _outside(file: SieFile, year: PlannedYear) -> tuple[str, ...]:
    """Name the vouchers dated outside the year, the first of them and how many more."""
    outside = file.heads.filter(~pl.col("date").is_between(year.from_date, year.to_date))
    return shortened(
        [
            f"{series} {number} of {day}"
            for series, number, day in outside.select("series", "number", "date").iter_rows()
        ]
    )


def accounts_without_name(file: SieFile) -> set[str]:
    """Return the accounts with rows or balances that the file's chart lacks."""
    used = set(file.rows["account"].unique())
    for amounts in file.balances.values():
        used.update(amounts)
    return used - file.accounts.keys()
