"""Vouchers line by line: #VER, its braces and the three kinds of rows in between, however they are spelled."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from services.importer.sie import values
from services.importer.sie.columns import HEADS, ROWS, Columns
from services.importer.sie.errors import SieError
from services.importer.sie.faults import Faults
from services.importer.sie.lexer import Field, Line
from services.importer.sie.records import Objects, RowKind

ROW_KINDS: Mapping[str, RowKind] = MappingProxyType({"#TRANS": "booked", "#BTRANS": "struck", "#RTRANS": "added"})

_ROWS_AT_ONCE = 50_000


class Head(NamedTuple):
    """One line of `columns.HEADS`."""

    series: str
    number: str
    date: dt.date
    text: str
    registered: dt.date | None
    sign: str
    line: int


class Vouchers:
    """Reads vouchers line by line; raises SieError or FieldError on what it cannot take.

    A voucher is #VER, "{", rows, "}". Rows of corrections stay beside the booked ones and count nothing; a voucher may
    consist of them alone, or of no row at all: it still exists and has its number.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._open: Head | None = None
        self._braced = False
        self._heads: list[Head] = []
        self._rows: list[tuple[object, ...]] = []  # of `columns.ROWS`
        self._frames: list[pl.DataFrame] = []

    def head(self, line: Line) -> None:
        """Take #VER series number date [text [registered [sign]]]."""
        self.require_closed(line)
        fields = line.fields
        self._open = Head(
            series=values.at_most(values.SERIES_CHARS, values.text(values.at(fields, 0)), "series"),
            number=values.at_most(values.NUMBER_CHARS, values.text(values.at(fields, 1)), "number"),
            date=values.day(values.at(fields, 2), "voucher date"),
            text=values.text(values.at(fields, 3)),
            registered=self._registered(line),
            sign=values.text(values.at(fields, 5)),
            line=line.number,
        )
        self._heads.append(self._open)

    def open_brace(self, line: Line) -> None:
        if self._open is None or self._braced:
            raise _block_broken(line, "this brace opens no voucher")
        self._braced = True

    def row(self, line: Line) -> None:
        """Take #TRANS account {objects} amount [date [text [quantity [sign]]]], or its kin for corrections."""
        self._require_open(line)
        fields = line.fields
        count = len(fields)
        row = (
            ROW_KINDS[line.label],
            values.account(fields[0] if count else ""),
            values.objects(fields[1] if count > 1 else ""),
            values.amount_ore(fields[2] if count > 2 else ""),
            self._row_date(line, fields[3]) if count > 3 and fields[3] else None,
            values.text(fields[4]) if count > 4 else "",
            self._quantity(line, fields[5]) if count > 5 and fields[5] != "0" else None,
            values.text(fields[6]) if count > 6 else "",
        )
        kind, account, objects, *others = row
        self._rows.append((kind, account, *others, _json(objects), line.number))
        if len(self._rows) == _ROWS_AT_ONCE:
            self._make_frame()

    def close_brace(self, line: Line) -> None:
        self._require_open(line)
        self._open, self._braced = None, False

    def require_closed(self, line: Line) -> None:
        """Raise SieError if a voucher is open where a post stands that belongs to none."""
        if self._open is not None:
            raise _block_broken(line, f"the voucher of line {self._open.line} ({_name(self._open)}) is not closed")

    def require_end(self) -> None:
        """Raise SieError if a voucher is open where the file ends."""
        if self._open is not None:
            why = f"the file ends inside this voucher ({_name(self._open)})"
            raise SieError("sie-truncated", why, line=self._open.line, label="#VER")

    def columns(self) -> Columns:
        self._make_frame()
        return Columns(pl.DataFrame(self._heads, schema=HEADS, orient="row"), pl.concat(self._frames))

    def _make_frame(self) -> None:
        """Make columns of the rows so far, because as objects they take ten times the memory."""
        self._frames.append(pl.DataFrame(self._rows, schema=ROWS, orient="row"))
        self._rows = []

    def _require_open(self, line: Line) -> None:
        if self._open is None:
            raise _block_broken(line, "it belongs to no voucher")
        if not self._braced:
            self._faults.report(line, "the brace that opens the voucher is missing")
            self._braced = True

    def _registered(self, line: Line) -> dt.date | None:
        field = values.at(line.fields, 4)
        if field == "":
            return None
        try:
            return values.day(field, "registration date")
        except values.FieldError as bad:
            self._faults.report(line, f"registration date: {bad.why}")
            return None

    def _row_date(self, line: Line, field: Field) -> dt.date | None:
        plain = values.text(field)
        if not plain[0].isdigit() and any(letter.isalpha() for letter in plain):
            self._faults.report(line, f"{values.shown(field)} stands where the date should; the voucher's date holds")
            return None
        return values.day(field, "date")

    def _quantity(self, line: Line, field: Field) -> str | None:
        try:
            quantity = values.quantity(field)
        except values.FieldError as bad:
            self._faults.report(line, f"quantity: {bad.why}")
            return None
        return None if quantity is None else f"{quantity:f}"


@lru_cache(maxsize=4096)
def _json(objects: Objects) -> str:
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":"))


def _name(head: Head) -> str:
    return f"{head.series} {head.number} {head.date}".strip()


def _block_broken(line: Line, why: str) -> SieError:
    return SieError("sie-block-broken", why, line=line.number, label=line.label)
