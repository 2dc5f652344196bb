"""What a SIE file says, as records; money is integer öre, debit positive, credit negative."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Encoding = Literal["cp437", "utf-8", "cp1252"]
Checksum = Literal["verified", "wrong", "absent"]
RowKind = Literal["booked", "struck", "added"]
BalanceKind = Literal["IB", "UB", "RES"]
ObjectBalanceKind = Literal["OIB", "OUB"]

Objects = tuple[tuple[str, str], ...]
"""Pairs of dimension number and object code, in the order of the file."""


class Year(NamedTuple):
    from_date: dt.date
    to_date: dt.date


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the chart; `type` is T, S, K or I (asset, debt, cost, income) or None where the file does not say."""

    number: str
    name: str
    type: str | None
    sru: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension that the file declares; `parent` is the dimension that an #UNDERDIM divides."""

    number: str
    name: str
    parent: str | None


class Row(NamedTuple):
    """One row of a voucher: #TRANS is booked, #BTRANS was struck, #RTRANS marks the #TRANS after it as added later.

    Only booked rows count. `date` is the voucher's where the row has none (11 #TRANS 2); `quantity` is None for 0, because
    programs without quantities write 0. `objects` keeps the order of the file.
    """

    kind: RowKind
    account: str
    objects: Objects
    amount_ore: int
    date: dt.date
    text: str
    quantity: Decimal | None
    sign: str


class Voucher(NamedTuple):
    """One #VER with its rows; `series` and `number` may be "" (type 4I) and are not unique in every program's files."""

    series: str
    number: str
    date: dt.date
    text: str
    registered: dt.date | None
    sign: str
    rows: tuple[Row, ...]
    line: int


class Fault(NamedTuple):
    """Something wrong that touches neither amounts nor identity, so that the file is taken all the same."""

    line: int
    label: str
    reason: str
