"""The sheets that reckon over the items: ageing and bridge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from shared.papers.phrases import cause, document, note
from shared.papers.words import Language
from shared.papers.workbook import Book, Sheet, Style
from shared.schedules.content import BUCKETS, UNEXPLAINED, Schedule

SUM_ROW: Final = 2
FIRST_ITEM_ROW: Final = 5


@dataclass(frozen=True)
class Paper:
    schedule: Schedule
    language: Language
    said: Mapping[str, str]
    title: str
    is_changed: bool = False

    @property
    def page(self) -> str:
        """Return the footer of printed pages."""
        return f"&L&8{self.title}&R&8{self.said['page']} &P {self.said['of']} &N"


@dataclass(frozen=True)
class ItemRanges:
    """Where the columns of the items stand, for formulas on other sheets."""

    sheet: str
    last_row: int
    places: Mapping[str, int]

    def cells(self, key: str, sheet: str = "") -> str:
        name = xl_col_to_name(self.places[key])
        return f"{sheet}${name}${FIRST_ITEM_ROW + 1}:${name}${self.last_row + 1}"

    def away(self, key: str) -> str:
        return self.cells(key, f"{self.sheet}!")

    def total(self, key: str) -> str:
        return f"{self.sheet}!${xl_col_to_name(self.places[key])}${SUM_ROW + 1}"


def head(sheet: Sheet, paper: Paper) -> None:
    """Write what every sheet begins with: what it is, of whom, and loudly when it is not complete or has changed."""
    schedule = paper.schedule
    sheet.put(0, 0, paper.title, "title")
    sheet.put(1, 0, f"{schedule.company_name}  {schedule.organisation_number}", "bold")
    if not schedule.complete:
        sheet.put(1, 6, paper.said["incomplete_see_source"], "loud")
    if paper.is_changed:
        sheet.put(0, 6, paper.said["changed_see_sheet"], "loud")


def write_ageing(book: Book, paper: Paper, ranges: ItemRanges) -> None:
    """Sum the items by bucket; the buckets add up to the open total."""
    said, schedule = paper.said, paper.schedule
    sheet = book.sheet(said["sheet_ageing"], (30, 12, 18, 18, 18, 10), paper.page)
    head(sheet, paper)
    titles = (said["bucket"], said["number_of_items"], said["positive"], said["negative"], said["open"], said["share"])
    sheet.header(3, titles)
    first, last = 4, 3 + len(BUCKETS)
    opened, bucketed = ranges.away("open"), ranges.away("bucket")
    total = schedule.total_ore / 100
    for row, bucket in enumerate(BUCKETS, first):
        amounts = [item.open_ore for item in schedule.items if item.bucket == bucket]
        this, negative = f"{bucketed},$A{row + 1}", sum(ore for ore in amounts if ore < 0) / 100
        sheet.put(row, 0, said[bucket])
        sheet.formula(row, 1, f"COUNTIFS({this})", len(amounts), "whole")
        positive = sum(ore for ore in amounts if ore > 0) / 100
        sheet.formula(row, 2, f'ROUND(SUMIFS({opened},{this},{opened},">0"),2)', positive)
        sheet.formula(row, 3, f'ROUND(SUMIFS({opened},{this},{opened},"<0"),2)', negative)
        sheet.formula(row, 4, f"ROUND(SUMIFS({opened},{this}),2)", schedule.ageing[bucket] / 100)
        share = schedule.ageing[bucket] / schedule.total_ore if schedule.total_ore else 0
        sheet.formula(row, 5, f"IF($E${last + 2}=0,0,E{row + 1}/$E${last + 2})", share, "share")
    sheet.put(last + 1, 0, said["sum"], "bold")
    sums: tuple[tuple[float, Style], ...] = (
        (len(schedule.items), "whole"),
        (_sum(schedule, 1), "sum"),
        (_sum(schedule, -1), "sum"),
        (total, "sum"),
    )
    for column, (value, style) in enumerate(sums, 1):
        name = xl_col_to_name(column)
        sheet.formula(last + 1, column, f"SUM({name}{first + 1}:{name}{last + 1})", value, style)
    sheet.put(last + 3, 0, said["total_open"])
    sheet.formula(last + 3, 4, ranges.total("open"), total)
    sheet.put(last + 4, 0, said["check"], "bold")
    sheet.formula(last + 4, 4, f"ROUND(E{last + 2}-E{last + 4},2)", 0, "sum")


def write_bridge(book: Book, paper: Paper, ranges: ItemRanges) -> None:
    """Lead from the ledger's balance, line by line, to the sum of the items; then what stands behind each line."""
    said, schedule = paper.said, paper.schedule
    sheet = book.sheet(said["sheet_bridge"], (8, 8, 46, 12, 12, 18, 70), paper.page)
    head(sheet, paper)
    row = _ledger_balance(sheet, paper, 3)
    ledger_cell = xl_rowcol_to_cell(row - 1, 5)
    row = _lines(sheet, paper, row + 1)
    difference_cell = xl_rowcol_to_cell(row - 1, 5)
    bridged_ore = schedule.ledger_ore + sum(line.amount_ore for line in schedule.bridge.lines)
    sheet.put(row + 1, 2, said["total_open"], "bold")
    sheet.formula(row + 1, 5, ranges.total("open"), schedule.total_ore / 100, "sum")
    sheet.put(row + 2, 2, said["check"], "bold")
    check = f"ROUND({ledger_cell}+{difference_cell}-F{row + 2},2)"
    sheet.formula(row + 2, 5, check, (bridged_ore - schedule.total_ore) / 100, "sum")
    if schedule.bridge.parted_on is not None:
        sheet.put(row + 4, 2, said["parted_on"])
        sheet.put(row + 4, 5, schedule.bridge.parted_on, "day")
    _behind_the_lines(sheet, paper, row + 6)


