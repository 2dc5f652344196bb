"""Writes the vouchers of a year and their rows: what the file says differently, column by column."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.importer import bulk
from services.importer.account_months import KEY, account_months
from services.importer.differences import (
    STORED_VOUCHERS,
    VoucherDifference,
    content_hashes,
    differ_vouchers,
    first_rows,
)
from services.importer.sie import SieFile
from services.importer.target import Target
from shared.store.ledger import VoucherFact, VoucherRowFact

TEXT_CHARS = 1000
_VOUCHERS_SOUGHT_BY = ("id", "engagement_id", "year_from", "series", "number", "date", "since_run", "until_run")
_ROWS_SOUGHT_BY = ("voucher_id", "account_month_id", "account", "voucher_date", "kind")


class WrittenVouchers(NamedTuple):
    """How the vouchers differ; `ids` bounds those of the new ones where the year has no others now, None where some stayed."""

    difference: VoucherDifference
    ids: tuple[int, int] | None


def write_vouchers(session: Session, target: Target, year_from: date, file: SieFile) -> WrittenVouchers:
    """End the stored vouchers that the file does not hold any more, and write those that it holds besides.

    The rows come first: where there is nothing to compare with, the hashes are made while the database takes them in.
    """
    stored = _stored(session, target, year_from)
    heads = file.heads.with_row_index("voucher")
    hashes = None if stored.is_empty() else content_hashes(file.heads, file.rows)
    if hashes is None:
        difference = VoucherDifference([], heads["voucher"], added=heads.height, changed=0, gone=0)
    else:
        difference = differ_vouchers(stored, heads.select("series", "number").with_columns(hashes))
    bulk.end_facts(session, VoucherFact, difference.gone_ids, target.run)
    ids = bulk.reserve_ids(session, VoucherFact, difference.new.len())
    new = heads[difference.new].with_columns(ids)
    rows = _row_facts(session, target, year_from, file, new)
    if hashes is None:
        with ThreadPoolExecutor(1) as beside:
            coming = beside.submit(content_hashes, file.heads, file.rows)
            bulk.write_frame(session, VoucherRowFact, rows)
            hashes = coming.result()
    else:
        bulk.write_frame(session, VoucherRowFact, rows)
    new = new.with_columns(hashes.gather(difference.new))
    bulk.write_frame(session, VoucherFact, _voucher_facts(target, year_from, new))
    bulk.refresh_statistics(session, VoucherFact, _VOUCHERS_SOUGHT_BY, new.height)
    bulk.refresh_statistics(session, VoucherRowFact, _ROWS_SOUGHT_BY, rows.height)
    are_alone = not ids.is_empty() and stored.height == len(difference.gone_ids)
    return WrittenVouchers(difference, (ids[0], ids[-1]) if are_alone else None)


def _stored(session: Session, target: Target, year_from: date) -> pl.DataFrame:
    stored = session.execute(
        select(VoucherFact.id, VoucherFact.series, VoucherFact.number, VoucherFact.content_hash).where(
            VoucherFact.engagement_id == target.engagement_id,
            VoucherFact.year_from == year_from,
            VoucherFact.until_run.is_(None),
        )
    )
    return pl.DataFrame([tuple(row) for row in stored], schema=STORED_VOUCHERS, orient="row")


def _voucher_facts(target: Target, year_from: date, heads: pl.DataFrame) -> pl.DataFrame:
    return heads.select(
        pl.lit(target.firm_id.hex).alias("firm_id"),
        pl.lit(target.engagement_id.hex).alias("engagement_id"),
        pl.lit(year_from).alias("year_from"),
        "id",
        "series",
        "number",
        "date",
        pl.col("text").str.slice(0, TEXT_CHARS),
        "registered",
        "content_hash",
        since_run=pl.lit(target.run),
    )


def _row_facts(session: Session, target: Target, year_from: date, file: SieFile, heads: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of these vouchers; they count from 1 within each."""
    before_first = first_rows(file.heads, file.rows).gather(file.rows["voucher"])
    rows = file.rows.with_columns(position=pl.int_range(1, pl.len() + 1) - before_first)
    vouchers = heads.select(
        "voucher", voucher_id=pl.col("id"), voucher_date=pl.col("date"), period=pl.col("date").dt.strftime("%Y-%m")
    )
    rows = rows.join(vouchers, on="voucher", how="inner", maintain_order="left")
    months = account_months(session, target, year_from, rows.select(KEY).unique())
    return rows.join(months, on=KEY, how="left", maintain_order="left").select(
        pl.lit(target.firm_id.hex).alias("firm_id"),
        "voucher_id",
        "position",
        "account_month_id",
        "voucher_date",
        pl.col("kind").cast(pl.String),
        "account",
        "amount_ore",
        "date",
        pl.col("text").str.slice(0, TEXT_CHARS),
        "quantity",
        "objects",
    )
