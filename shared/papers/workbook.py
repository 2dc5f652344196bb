"""A workbook with the few kinds of cells that the papers need; texts are never taken for formulas or addresses."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import xlsxwriter

from shared.papers.characters import printable

Style = Literal["text", "wrapped", "bold", "title", "loud", "header", "amount", "sum", "rate", "whole", "day", "share"]
Cell = str | int | float | Decimal | date | None

_FONT: Final = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_AMOUNT: Final = "#,##0.00;[Red]-#,##0.00"
_STYLES: Final[dict[Style, dict[str, Any]]] = {
    "text": {},
    "wrapped": {"text_wrap": True},
    "bold": {"bold": True},
    "title": {"bold": True, "font_size": 14},
    "loud": {"bold": True, "font_color": "#B00020"},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#E8ECF1", "bottom": 1},
    "amount": {"num_format": _AMOUNT},
    "sum": {"num_format": _AMOUNT, "bold": True, "top": 1},
    "rate": {"num_format": "0.0000##"},
    "whole": {"num_format": "#,##0"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "share": {"num_format": "0.0%"},
}
_LONGEST_TEXT: Final = 32_767  # of a cell, by Excel's specification
_FIRST_DAY: Final = date(1900, 3, 1)  # Excel has a 29 February 1900; earlier days would be others


class Book:
    """Collects sheets, and gives the file's bytes at the end: the same ones for the same cells and `made_at`."""

    def __init__(self, title: str, company: str, made_at: datetime) -> None:
        self._buffer = io.BytesIO()
        self._workbook = xlsxwriter.Workbook(self._buffer, {"in_memory": True})
        created = made_at.astimezone(UTC).replace(tzinfo=None)
        self._workbook.set_properties({"title": title, "company": printable(company), "created": created})
        self._formats = {style: self._workbook.add_format(_FONT | extra) for style, extra in _STYLES.items()}

    def sheet(self, name: str, widths: tuple[float, ...], page: str) -> Sheet:
        """Add a sheet that prints on A4, as wide as the page; `page` is the footer, with &P of &N."""
        worksheet = self._workbook.add_worksheet(name)
        for place, width in enumerate(widths):
            worksheet.set_column(place, place, width)
        worksheet.set_paper(9)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        worksheet.set_footer(page)
        worksheet.hide_gridlines(1)
        return Sheet(worksheet, self._formats)

    def bytes(self) -> bytes:
        self._workbook.close()
        return self._buffer.getvalue()


class Sheet:
    """Rows and columns count from 0."""

    def __init__(self, worksheet: Any, formats: dict[Style, Any]) -> None:
        self.worksheet = worksheet
        self._formats = formats

    def put(self, row: int, column: int, value: Cell, style: Style = "text") -> None:
        """Write a text, a number or a day; nothing for an empty one."""
        if value is None or value == "":
            return
        if isinstance(value, str):
            text = printable(value)
            if len(text) > _LONGEST_TEXT:
                text = text[: _LONGEST_TEXT - 1] + "…"
            self.worksheet.write_string(row, column, text, self._formats[style])
        elif isinstance(value, date):
            if value < _FIRST_DAY:
                self.worksheet.write_string(row, column, value.isoformat(), self._formats[style])
            else:
                self.worksheet.write_datetime(row, column, value, self._formats[style])
        else:
            self.worksheet.write_number(row, column, value, self._formats[style])

    def amount(self, row: int, column: int, hundredths: int, style: Style = "amount") -> None:
        self.worksheet.write_number(row, column, hundredths / 100, self._formats[style])

    def formula(self, row: int, column: int, formula: str, value: float, style: Style = "amount") -> None:
        """Write a formula with the value that it has, for readers that do not reckon."""
        self.worksheet.write_formula(row, column, f"={formula}", self._formats[style], value)

    def header(self, row: int, titles: Sequence[str]) -> None:
        for column, title in enumerate(titles):
            self.put(row, column, title, "header")

    def table(self, row: int, titles: Sequence[str], styles: Sequence[Style], rows: Iterable[Sequence[Cell]]) -> int:
        """Write a header and the rows below it, each column in its style; return the row after the last one.

        Amounts are in hundredths.
        """
        self.header(row, titles)
        row += 1
        for cells in rows:
            for column, (value, style) in enumerate(zip(cells, styles, strict=True)):
                if style == "amount" and isinstance(value, int):
                    self.amount(row, column, value)
                else:
                    self.put(row, column, value, style)
            row += 1
        return row
