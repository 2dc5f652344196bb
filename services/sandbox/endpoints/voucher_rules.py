"""What Fortnox demands of a voucher before it books it.

Order: form of the body, year and date, series, locked period, rows, balance. Sources: Fortnox's "Best practices: vouchers",
its formats page for the characters, and the texts its users see.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from services.sandbox.company import Account, Company, VoucherRow, YearId
from services.sandbox.errors import FortnoxError, not_numeric, placeholder

VOUCHER_FIELDS = frozenset(
    [
        "@url",
        "ApprovalState",
        "Comments",
        "CostCenter",
        "Description",
        "Project",
        "ReferenceNumber",
        "ReferenceType",
        "TransactionDate",
        "VoucherNumber",
        "VoucherRows",
        "VoucherSeries",
        "Year",
    ]
)
ROW_FIELDS = frozenset(
    [
        "Account",
        "CostCenter",
        "Credit",
        "Debit",
        "Description",
        "Project",
        "Quantity",
        "Removed",
        "TransactionInformation",
    ]
)
REQUIRED = ("Description", "TransactionDate", "VoucherSeries", "VoucherRows")
# `[^\W\d_]` is Python's \p{L}.
ALLOWED_TEXT = re.compile("(?:[^\\W\\d_]|[’\\\\\u0308\u030a0-9 –:.`´,;^¤#%§£$€¢¥©™°&/()=+\\-*_!?²³®½@\u00a0\n\r])*")
MAX_LENGTHS = {"Description": 200, "Comments": 1000, "TransactionInformation": 100, "VoucherSeries": 10}


@dataclass(frozen=True)
class Draft:
    """A voucher that may be booked; only its number is missing."""

    year: YearId
    series: str
    date: date
    description: str
    comments: str | None
    rows: list[VoucherRow]


def read_voucher(company: Company, year: YearId, body: bytes) -> Draft:
    """Read the voucher in `body` for `year`; FortnoxError (400) when any rule refuses it."""
    sent = _read_body(body)
    day = _read_date(sent["TransactionDate"])
    series = _text(sent, "VoucherSeries")
    _check_period(company, year, series, day)
    rows = [_read_row(company, year, row) for row in sent["VoucherRows"]]
    if not rows:
        raise placeholder("no_rows")
    if sum(row.amount_ore for row in rows):
        raise placeholder("unbalanced")
    return Draft(year, series, day, _text(sent, "Description"), _text(sent, "Comments") or None, rows)


def _read_body(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise FortnoxError(2002115, "Error deserializing JSON: JSON_ERROR_SYNTAX") from None
    sent = document.get("Voucher") if isinstance(document, dict) else None
    if not isinstance(sent, dict):
        raise FortnoxError(2001392, "Ingen eller felaktig typ av data.")
    _check_names(sent, VOUCHER_FIELDS)
    missing = [name for name in REQUIRED if sent.get(name) in (None, "")]
    if missing:
        raise FortnoxError(2001795, f"Obligatoriska fält saknas ({', '.join(missing)}).")
    if not isinstance(sent["VoucherRows"], list):
        raise FortnoxError(2001392, "Ingen eller felaktig typ av data.")
    return sent


def _check_period(company: Company, year: YearId, series_code: str, day: date) -> None:
    financial_year = company.years[year]
    if not financial_year.from_date <= day <= financial_year.to_date:
        raise placeholder("date_outside_year", day)
    series = company.series.get((year, series_code))
    if series is None:
        raise placeholder("series_unknown")
    if not series.manual:
        raise placeholder("series_not_manual", series_code)
    if company.locked_until is not None and day <= company.locked_until:
        raise FortnoxError(2000401, f"{company.name} har låst perioden t.o.m. {company.locked_until}.")


def _read_row(company: Company, year: YearId, sent: Any) -> VoucherRow:
    if not isinstance(sent, dict):
        raise FortnoxError(2001392, "Ingen eller felaktig typ av data.")
    _check_names(sent, ROW_FIELDS)
    account = _find_account(company, year, sent.get("Account"))
    debit, credit = _amount(sent, "Debit", account.number), _amount(sent, "Credit", account.number)
    if debit and credit:
        raise placeholder("bad_amount", account.number)
    center, project = _text(sent, "CostCenter"), _text(sent, "Project")
    if center and center not in company.cost_centers:
        raise placeholder("cost_center_unknown")
    if project and project not in company.projects:
        raise FortnoxError(2001161, "Kan inte hitta projektet.")
    _check_dimension(account, account.cost_center_settings, center, "kostnadsställe")
    _check_dimension(account, account.project_settings, project, "projekt")
    return VoucherRow(
        account=account.number,
        debit_ore=debit,
        credit_ore=credit,
        text=_text(sent, "TransactionInformation"),
        cost_center=center,
        project=project,
    )


def _find_account(company: Company, year: YearId, sent: Any) -> Account:
    if sent is None:
        raise FortnoxError(2001795, "Obligatoriska fält saknas (Account).")
    if isinstance(sent, bool) or not str(sent).isdecimal():
        raise not_numeric("Account")
    account = company.accounts.get((year, int(sent)))
    if account is None:
        raise FortnoxError(2000423, "Kan inte hitta kontot.")
    if not account.active:
        raise FortnoxError(2000550, f'Konto "{account.number}" är inte aktivt.')
    return account


def _check_dimension(account: Account, setting: str, value: str, name: str) -> None:
    if setting == "MANDATORY" and not value:
        raise placeholder("dimension_missing", account.number, name)
    if setting == "NOTALLOWED" and value:
        raise placeholder("dimension_forbidden", account.number, name)


def _amount(sent: dict[str, Any], name: str, account: int) -> int:
    """Öre; negative amounts and more than two decimals are undocumented, so they are refused."""
    value = sent.get(name)
    if value is None or value == "":
        return 0
    if isinstance(value, bool):
        raise not_numeric(name)
    try:
        ore = Decimal(str(value)) * 100
    except InvalidOperation:
        raise not_numeric(name) from None
    if not ore.is_finite() or ore < 0 or ore != ore.to_integral_value():
        raise placeholder("bad_amount", account)
    return int(ore)


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise FortnoxError(2000106, f"Värdet måste vara alfanumeriskt ({name}).")
    text = str(value)
    if len(text) > MAX_LENGTHS.get(name, len(text)):
        raise FortnoxError(2000107, f"Värdet är för långt ({name}).")
    if not ALLOWED_TEXT.fullmatch(text):
        raise FortnoxError(2000359, f"Värdet innehåller ej tillåtna tecken. ({name})")
    return text


def _read_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise placeholder("bad_date", "TransactionDate") from None


def _check_names(sent: dict[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(sent) - known)
    if unknown:
        raise FortnoxError(2001399, f"Felaktigt fältnamn ({', '.join(unknown)}).")