def _ledger_balance(sheet: Sheet, paper: Paper, row: int) -> int:
    """Write the accounts and their sum; return the row after it."""
    said, accounts = paper.said, paper.schedule.accounts
    titles = ("", said["account"], said["description"], "", "", said["amount"], "")
    styles: tuple[Style, ...] = ("text", "text", "text", "text", "text", "amount", "text")
    rows = [("", account.number, account.name, "", "", account.balance_ore, "") for account in accounts]
    end = sheet.table(row, titles, styles, rows)
    sheet.put(end, 2, said["ledger_balance"], "bold")
    sheet.formula(end, 5, f"SUM(F{row + 2}:F{end})", paper.schedule.ledger_ore / 100, "sum")
    return end + 1


def _lines(sheet: Sheet, paper: Paper, row: int) -> int:
    """Write the lines, what is unexplained of them, and their sum; return the row after it."""
    said, lines, language = paper.said, paper.schedule.bridge.lines, paper.language
    titles = tuple(said[key] for key in ("line", "code", "cause", "first_date", "last_date", "amount", "note"))
    styles: tuple[Style, ...] = ("whole", "text", "wrapped", "day", "day", "amount", "wrapped")
    rows = [
        (number, each.code, cause(each.code, language), each.first_date, each.last_date, each.amount_ore, told)
        for number, each in enumerate(lines, 1)
        for told in (note(each.note, language),)
    ]
    end = sheet.table(row, titles, styles, rows) + (0 if lines else 1)  # a sum of no rows would be of itself
    codes, amounts = f"B{row + 2}:B{end}", f"F{row + 2}:F{end}"
    sheet.put(end, 2, f"{said['of_which']} {said['unexplained'].lower()} ({UNEXPLAINED})")
    unexplained = f'SUMIFS({amounts},{codes},"{UNEXPLAINED}")'
    sheet.formula(end, 5, unexplained, paper.schedule.bridge.unexplained_ore / 100)
    sheet.put(end + 1, 2, said["difference"], "bold")
    sheet.formula(end + 1, 5, f"SUM({amounts})", sum(line.amount_ore for line in lines) / 100, "sum")
    return end + 2


def _behind_the_lines(sheet: Sheet, paper: Paper, row: int) -> None:
    """Write a row for each document and voucher, so that none is cut off however many there are."""
    said = paper.said
    sheet.put(row, 0, said["behind_the_lines"], "bold")
    rows: list[tuple[int, str, str, str]] = []
    for number, line in enumerate(paper.schedule.bridge.lines, 1):
        rows += [(number, line.code, document(each, paper.language), said["document"]) for each in line.documents]
        rows += [(number, line.code, each, said["voucher"]) for each in line.vouchers]
    titles = (said["line"], said["code"], said["number"], said["sort"])
    sheet.table(row + 1, titles, ("whole", "text", "text", "text"), rows)


def _sum(schedule: Schedule, sign: int) -> float:
    return sum(item.open_ore for item in schedule.items if item.open_ore * sign > 0) / 100
