"""A whole SIE file, read."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import polars as pl

from services.importer.sie.records import (
    Account,
    BalanceKind,
    Checksum,
    Dimension,
    Encoding,
    Fault,
    ObjectBalanceKind,
    Objects,
    Row,
    Voucher,
    Year,
)


@dataclass(frozen=True, eq=False)
class SieFile:
    """One SIE file of type 1 to 4, read whole.

    `balances` maps (kind, year number) to öre per account, `object_balances` the same to öre per account and objects,
    `period_balances` maps (year number, "YYYYMM", account, objects) to the change in that month. With objects `()` it is the
    account's whole change, of which the entries with objects are parts: never add the two together.

    The vouchers are columns: `heads` and `rows` of `columns.HEADS` and `columns.ROWS`, but that `rows` says with `voucher`
    (counted from 0 in `heads`) and not with `line` where it stands, and always has a date.

    `faults` are the first ten thousand of the `fault_count`, and one more that says so where there were more.
    """

    flag: int
    program: str
    version: str
    sie_type: int
    generated: dt.date | None
    company_name: str
    organisation_number: str
    currency: str
    encoding: Encoding
    checksum: Checksum
    years: dict[int, Year]
    accounts: dict[str, Account]
    dimensions: dict[str, Dimension]
    objects: dict[tuple[str, str], str]
    balances: dict[tuple[BalanceKind, int], dict[str, int]]
    object_balances: dict[tuple[ObjectBalanceKind, int], dict[tuple[str, Objects], int]]
    period_balances: dict[tuple[int, str, str, Objects], int]
    heads: pl.DataFrame
    rows: pl.DataFrame
    faults: list[Fault]
    fault_count: int

    @cached_property
    def vouchers(self) -> list[Voucher]:
        """The same vouchers as records, one object per row: for tests and small files."""
        rows_of: defaultdict[int, list[Row]] = defaultdict(list)
        for voucher, kind, account, amount_ore, date, text, quantity, sign, objects in self.rows.iter_rows():
            number = None if quantity is None else Decimal(quantity)
            rows_of[voucher].append(Row(kind, account, objects_of(objects), amount_ore, date, text, number, sign))
        return [
            Voucher(series, number, date, text, registered, sign, tuple(rows_of[index]), line)
            for index, (series, number, date, text, registered, sign, line) in enumerate(self.heads.iter_rows())
        ]

    @property
    def variant(self) -> str:
        """The type as people name it: "1", "2", "3", "4E" (export) or "4I" (import).

        Both forms of type 4 call themselves 4; only an export has balances.
        """
        if self.sie_type != 4:
            return str(self.sie_type)
        return "4E" if self.balances else "4I"


def objects_of(written: str) -> Objects:
    """Return the pairs of a value of the column `objects`."""
    return tuple((dimension, code) for dimension, code in json.loads(written)) if written != "[]" else ()
