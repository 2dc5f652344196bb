"""The sheets that say where a schedule comes from, who stands behind it, and what is proposed."""

from __future__ import annotations

from typing import Final

from shared.papers.figures import instant
from shared.papers.phrases import DATA_SOURCES, call, document, fault_reason, said_as
from shared.papers.sheets import Paper, head
from shared.papers.workbook import Book, Cell, Sheet, Style
from shared.schedules.content import Reclassification, Revaluation

_WIDTHS: Final = (34, 34, 26, 26, 60)


def write_source(book: Book, paper: Paper) -> None:
    said, schedule = paper.said, paper.schedule
    sheet = book.sheet(said["sheet_source"], _WIDTHS, paper.page)
    sheet.put(0, 0, paper.title, "title")
    row = _status(sheet, paper, 1) + 1
    for label, value, style in _facts(paper):
        sheet.put(row, 0, label, "bold")
        if style == "amount" and isinstance(value, int):
            sheet.amount(row, 1, value)
        else:
            sheet.put(row, 1, value, style)
        row += 1
    row = _sign_offs(sheet, paper, row + 1)
    _requests(sheet, paper, row + 1)
    sheet.worksheet.ignore_errors({"number_stored_as_text": f"A1:E{row + 99 + len(schedule.source.plan)}"})


def write_proposals(book: Book, paper: Paper) -> None:
    said, schedule = paper.said, paper.schedule
    sheet = book.sheet(said["sheet_proposals"], (14, 34, 18, 14, 10, 18, 18, 14, 18, 16), paper.page)
    head(sheet, paper)
    sheet.put(2, 0, said["proposals_note"])
    row = 4
    if schedule.revaluations:
        row = _revaluations(sheet, paper, schedule.revaluations, row) + 1
    if schedule.reclassifications:
        _reclassifications(sheet, paper, schedule.reclassifications, row)


def _status(sheet: Sheet, paper: Paper, row: int) -> int:
    """Say first whether the schedule is complete, and name what is not judged; return the row after it."""
    said, schedule = paper.said, paper.schedule
    if paper.is_changed:
        sheet.put(row, 0, said["changed_see_sheet"], "loud")
        row += 1
    if not schedule.complete:
        sheet.put(row, 0, said["incomplete"], "loud")
        sheet.put(row + 1, 0, said["incomplete_why" if schedule.faults else "incomplete_unnamed"], "loud")
        row += 2
    if schedule.faults:
        faults = [
            (document(fault.document, paper.language), fault_reason(fault, paper.language)) for fault in schedule.faults
        ]
        row = sheet.table(row + 1, (said["document"], said["reason"]), ("text", "text"), faults)
    return row


def _facts(paper: Paper) -> list[tuple[str, Cell, Style]]:
    said, schedule = paper.said, paper.schedule
    source = schedule.source
    accounts = ", ".join(f"{account.number} {account.name}".strip() for account in schedule.accounts)
    return [
        (said["company"], schedule.company_name, "text"),
        (said["organisation_number"], schedule.organisation_number, "text"),
        (said["financial_year"], f"{schedule.year_from} – {schedule.year_to}", "text"),
        (said["balance_date"], schedule.balance_date, "day"),
        (said["accounts"], accounts, "text"),
        (said["ledger_balance"], schedule.ledger_ore, "amount"),
        (said["total_open"], schedule.total_ore, "amount"),
        (said["difference"], schedule.difference_ore, "amount"),
        (said["complete"], said["yes" if schedule.complete else "no"], "text" if schedule.complete else "loud"),
        (said["data_source"], said_as(DATA_SOURCES, source.data_source, paper.language), "text"),
        (said["import"], f"{said['import_number']} {source.run}", "text"),
        (said["import_id"], str(source.import_id), "text"),
        (said["ledger_read"], instant(source.ledger_read_at), "text"),
        (said["subledger_read"], instant(source.subledger_read_at), "text"),
        (said["known_at"], instant(schedule.known_at), "text"),
        (said["schedule_id"], str(schedule.id), "text"),
        (said["version"], str(schedule.version), "text"),
        (said["hash"], schedule.content_hash, "text"),
    ]


def _sign_offs(sheet: Sheet, paper: Paper, row: int) -> int:
    said = paper.said
    rows: list[tuple[str, ...]] = []
    for role in ("preparer", "reviewer"):
        signed = [sign for sign in paper.schedule.sign_offs if sign.role == role]
        rows += [(said[role], sign.name, instant(sign.at), "", sign.comment) for sign in signed] or [
            (said[role], said["not_signed"], "", "", "")
        ]
    titles = (said["sign_offs"], said["name"], said["date"], "", said["comment"])
    return sheet.table(row, titles, ("text", "text", "text", "text", "wrapped"), rows)


def _requests(sheet: Sheet, paper: Paper, row: int) -> None:
    said, source = paper.said, paper.schedule.source
    rows = [(call(name, paper.language), requests) for name, requests in source.plan]
    row = sheet.table(row, (said["requests"], said["number_of_requests"]), ("text", "whole"), rows)
    sheet.put(row, 0, said["sum"], "bold")
    sheet.put(row, 1, source.requests, "whole")


def _revaluations(sheet: Sheet, paper: Paper, revaluations: tuple[Revaluation, ...], row: int) -> int:
    said = paper.said
    sheet.put(row, 0, said["revaluation"], "bold")
    keys = ("currency", "closing_rate", "open_in_currency", "booked", "unit", "revalued", "change")
    sheet.header(row + 1, (*(said[key] for key in keys), said["account"], said["amount"], said["reversal_date"]))
    row += 2
    for each in revaluations:
        sheet.put(row, 0, each.currency)
        sheet.amount(row, 2, each.open_minor)
        sheet.amount(row, 3, each.booked_ore)
        if each.rate is None:
            sheet.put(row, 1, said["no_closing_rate"], "loud")
        else:
            sheet.put(row, 1, each.rate, "rate")
            sheet.put(row, 4, each.unit, "whole")
            sheet.formula(row, 5, f"ROUND(C{row + 1}*B{row + 1}/E{row + 1},2)", each.revalued_ore / 100)
            sheet.formula(row, 6, f"ROUND(F{row + 1}-D{row + 1},2)", each.change_ore / 100)
        sheet.put(row, 9, each.reversal_date, "day")
        for place, (account, amount_ore) in enumerate(each.entry):
            sheet.put(row + place, 7, account)
            sheet.amount(row + place, 8, amount_ore)
        row += max(1, len(each.entry))
    return row


def _reclassifications(sheet: Sheet, paper: Paper, proposals: tuple[Reclassification, ...], row: int) -> None:
    said, kind = paper.said, paper.schedule.kind
    sheet.put(row, 0, said[f"{kind}_reclassification"], "bold")
    keys = (f"{kind}_party_number", f"{kind}_party", "amount", "from_account", "to_account", "documents")
    styles: tuple[Style, ...] = ("text", "text", "amount", "text", "text", "text")
    rows = [
        (
            each.counterparty_number,
            each.counterparty_name,
            each.amount_ore,
            each.from_account,
            each.to_account,
            ", ".join(document(label, paper.language) for label in each.documents),
        )
        for each in proposals
    ]
    sheet.table(row + 1, tuple(said[key] for key in keys), styles, rows)
