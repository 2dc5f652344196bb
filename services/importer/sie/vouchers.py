"""Vouchers: #VER, its braces and the three kinds of rows in between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from services.importer.sie import values
from services.importer.sie.errors import SieError
from services.importer.sie.faults import Faults
from services.importer.sie.lexer import Field, Line
from services.importer.sie.records import Row, RowKind, Voucher
from shared.money import kronor

ROW_KINDS: Mapping[str, RowKind] = MappingProxyType({"#TRANS": "booked", "#BTRANS": "struck", "#RTRANS": "added"})


class Vouchers:
    """Builds vouchers line by line; raises SieError or FieldError on what it cannot take.

    A voucher is #VER, "{", rows, "}". Rows of corrections stay beside the booked ones and count nothing; a voucher may
    consist of them alone, or of no row at all: it still exists and has its number.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._open: Voucher | None = None
        self._braced = False
        self._rows: list[Row] = []
        self._sum_ore = 0
        self._added: tuple[Row, Line] | None = None
        self._seen: set[tuple[str, str]] = set()
        self.taken: list[Voucher] = []

    def head(self, line: Line) -> None:
        """Take #VER series number date [text [registered [sign]]]."""
        self.require_closed(line)
        fields = line.fields
        series, number = values.text(values.at(fields, 0)), values.text(values.at(fields, 1))
        day = values.day(values.at(fields, 2), "voucher date")
        text, sign = values.text(values.at(fields, 3)), values.text(values.at(fields, 5))
        registered = self._registered(line)
        if number and (series, number) in self._seen:
            self._faults.report(line, f"series {series!r} has number {number!r} twice")
        self._seen.add((series, number))
        self._open = Voucher(series, number, day, text, registered, sign, (), line.number)

    def open_brace(self, line: Line) -> None:
        if self._open is None or self._braced:
            raise _block_broken(line, "this brace opens no voucher")
        self._braced = True

    def row(self, line: Line) -> None:
        """Take #TRANS account {objects} amount [date [text [quantity [sign]]]], or its kin for corrections."""
        voucher = self._voucher_of(line)
        fields = line.fields
        count = len(fields)
        kind = ROW_KINDS[line.label]
        row = Row(
            kind,
            values.account(fields[0] if count else ""),
            values.objects(fields[1] if count > 1 else ""),
            values.amount_ore(fields[2] if count > 2 else ""),
            self._row_date(line, fields[3], voucher.date) if count > 3 and fields[3] else voucher.date,
            values.text(fields[4]) if count > 4 else "",
            self._quantity(line, fields[5]) if count > 5 and fields[5] != "0" else None,
            values.text(fields[6]) if count > 6 else "",
        )
        self._rows.append(row)
        if self._added:
            self._pair_with_added(row)
        if kind == "booked":
            self._sum_ore += row.amount_ore
        elif kind == "added":
            self._added = row, line

    def close_brace(self, line: Line) -> None:
        voucher = self._voucher_of(line)
        self._pair_with_added(None)
        if self._sum_ore:
            self._faults.report_at(
                voucher.line, "#VER", f"the rows sum to {kronor(self._sum_ore)} instead of zero ({_name(voucher)})"
            )
        self.taken.append(voucher._replace(rows=tuple(self._rows)))
        self._open, self._braced, self._rows, self._sum_ore = None, False, [], 0

    def require_closed(self, line: Line) -> None:
        """Raise SieError if a voucher is open where a post stands that belongs to none."""
        if self._open is not None:
            raise _block_broken(line, f"the voucher of line {self._open.line} ({_name(self._open)}) is not closed")

    def finish(self) -> list[Voucher]:
        if self._open is not None:
            why = f"the file ends inside this voucher ({_name(self._open)})"
            raise SieError("sie-truncated", why, line=self._open.line, label="#VER")
        return self.taken

    def _voucher_of(self, line: Line) -> Voucher:
        if self._open is None:
            raise _block_broken(line, "it belongs to no voucher")
        if not self._braced:
            self._faults.report(line, "the brace that opens the voucher is missing")
            self._braced = True
        return self._open

    def _pair_with_added(self, row: Row | None) -> None:
        """Report an #RTRANS that the same row as #TRANS does not follow; its date and sign may differ in real files."""
        if self._added is None:
            return
        (added, line), self._added = self._added, None
        if row is None or row.kind != "booked" or _what(row) != _what(added):
            self._faults.report(line, "the added row is not followed by its #TRANS, so it does not count")

    def _registered(self, line: Line) -> date | None:
        field = values.at(line.fields, 4)
        if field == "":
            return None
        try:
            return values.day(field, "registration date")
        except values.FieldError as bad:
            self._faults.report(line, f"registration date: {bad.why}")
            return None

    def _row_date(self, line: Line, field: Field, otherwise: date) -> date:
        plain = values.text(field)
        if not plain[0].isdigit() and any(letter.isalpha() for letter in plain):
            self._faults.report(line, f"{values.shown(field)} stands where the date should; the voucher's date holds")
            return otherwise
        return values.day(field, "date")

    def _quantity(self, line: Line, field: Field) -> Decimal | None:
        try:
            return values.quantity(field)
        except values.FieldError as bad:
            self._faults.report(line, f"quantity: {bad.why}")
            return None


def _what(row: Row) -> tuple[object, ...]:
    return row.account, row.objects, row.amount_ore


def _name(voucher: Voucher) -> str:
    return f"{voucher.series} {voucher.number} {voucher.date}".strip()


def _block_broken(line: Line, why: str) -> SieError:
    return SieError("sie-block-broken", why, line=line.number, label=line.label)
