"""What a file says that the stored facts do not, and the other way round (pure).

Facts are compared as multisets of what they say: a voucher's series and number need not be unique in every file.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

Content = TypeVar("Content", bound=Hashable)

KEY = ("series", "number")
STORED_VOUCHERS: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "series": pl.String,
    "number": pl.String,
    "content_hash": pl.Binary,
}
_ESCAPES = {letter: json.dumps(letter)[1:-1] for letter in (*map(chr, range(32)), '"', "\\")}


@dataclass(frozen=True)
class Difference(Generic[Content]):
    """`gone` are ids of stored facts that hold no longer, `new` is what has to be written."""

    gone: list[int]
    new: list[Content]


@dataclass(frozen=True)
class VoucherDifference:
    """`gone_ids` are stored vouchers that hold no longer, `new` the places in the file of those to write, in its order.

    `changed` of the new ones take the place of one that is gone; the counts are of vouchers.
    """

    gone_ids: list[int]
    new: pl.Series
    added: int
    changed: int
    gone: int


def differ(stored: Iterable[tuple[int, Content]], read: Iterable[Content]) -> Difference[Content]:
    """Compare stored facts (id, what it says) with what was read."""
    ids: defaultdict[Content, list[int]] = defaultdict(list)
    for fact_id, content in stored:
        ids[content].append(fact_id)
    new: list[Content] = []
    for content in read:
        if ids.get(content):
            ids[content].pop()
        else:
            new.append(content)
    return Difference([fact_id for left in ids.values() for fact_id in left], new)


def differ_vouchers(stored: pl.DataFrame, read: pl.DataFrame) -> VoucherDifference:
    """Compare by content hash; a new voucher with the series and number of one that is gone is a changed one.

    `stored` has the columns of `STORED_VOUCHERS`, `read` has one line per voucher of the file: series, number, content_hash.
    """
    before = _counted(stored.sort("id"), "content_hash")
    after = _counted(read.with_row_index("place"), "content_hash")
    gone = before.join(after, on=("content_hash", "nth"), how="anti")
    new = after.join(before, on=("content_hash", "nth"), how="anti").sort("place")
    in_both = _counted(new.select(KEY), *KEY).join(_counted(gone.select(KEY), *KEY), on=(*KEY, "nth"), how="semi")
    changed = in_both.height
    return VoucherDifference(gone["id"].to_list(), new["place"], new.height - changed, changed, gone.height - changed)


def content_hashes(heads: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Return SHA-256 over all that is stored of each voucher, in the order of `heads`.

    What is summed is compact JSON, which no two vouchers share: [series, number, date, text, registered, [[kind, account,
    öre, date, text, quantity, objects], …]]. Writing it otherwise would make every stored voucher look edited.
    """
    said_heads = heads.select(
        pl.concat_str(
            pl.lit('["'),
            _escaped(pl.col("series")),
            pl.lit('","'),
            _escaped(pl.col("number")),
            pl.lit('","'),
            pl.col("date").cast(pl.String),
            pl.lit('","'),
            _escaped(pl.col("text")),
            pl.lit('",'),
            _quoted_or_null(pl.col("registered").cast(pl.String)),
            pl.lit(",["),
        ).cast(pl.Binary)
    ).to_series()
    said_rows = rows.select(
        pl.concat_str(
            pl.lit('["'),
            pl.col("kind").cast(pl.String),
            pl.lit('","'),
            pl.col("account"),
            pl.lit('",'),
            pl.col("amount_ore").cast(pl.String),
            pl.lit(',"'),
            pl.col("date").cast(pl.String),
            pl.lit('","'),
            _escaped(pl.col("text")),
            pl.lit('",'),
            _quoted_or_null(pl.col("quantity")),
            pl.lit(","),
            pl.col("objects"),
            pl.lit("],"),
        )
    ).to_series()
    ends = pl.concat([pl.Series([0], dtype=pl.UInt64), said_rows.str.len_bytes().cast(pl.UInt64).cum_sum()])
    ends_of_vouchers = ends.gather(first_rows(heads, rows)).to_list()
    every_row = memoryview((said_rows.str.join().item() or "").encode())
    hashes: list[bytes] = []
    for said, start, end in zip(said_heads, ends_of_vouchers, ends_of_vouchers[1:], strict=False):
        digest = hashlib.sha256(said)
        if end > start:
            digest.update(every_row[start : end - 1])  # without the comma behind the last one
        digest.update(b"]]")
        hashes.append(digest.digest())
    return pl.Series("content_hash", hashes, pl.Binary)


def first_rows(heads: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Return where in `rows` the rows of each voucher begin, and behind the last one where they end."""
    return rows["voucher"].search_sorted(pl.int_range(heads.height + 1, dtype=pl.UInt32, eager=True))


def _counted(frame: pl.DataFrame, *key: str) -> pl.DataFrame:
    """Add `nth`: how many lines before this one have the same key."""
    return frame.with_columns(pl.int_range(pl.len()).over(key).alias("nth"))


def _quoted_or_null(texts: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), texts, pl.lit('"')).fill_null("null")


def _escaped(texts: pl.Expr) -> pl.Expr:
    return texts.str.replace_many(_ESCAPES)
