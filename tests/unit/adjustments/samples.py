"""Adjustments and vouchers to try the rules on."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.adjustments import AdjustmentContent, RowContent
from shared.fortnox import Voucher, VoucherListItem

YEAR_END = date(2025, 12, 31)


def content(*rows: RowContent, day: date = YEAR_END, text: str = "Upplupen hyra", number: int = 1) -> AdjustmentContent:
    return AdjustmentContent("V", number, day, text, rows or (RowContent("5010", 1000), RowContent("2990", 0, 1000)))


def item(number: int, comments: str = "", *, series: str = "A", description: str = "") -> VoucherListItem:
    return VoucherListItem.read(listed(number, comments, series=series, description=description))


def listed(number: int, comments: str, *, series: str = "A", description: str = "") -> dict[str, Any]:
    return {
        "VoucherSeries": series,
        "VoucherNumber": number,
        "Year": 4,
        "TransactionDate": YEAR_END.isoformat(),
        "Description": description,
        "Comments": comments,
    }


def booked(rows: list[tuple[int, int, int, bool]], day: date = YEAR_END) -> Voucher:
    """Return voucher A17 with rows of account, debit and credit in whole kronor, and whether the row was struck."""
    names = ("Account", "Debit", "Credit", "Removed")
    raw = listed(17, "") | {"VoucherRows": [dict(zip(names, row, strict=True)) for row in rows]}
    return Voucher.read(raw | {"TransactionDate": day.isoformat()})
