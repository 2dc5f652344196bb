"""What only shows once all vouchers of a file are there: gathered, in their order, and checked against each other."""

from __future__ import annotations

from typing import Any

import polars as pl

from services.importer.sie.columns import Columns
from services.importer.sie.errors import SieError
from services.importer.sie.faults import Faults
from services.importer.sie.records import Year
from shared.money import kronor

_MAX_SUM_ORE = 2**63 - 1


def put_together(parts: list[Columns], faults: Faults, year: Year | None) -> Columns:
    """Return heads and rows of all parts in the order of the file, with the rows' vouchers and dates filled in.

    Numbers used twice, sums that are not zero, added rows without their twin and dates outside the file's year are reported.
    Raises SieError "sie-sum-too-large" where sums of rows could be too large for whole numbers of 64 bits.
    """
    heads, rows = (pl.concat(frames) for frames in zip(*parts, strict=True))
    if sum(not part.heads.is_empty() for part in parts) > 1:
        heads, rows = heads.sort("line"), rows.sort("line")
    if rows["amount_ore"].cast(pl.Float64).abs().sum() > _MAX_SUM_ORE:
        raise SieError("sie-sum-too-large", f"the amounts come to more than {kronor(_MAX_SUM_ORE)}")
    vouchers = heads["line"].search_sorted(rows["line"], side="right") - 1
    days = heads["date"].gather(vouchers)
    rows = rows.with_columns(vouchers.alias("voucher"), date=pl.coalesce("date", days))
    used_twice, unequal, alone = pl.collect_all([_used_twice(heads), _unequal(rows), _alone(rows)])
    for line, series, number in used_twice.iter_rows():
        faults.report_at(line, "#VER", f"series {series!r} has number {number!r} twice")
    for voucher, sum_ore in unequal.iter_rows():
        _report_sum(heads.row(voucher, named=True), sum_ore, faults)
    for line in alone["line"]:
        faults.report_at(line, "#RTRANS", "the added row is not followed by its #TRANS, so it does not count")
    if year is not None:
        _report_days_outside(year, heads, faults)
    return Columns(heads, rows.select("voucher", pl.exclude("voucher", "line")))


def _used_twice(heads: pl.DataFrame) -> pl.LazyFrame:
    """Return line, series and number of each voucher whose number was used before in its series."""
    numbered = heads.lazy().filter(pl.col("number") != "")
    return numbered.filter(~pl.struct("series", "number").is_first_distinct()).select("line", "series", "number")


def _unequal(rows: pl.DataFrame) -> pl.LazyFrame:
    """Return voucher and sum of the vouchers whose rows do not sum to zero, in their order."""
    booked = rows.lazy().filter(pl.col("kind") == "booked")
    sums = booked.group_by("voucher").agg(pl.col("amount_ore").sum())
    return sums.filter(pl.col("amount_ore") != 0).sort("voucher")


def _alone(rows: pl.DataFrame) -> pl.LazyFrame:
    """Return each #RTRANS that the same row as #TRANS does not follow; date and sign may differ in real files."""
    same = [pl.col(name) == pl.col(name).shift(-1) for name in ("voucher", "account", "objects", "amount_ore")]
    has_twin = pl.all_horizontal(pl.col("kind").shift(-1) == "booked", *same).fill_null(value=False)
    return rows.lazy().filter((pl.col("kind") == "added") & ~has_twin).select("line")


def _report_sum(head: dict[str, Any], sum_ore: int, faults: Faults) -> None:
    name = f"{head['series']} {head['number']} {head['date']}".strip()
    faults.report_at(head["line"], "#VER", f"the rows sum to {kronor(sum_ore)} instead of zero ({name})")


def _report_days_outside(year: Year, heads: pl.DataFrame, faults: Faults) -> None:
    outside = heads.filter(~pl.col("date").is_between(year.from_date, year.to_date))
    for line, day in outside.select("line", "date").iter_rows():
        faults.report_at(line, "#VER", f"{day} lies outside the year of the file")
