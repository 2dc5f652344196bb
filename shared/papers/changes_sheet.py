"""The sheet that shows a signed schedule beside what is known now."""

from __future__ import annotations

from shared.papers.figures import instant
from shared.papers.phrases import changed_figures, document, fault_reason, touched
from shared.papers.sheets import Paper, head
from shared.papers.workbook import Book, Sheet
from shared.schedules.changes import Amounts, KnownNow

_WIDTHS = (14, 14, 44, 18, 18, 18, 60)
_HEADER_ROW = 4
_TOTAL_ROW = 6
"""The ledger stands first, then the total."""


def write_changes(book: Book, paper: Paper, now: KnownNow) -> None:
    """Write figure by figure, then item by item; the changes of the items add up to that of the total."""
    said = paper.said
    sheet = book.sheet(said["sheet_changes"], _WIDTHS, paper.page)
    head(sheet, paper)
    sheet.put(2, 0, f"{said['known_now_at']} {now.version}, {instant(now.known_at)}", "bold")
    amounts = (said["as_signed"], said["as_known_now"], said["changed_by"])
    sheet.header(_HEADER_ROW, ("", "", said["figure"], *amounts))
    row = _HEADER_ROW + 1
    for name, figure in changed_figures(now.changes, paper.language):
        sheet.put(row, 2, name)
        _amounts(sheet, row, figure)
        row += 1
    row = _items(sheet, paper, now, row + 1, amounts)
    if now.changes.faults:
        sheet.put(row + 1, 0, said["new_faults"], "bold")
        faults = [
            (document(fault.document, paper.language), fault_reason(fault, paper.language))
            for fault in now.changes.faults
        ]
        sheet.table(row + 2, (said["document"], said["reason"]), ("text", "text"), faults)


def _items(sheet: Sheet, paper: Paper, now: KnownNow, row: int, amounts: tuple[str, ...]) -> int:
    """Write the items that differ and check their sum against the total; return the row after them."""
    said, items = paper.said, now.changes.items
    sheet.put(row, 0, said["changed_items"], "bold")
    kind = paper.schedule.kind
    titles = (said["document_number_long"], said[f"{kind}_party_number"], said[f"{kind}_party"])
    sheet.header(row + 1, (*titles, *amounts, said["touches"]))
    first = row + 2
    for place, item in enumerate(items, first):
        sheet.put(place, 0, document(item.document_number, paper.language))
        sheet.put(place, 1, item.counterparty_number)
        sheet.put(place, 2, item.counterparty_name)
        _amounts(sheet, place, item)
        sheet.put(place, 6, touched(item, paper.language), "wrapped")
    end = first + max(1, len(items))
    change_ore = sum(item.change_ore for item in items)
    sheet.put(end, 2, said["sum"], "bold")
    sheet.formula(end, 5, f"SUM(F{first + 1}:F{end})", change_ore / 100, "sum")
    sheet.put(end + 1, 2, said["check"], "bold")
    check = f"ROUND(F{end + 1}-F{_TOTAL_ROW + 1},2)"
    sheet.formula(end + 1, 5, check, (change_ore - now.changes.total.change_ore) / 100, "sum")
    return end + 2


def _amounts(sheet: Sheet, row: int, figure: Amounts) -> None:
    sheet.amount(row, 3, figure.before_ore)
    sheet.amount(row, 4, figure.after_ore)
    sheet.formula(row, 5, f"ROUND(E{row + 1}-D{row + 1},2)", figure.change_ore / 100)
