"""What a list of open items shows, in XLSX and CSV alike (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.papers.characters import printable
from shared.papers.phrases import document, flags
from shared.papers.words import Language, words
from shared.schedules.content import Item, Kind

Sort = Literal["text", "day", "whole", "amount", "rate"]
Value = str | date | int | Decimal | None


@dataclass(frozen=True)
class Column:
    """`sort` says what `of` gives: an amount is in hundredths, an empty text or None leaves the cell empty."""

    key: str
    title: str
    sort: Sort
    of: Callable[[Item], Value]
    width: float
    is_summed: bool = False


def item_columns(kind: Kind, language: Language) -> tuple[Column, ...]:
    """Return the columns of the list from left to right, with titles in the language."""
    said = words(language)

    def column(key: str, sort: Sort, of: Callable[[Item], Value], width: float, title: str = "") -> Column:
        return Column(key, said[title or key], sort, of, width, is_summed=key in _SUMMED)

    return (
        column(
            "document_number",
            "text",
            lambda item: printable(document(item.document_number, language)),
            12,
            "document_number_long",
        ),
        column("external_number", "text", lambda item: printable(item.external_number or ""), 16),
        column("party_number", "text", lambda item: printable(item.counterparty_number), 12, f"{kind}_party_number"),
        column("party", "text", lambda item: printable(item.counterparty_name), 34, f"{kind}_party"),
        column("invoice_date", "day", lambda item: item.invoice_date, 12),
        column("accounting_date", "day", lambda item: item.accounting_date, 12),
        column("due_date", "day", lambda item: item.due_date, 12),
        column("days_past_due", "whole", lambda item: item.days_past_due, 9),
        column("bucket", "text", lambda item: said[item.bucket], 25),
        column("currency", "text", lambda item: printable(item.currency), 8),
        column("rate", "rate", lambda item: item.rate if item.currency != "SEK" else None, 10),
        column("unit", "whole", lambda item: item.unit if item.currency != "SEK" else None, 9),
        column("billed", "amount", lambda item: item.billed_ore, 15),
        column("settled", "amount", lambda item: item.settled_ore, 15),
        column("credited", "amount", lambda item: item.credited_ore, 15),
        column("open", "amount", lambda item: item.open_ore, 15),
        column("open_in_currency", "amount", lambda item: item.open_minor, 15),
        column("paid_after", "amount", lambda item: item.paid_after_ore, 15),
        column("paid_after_on", "day", lambda item: item.paid_after_on, 12),
        column("remark", "text", lambda item: flags(item.flags, language), 34),
    )


_SUMMED = frozenset({"billed", "settled", "credited", "open", "paid_after"})
