"""What only shows once all vouchers of a file are there: gathered, in their order, and checked against each other."""

from __future__ import annotations

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
    rows = rows.with_columns(voucher=heads["line"].search_sorted(rows["line"], side="right") - 1)
    dates = pl.coalesce("date", pl.lit(heads["date"].gather(rows["voucher"])))
    rows = rows.with_columns(date=dates)
    _report_numbers_used_twice(heads, faults)
    _report_sums_that_are_not_zero(heads, rows, faults)
    _report_added_rows_without_twin(rows, faults)
    if year is not None:
        _report_days_outside(year, heads, faults)
    return Columns(heads, rows.select("voucher", pl.exclude("voucher", "line")))


def _report_numbers_used_twice(heads: pl.DataFrame, faults: Faults) -> None:
    numbered = heads.filter(pl.col("number") != "")
    for head in numbered.filter(~pl.struct("series", "number").is_first_distinct()).iter_rows(named=True):
        faults.report_at(head["line"], "#VER", f"series {head['series']!r} has number {head['number']!r} twice")


def _report_sums_that_are_not_zero(heads: pl.DataFrame, rows: pl.DataFrame, faults: Faults) -> None:
    amounts = rows.lazy().filter(pl.col("kind") == "booked").group_by("voucher").agg(pl.col("amount_ore").sum())
    unequal = amounts.filter(pl.col("amount_ore") != 0).collect()
    for head in heads[unequal["voucher"]].with_columns(unequal["amount_ore"]).iter_rows(named=True):
        name = f"{head['series']} {head['number']} {head['date']}".strip()
        why = f"the rows sum to {kronor(head['amount_ore'])} instead of zero ({name})"
        faults.report_at(head["line"], "#VER", why)


def _report_added_rows_without_twin(rows: pl.DataFrame, faults: Faults) -> None:
    """Report each #RTRANS that the same row as #TRANS does not follow; date and sign may differ in real files."""
    same = [pl.col(name) == pl.col(name).shift(-1) for name in ("voucher", "account", "objects", "amount_ore")]
    has_twin = pl.all_horizontal(pl.col("kind").shift(-1) == "booked", *same).fill_null(value=False)
    for line in rows.filter((pl.col("kind") == "added") & ~has_twin)["line"]:
        faults.report_at(line, "#RTRANS", "the added row is not followed by its #TRANS, so it does not count")


def _report_days_outside(year: Year, heads: pl.DataFrame, faults: Faults) -> None:
    outside = heads.filter(~pl.col("date").is_between(year.from_date, year.to_date))
    for line, day in outside.select("line", "date").iter_rows():
        faults.report_at(line, "#VER", f"{day} lies outside the year of the file")
