"""What one year's file held against what was stored of it: the figures that the proof judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from services.importer.cursor import MOST_FAULTS, FaultRead, PlannedYear, YearRead
from services.importer.numbering import gaps
from services.importer.proof import contradictions_of, differing_accounts
from services.importer.sie import SieFile, check_balances, opening_balances, row_sums

StoredRows = Mapping[str, tuple[int, int]]


class Stored(NamedTuple):
    """How many vouchers were written anew, and what is stored then: `rows` is number and öre of the booked rows."""

    added: int
    changed: int
    gone: int
    rows: StoredRows
    objects_in_file: int
    objects: int


def found_in(file: SieFile, year: PlannedYear, rows_in_file: int, stored: Stored) -> YearRead:
    sums = row_sums(file)
    mismatches = check_balances(file)
    closing, results = file.balances.get(("UB", 0), {}), file.balances.get(("RES", 0), {})
    return YearRead(
        from_date=year.from_date,
        accounts=len(file.accounts),
        vouchers=file.heads.height,
        rows_in_file=rows_in_file,
        rows_stored=sum(count for count, _ in stored.rows.values()),
        added=stored.added,
        changed=stored.changed,
        gone=stored.gone,
        balances=len({*opening_balances(file), *closing, *results, *sums}) if closing or results else 0,
        periods=sum(1 for year_number, *_ in file.period_balances if year_number == 0),
        objects=stored.objects_in_file,
        objects_stored=stored.objects,
        stored_otherwise=differing_accounts({account: ore for account, (_, ore) in stored.rows.items()}, sums),
        contradictions=contradictions_of([one for one in mismatches if one.kind != "PSALDO"]),
        period_contradictions=contradictions_of([one for one in mismatches if one.kind == "PSALDO"]),
        gaps=gaps(file.heads.select("series", "number").iter_rows()),
        last_numbers=last_numbers(file),
        fault_count=len(file.faults),
        faults=tuple(FaultRead(**fault._asdict()) for fault in file.faults[:MOST_FAULTS]),
    )


def last_numbers(file: SieFile) -> dict[str, int]:
    """Return the highest number in digits of each series."""
    numbers = file.heads.select("series", pl.col("number").cast(pl.Int64, strict=False)).drop_nulls()
    return dict(numbers.group_by("series").agg(pl.col("number").max()).sort("series").iter_rows())


def accounts_without_name(file: SieFile) -> set[str]:
    """Return the accounts with rows or balances that the file's chart lacks."""
    used = set(file.rows["account"].unique())
    for amounts in file.balances.values():
        used.update(amounts)
    return used - file.accounts.keys()
