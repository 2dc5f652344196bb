"""Months of a ledger, written "2025-03" (pure)."""

from __future__ import annotations

import calendar
from datetime import date

MONTH_CHARS = 7


def month_of(day: date) -> str:
    return day.isoformat()[:MONTH_CHARS]


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])
