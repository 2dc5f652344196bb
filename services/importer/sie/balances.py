"""What a SIE file must prove about itself: its rows against its balances; pure arithmetic in öre."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Literal, NamedTuple

import polars as pl

from services.importer.sie.file import SieFile, objects_of
from services.importer.sie.records import Objects

_ROW_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*#TRANS(?=[ \t\r\n]|$)")
_BALANCE_CLASSES = ("1", "2")


class Mismatch(NamedTuple):
    """A figure that the rows do not give: for an account, or for an account and objects in one month of year 0."""

    kind: Literal["UB", "RES", "PSALDO"]
    account: str
    period: str | None
    objects: Objects
    stated_ore: int
    computed_ore: int


def count_rows(data: bytes) -> int:
    """Return the number of #TRANS lines, counted in the bytes without the reader's help."""
    posts = data.upper()
    in_usual_place = posts.count(b"\n#TRANS ")
    if in_usual_place == posts.count(b"#TRANS"):
        return in_usual_place
    return sum(1 for _ in _ROW_LINE.finditer(posts))


def row_sums(file: SieFile) -> dict[str, int]:
    """Return the sum of the booked rows per account, in öre."""
    return dict(_booked(file).group_by("account").agg(pl.col("amount_ore").sum()).collect().iter_rows())


def opening_balances(file: SieFile) -> dict[str, int]:
    """Return the opening balances of year 0: #IB 0, or #UB -1 in a file that has no #IB 0 (5.16)."""
    return file.balances.get(("IB", 0)) or file.balances.get(("UB", -1)) or {}


def check_balances(file: SieFile) -> list[Mismatch]:
    """Return every figure of year 0 that the rows do not give.

    #IB + rows = #UB per balance account, rows = #RES per result account, rows of a month = #PSALDO per account, and per
    account and objects where the file says so. A figure that is left out is 0 (5.17), but a kind of which the file has
    none at all is not checked; nor is a file of a type that carries no vouchers. A file of type 4 without any is: where
    its balances moved, it was cut off before them.
    """
    if file.sie_type < 4:
        return []
    return [*_closing_mismatches(file), *_period_mismatches(file)]


def _closing_mismatches(file: SieFile) -> list[Mismatch]:
    sums = row_sums(file)
    opening = opening_balances(file)
    closing = file.balances.get(("UB", 0), {})
    results = file.balances.get(("RES", 0), {})
    found: list[Mismatch] = []
    for account in sorted({*sums, *opening, *closing, *results}):
        moved = sums.get(account, 0)
        if account in results or (account not in closing and account not in opening and _is_result(file, account)):
            if results:
                found.append(Mismatch("RES", account, None, (), results.get(account, 0), moved))
        elif closing:
            computed = opening.get(account, 0) + moved
            found.append(Mismatch("UB", account, None, (), closing.get(account, 0), computed))
    return [mismatch for mismatch in found if mismatch.stated_ore != mismatch.computed_ore]


def _is_result(file: SieFile, account: str) -> bool:
    declared = file.accounts.get(account)
    if declared is not None and declared.type is not None:
        return declared.type in {"K", "I"}
    return not account.startswith(_BALANCE_CLASSES)


def _period_mismatches(file: SieFile) -> list[Mismatch]:
    stated = {
        (period, account, tuple(sorted(objects))): ore
        for (year, period, account, objects), ore in file.period_balances.items()
        if year == 0
    }
    # a figure may name some of a row's objects only, so a row counts for each combination of its objects that is asked for
    asked: defaultdict[tuple[str, str] | None, set[Objects]] = defaultdict(set)
    for _, _, objects in stated:
        asked[objects[0] if objects else None].add(objects)
    sums: Counter[tuple[str, str, Objects]] = Counter()
    month = (pl.col("date").dt.year() * 100 + pl.col("date").dt.month()).alias("month")
    by_objects = pl.col("objects") if asked.keys() - {None} else pl.lit("[]").alias("objects")
    moved = _booked(file).group_by(month, "account", by_objects).agg(pl.col("amount_ore").sum())
    for month_no, account, written, amount_ore in moved.collect().iter_rows():
        period = f"{month_no:06}"
        pairs = set(objects_of(written))
        for first in (None, *pairs):
            for objects in asked.get(first, ()):
                if pairs.issuperset(objects):
                    sums[period, account, objects] += amount_ore
    keys = sorted({*stated, *sums})
    found = [Mismatch("PSALDO", key[1], key[0], key[2], stated.get(key, 0), sums[key]) for key in keys]
    return [mismatch for mismatch in found if mismatch.stated_ore != mismatch.computed_ore]


def _booked(file: SieFile) -> pl.LazyFrame:
    return file.rows.lazy().filter(pl.col("kind") == "booked")
