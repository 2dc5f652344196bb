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
    """A figure of year 0 that the rows do not give: for an account, or for an account and objects in one month."""

    kind: Literal["UB", "RES", "PSALDO"]
    account: str
    period: str | None
    objects: Objects
    stated_ore: int
    computed_ore: int


class PeriodCheck(NamedTuple):
    """What the rows say of #PSALDO: `mismatches` fit no way of dating rows, `by_row_date` fit only their own dates."""

    mismatches: list[Mismatch]
    by_row_date: list[Mismatch]


def count_rows(data: bytes) -> int:
    """Return the number of #TRANS lines, counted in the bytes without the reader's help."""
    posts = data.upper()
    in_usual_place = posts.count(b"\n#TRANS ")
    if in_usual_place == posts.count(b"#TRANS"):
        return in_usual_place
    return sum(1 for _ in _ROW_LINE.finditer(posts))


def row_sums(file: SieFile) -> dict[str, int]:
    """Return the sum of the booked rows per account, in öre."""
    return dict(_booked(file.rows).group_by("account").agg(pl.col("amount_ore").sum()).collect().iter_rows())


def opening_balances(file: SieFile) -> dict[str, int]:
    """Return the opening balances of year 0: #IB 0, or #UB -1 in a file that has no #IB 0 (5.16)."""
    return file.balances.get(("IB", 0)) or file.balances.get(("UB", -1)) or {}


def check_balances(file: SieFile) -> list[Mismatch]:
    """Return every figure of year 0 that the rows do not give.

    A file of a type that carries no vouchers is not checked. A file of type 4 without any is: where its balances moved, it
    was cut off before them.
    """
    return [*check_closing(file), *check_periods(file).mismatches]


def check_closing(file: SieFile) -> list[Mismatch]:
    """Hold #IB + rows against #UB per balance account, and rows against #RES per result account.

    An account that the file states both for must fit both. A figure that is left out is 0 (5.17), but a kind of which the
    file has none at all is not checked: `unproven_accounts` names what that leaves open.
    """
    if file.sie_type < 4:
        return []
    sums = row_sums(file)
    opening = opening_balances(file)
    closing = file.balances.get(("UB", 0), {})
    results = file.balances.get(("RES", 0), {})
    found: list[Mismatch] = []
    for account in sorted({*sums, *opening, *closing, *results}):
        moved = sums.get(account, 0)
        kind = _kind_of(file, account)
        if account in results or (kind == "RES" and results):
            found.append(Mismatch("RES", account, None, (), results.get(account, 0), moved))
        if account in closing or (kind == "UB" and closing and account not in results):
            computed = opening.get(account, 0) + moved
            found.append(Mismatch("UB", account, None, (), closing.get(account, 0), computed))
    return [mismatch for mismatch in found if mismatch.stated_ore != mismatch.computed_ore]


def unproven_accounts(file: SieFile) -> dict[Literal["UB", "RES"], list[str]]:
    """Return the accounts that moved and whose kind of balance the file never states: nothing proves their rows."""
    found: dict[Literal["UB", "RES"], list[str]] = {"UB": [], "RES": []}
    stated = {kind: file.balances.get((kind, 0), {}) for kind in found}
    for account, moved in sorted(row_sums(file).items()):
        kind = _kind_of(file, account)
        if moved and not stated[kind] and not any(account in balances for balances in stated.values()):
            found[kind].append(account)
    return {kind: accounts for kind, accounts in found.items() if accounts}


def _kind_of(file: SieFile, account: str) -> Literal["UB", "RES"]:
    """Return the kind of balance that an account closes with: what the file states of it decides before type and number."""
    if account in file.balances.get(("UB", 0), {}) or account in opening_balances(file):
        return "UB"
    return "RES" if account in file.balances.get(("RES", 0), {}) or _is_result(file, account) else "UB"


def _is_result(file: SieFile, account: str) -> bool:
    declared = file.accounts.get(account)
    if declared is not None and declared.type is not None:
        return declared.type in {"K", "I"}
    return not account.startswith(_BALANCE_CLASSES)


def check_periods(file: SieFile) -> PeriodCheck:
    """Hold the rows of each month against #PSALDO, per account, and per account and objects where the file says so.

    The months are those of the vouchers, as in the ledger. Some programs go by the rows' own dates instead: a file that
    fits these throughout contradicts nothing, but its months are others than the ledger's.
    """
    if file.sie_type < 4:
        return PeriodCheck([], [])
    days_of_vouchers = file.heads["date"].gather(file.rows["voucher"])
    by_voucher = _period_mismatches(file, _booked(file.rows.with_columns(days_of_vouchers)))
    by_row = _period_mismatches(file, _booked(file.rows)) if by_voucher else []
    return PeriodCheck(min(by_voucher, by_row, key=len), [] if by_row else by_voucher)


def _period_mismatches(file: SieFile, booked: pl.LazyFrame) -> list[Mismatch]:
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
    moved = booked.group_by(month, "account", by_objects).agg(pl.col("amount_ore").sum())
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


def _booked(rows: pl.DataFrame) -> pl.LazyFrame:
    return rows.lazy().filter(pl.col("kind") == "booked")
