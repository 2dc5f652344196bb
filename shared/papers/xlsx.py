"""A schedule as a workbook (pure): items, ageing, bridge, changes and proposals if there are any, and source.

Sums, ageing, differences and checks are formulas over the items, stored with their values.
"""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name

from shared.papers.changes_sheet import write_changes
from shared.papers.columns import Column, item_columns
from shared.papers.sheets import FIRST_ITEM_ROW, SUM_ROW, ItemRanges, Paper, head, write_ageing, write_bridge
from shared.papers.source_sheets import write_proposals, write_source
from shared.papers.words import Language, words
from shared.papers.workbook import Book, Sheet
from shared.schedules.changes import KnownNow
from shared.schedules.content import Item, Schedule

_SHOWN_ROW = SUM_ROW + 1
_HEADER_ROW = FIRST_ITEM_ROW - 1


def xlsx_of(schedule: Schedule, language: Language, now: KnownNow | None = None) -> bytes:
    """Return the workbook, the same bytes for the same schedule and language.

    `now` is what is known otherwise since it was signed; it has a sheet of its own.
    """
    said = words(language)
    title = f"{said[schedule.kind]} {said['as_at']} {schedule.balance_date}"
    book = Book(title, schedule.company_name, schedule.known_at)
    paper = Paper(schedule, language, said, title, is_changed=now is not None)
    columns = item_columns(schedule.kind, language)
    ranges = _write_items(book, paper, columns)
    write_ageing(book, paper, ranges)
    write_bridge(book, paper, ranges)
    if now is not None:
        write_changes(book, paper, now)
    if schedule.revaluations or schedule.reclassifications:
        write_proposals(book, paper)
    write_source(book, paper)
    return book.bytes()


def _write_items(book: Book, paper: Paper, columns: tuple[Column, ...]) -> ItemRanges:
    said, items = paper.said, paper.schedule.items
    widths = tuple(column.width for column in columns)
    sheet = book.sheet(said["sheet_items"], widths, paper.page)
    head(sheet, paper)
    last_row = max(FIRST_ITEM_ROW, FIRST_ITEM_ROW + len(items) - 1)
    ranges = ItemRanges(said["sheet_items"], last_row, {column.key: place for place, column in enumerate(columns)})
    sheet.put(SUM_ROW, 0, said["sum_all"], "bold")
    sheet.put(_SHOWN_ROW, 0, said["sum_shown"], "bold")
    sheet.header(_HEADER_ROW, tuple(column.title for column in columns))
    for place, column in enumerate(columns):
        if column.is_summed:
            cells = ranges.cells(column.key)
            total = _total(column, items)
            sheet.formula(SUM_ROW, place, f"SUM({cells})", total, "sum")
            sheet.formula(_SHOWN_ROW, place, f"SUBTOTAL(109,{cells})", total, "sum")
        _write_column(sheet, place, column, items, ranges)
    worksheet = sheet.worksheet
    worksheet.freeze_panes(FIRST_ITEM_ROW, 1)
    worksheet.autofilter(_HEADER_ROW, 0, last_row, len(columns) - 1)
    worksheet.repeat_rows(_HEADER_ROW)
    worksheet.ignore_errors({"number_stored_as_text": f"A{FIRST_ITEM_ROW + 1}:D{last_row + 1}"})
    return ranges


def _write_column(sheet: Sheet, place: int, column: Column, items: tuple[Item, ...], ranges: ItemRanges) -> None:
    if column.key == "open":
        billed, settled, credited = (xl_col_to_name(ranges.places[key]) for key in ("billed", "settled", "credited"))
        for row, item in enumerate(items, FIRST_ITEM_ROW):
            formula = f"ROUND({billed}{row + 1}-{settled}{row + 1}-{credited}{row + 1},2)"
            sheet.formula(row, place, formula, item.open_ore / 100)
    else:
        for row, item in enumerate(items, FIRST_ITEM_ROW):
            value = column.of(item)
            if column.sort == "amount" and isinstance(value, int):
                sheet.amount(row, place, value)
            else:
                sheet.put(row, place, value, column.sort)


def _total(column: Column, items: tuple[Item, ...]) -> float:
    return sum(value for item in items if isinstance(value := column.of(item), int)) / 100
