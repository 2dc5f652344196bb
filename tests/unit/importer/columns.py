"""Vouchers as the columns that the reader makes of a file."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

from services.importer.sie import Voucher
from services.importer.sie.columns import HEADS, ROWS


def columns_of(vouchers: Sequence[Voucher]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return heads and rows, as `SieFile` has them."""
    heads = [(v.series, v.number, v.date, v.text, v.registered, v.sign, v.line) for v in vouchers]
    rows = [
        (
            place,
            row.kind,
            row.account,
            row.amount_ore,
            row.date,
            row.text,
            None if row.quantity is None else f"{row.quantity:f}",
            row.sign,
            json.dumps(row.objects, ensure_ascii=False, separators=(",", ":")),
        )
        for place, voucher in enumerate(vouchers)
        for row in voucher.rows
    ]
    schema = {"voucher": pl.UInt32(), **{name: kind for name, kind in ROWS.items() if name != "line"}}
    return pl.DataFrame(heads, schema=HEADS, orient="row"), pl.DataFrame(rows, schema=schema, orient="row")
