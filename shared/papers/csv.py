"""The open items as CSV (pure), for spreadsheets and programs.

In Swedish with semicolons and decimal commas, which is what Excel on a Swedish computer opens by a double click: a comma
between fields would leave everything in one column there. In English as RFC 4180 has it, with commas and decimal
points. Both in UTF-8 with a byte order mark, without which Excel takes the letters å, ä and ö for others.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import Final

from shared.money import kronor
from shared.papers.characters import printable
from shared.papers.columns import Sort, Value, item_columns
from shared.papers.phrases import document, fault_reason
from shared.papers.words import Language, words
from shared.schedules.changes import KnownNow
from shared.schedules.content import Schedule

_DELIMITERS: Final[dict[Language, str]] = {"sv": ";", "en": ","}
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]")


def csv_of(schedule: Schedule, language: Language, now: KnownNow | None = None) -> bytes:
    """Return one row per open item under a header; documents that could not be judged come last, without amounts.

    What is known otherwise `now`, since it was signed, is said in the remark; an item that was not there is a row
    without amounts.
    """
    columns = item_columns(schedule.kind, language)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=_DELIMITERS[language], lineterminator="\r\n")
    writer.writerow([column.title for column in columns])
    changed = _changed(now, language)
    listed = set()
    for item in schedule.items:
        listed.add(item.document_number)
        row = {column.key: _cell(column.sort, column.of(item), language) for column in columns}
        if item.document_number in changed:
            row["remark"] = _harmless("; ".join(filter(None, (row["remark"], changed[item.document_number]))))
        writer.writerow(row.values())
    added = [(number, remark) for number, remark in changed.items() if number not in listed]
    not_judged = [
        (fault.document, f"{words(language)['not_judged']}: {fault_reason(fault, language)}")
        for fault in schedule.faults
    ]
    for number, remark in (*added, *not_judged):
        told = {"document_number": printable(document(number, language)), "remark": printable(remark)}
        writer.writerow([_harmless(told.get(column.key, "")) for column in columns])
    return buffer.getvalue().encode("utf-8-sig")


def _changed(now: KnownNow | None, language: Language) -> dict[str, str]:
    """Return what to remark on the items that differ, by number."""
    if now is None:
        return {}
    said = words(language)["open_now"]
    return {item.document_number: f"{said}: {_decimal(kronor(item.after_ore), language)}" for item in now.changes.items}


def _cell(sort: Sort, value: Value, language: Language) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()
        case int() if sort == "amount":
            return _decimal(kronor(value), language)
        case Decimal():
            return _decimal(format(value, "f"), language)
    return _harmless(value) if isinstance(value, str) else str(value)


def _decimal(number: str, language: Language) -> str:
    return number.replace(".", ",") if language == "sv" else number


def _harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text
