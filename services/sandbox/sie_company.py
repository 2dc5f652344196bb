"""Makes a company of an existing SIE 4 file, of whatever program, so that a real ledger can be served as Fortnox."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from services.sandbox import chart
from services.sandbox.company import (
    Account,
    Company,
    CostCenter,
    FinancialYear,
    Project,
    Series,
    Voucher,
    VoucherRow,
)
from services.sandbox.sie_lines import Item, read_items, split_fields
from services.sandbox.truth import LedgerTruth

CURRENT_YEAR, PREVIOUS_YEAR = 2, 1
LARGEST_NUMBER = 2**31 - 1
UNKNOWN_USER = "okänd"


class SieFileUnusable(ValueError):
    """The file holds no year that a company could be made of."""


@dataclass
class SieTruth(LedgerTruth):
    """The ledger as the file's own rows have it.

    `stated_ore` are the closing balances that the file states itself (`#UB 0`, `#RES 0`), which a damaged file
    contradicts; `remarks` say what had to be changed to fit Fortnox.
    """

    stated_ore: dict[int, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class _Draft:
    """A voucher as the file has it."""

    series: str
    number: str
    item: Item
    rows: list[VoucherRow] = field(default_factory=list)


def company_from_sie(source: Path | bytes, *, database_number: int) -> tuple[Company, SieTruth]:
    """Return the company in a SIE 4 file, without sub-ledgers, and the truth about its ledger.

    The year before gets its change as one voucher. Raises SieFileUnusable when no year can be made
    out or an account is not a number.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    return _Reading(content, database_number).finish()


class _Reading:
    def __init__(self, content: bytes, database_number: int) -> None:
        self.truth = SieTruth()
        self.company = Company(database_number, "", "", contact="", phone="")
        self.names: dict[int, str] = {}
        self.sru: dict[int, int] = {}
        self.balances: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self.years: dict[str, tuple[date, date]] = {}
        self.drafts: list[_Draft] = []
        self.dropped_dimensions: set[str] = set()
        self.added_by = ""
        for item in read_items(content):
            self._take(item)

    def finish(self) -> tuple[Company, SieTruth]:
        if "0" not in self.years:
            self._guess_year()
        company = self.company
        for offset, year_id in (("-1", PREVIOUS_YEAR), ("0", CURRENT_YEAR)):
            if offset in self.years:
                company.years[year_id] = FinancialYear(year_id, *self.years[offset])
        company.preselected_year = CURRENT_YEAR
        self.truth.years = company.years
        self._add_vouchers()
        self._add_previous_year()
        self._add_accounts()
        self._add_series()
        company.predefined_accounts = dict(chart.PREDEFINED_ACCOUNTS)
        company.predefined_series = dict(chart.PREDEFINED_SERIES)
        self.truth.stated_ore = {**self.balances["UB", "0"], **self.balances["RES", "0"]}
        if self.dropped_dimensions:
            self._remark(f"dimensions other than 1 and 6 left out: {', '.join(sorted(self.dropped_dimensions))}")
        return company, self.truth

    def _guess_year(self) -> None:
        """Take the calendar year of the first dated voucher, for a file made to be imported may lack `#RAR`."""
        dated = [text for draft in self.drafts if re.fullmatch(r"\d{8}", text := draft.item.get(2))]
        if not dated:
            raise SieFileUnusable("the file has neither #RAR 0 with dates nor a dated voucher")
        year = _day(dated[0]).year
        self.years["0"] = (date(year, 1, 1), date(year, 12, 31))
        self._remark(f"no #RAR 0 with dates; the year is taken to be {year}")

    def _remark(self, text: str) -> None:
        self.truth.remarks.append(text)

    def _take(self, item: Item) -> None:
        match item.label:
            case "IB" | "UB" | "RES":
                self.balances[item.label, item.get(0)][self._account(item.get(1))] = _ore(item.get(2))
            case "VER":
                self.drafts.append(_Draft(item.get(0), item.get(1), item))
            case "TRANS" | "BTRANS" | "RTRANS" if self.drafts:
                self._take_row(item, self.drafts[-1].rows)
            case _:
                self._take_description(item)

    def _take_description(self, item: Item) -> None:
        match item.label:
            case "FNAMN":
                self.company.name = item.get(0)
            case "ORGNR":
                self.company.organisation_number = item.get(0)
            case "ADRESS":
                self._take_address(item)
            case "RAR" if item.get(1) and item.get(2):
                self.years[item.get(0)] = (_day(item.get(1)), _day(item.get(2)))
            case "KONTO":
                self.names[self._account(item.get(0))] = item.get(1)
            case "SRU" if re.fullmatch(r"-?\d+", item.get(1)):
                self.sru[self._account(item.get(0))] = int(item.get(1))
            case "OBJEKT":
                self._take_object(item)

    def _take_address(self, item: Item) -> None:
        company = self.company
        company.contact, company.address, company.phone = item.get(0), item.get(1), item.get(3)
        found = re.match(r"(\d{3} ?\d{2}) *(.*)", item.get(2))
        company.zip_code, company.city = found.groups() if found else ("", item.get(2))

    def _take_object(self, item: Item) -> None:
        dimension, code, name = item.get(0), item.get(1), item.get(2)
        if dimension == "1":
            self.company.cost_centers[code] = CostCenter(code, name)
        elif dimension == "6":
            self.company.projects[code] = Project(code, name)

    def _take_row(self, item: Item, rows: list[VoucherRow]) -> None:
        """Take a row; the `#TRANS` after an `#RTRANS` is the same row again and only now booked."""
        if item.label == "RTRANS":
            self.added_by = item.get(6) or UNKNOWN_USER
            return
        amount_ore = _ore(item.get(2))
        objects = self._objects(item.get(1))
        row = VoucherRow(
            self._account(item.get(0)),
            debit_ore=max(amount_ore, 0),
            credit_ore=max(-amount_ore, 0),
            text=item.get(4),
            cost_center=objects.get("1", ""),
            project=objects.get("6", ""),
            added_by=self.added_by,
        )
        if item.label == "BTRANS":
            row.removed, row.removed_by = True, item.get(6) or UNKNOWN_USER
        self.added_by = ""
        rows.append(row)

    def _objects(self, text: str) -> dict[str, str]:
        fields = split_fields(text)
        pairs = dict(zip(fields[::2], fields[1::2], strict=False))
        self.dropped_dimensions |= pairs.keys() - {"1", "6"}
        if "1" in pairs:
            self.company.cost_centers.setdefault(pairs["1"], CostCenter(pairs["1"], pairs["1"]))
        if "6" in pairs:
            self.company.projects.setdefault(pairs["6"], Project(pairs["6"], pairs["6"]))
        return pairs

    def _account(self, text: str) -> int:
        if not text.isdigit():
            raise SieFileUnusable(f"the account {text!r} is not a number")
        if text.startswith("0"):
            self._remark(f"account {text} becomes {int(text)}")
        return int(text)

    def _add_vouchers(self) -> None:
        by_series: dict[str, list[_Draft]] = defaultdict(list)
        named = {draft.series for draft in self.drafts}
        for draft in self.drafts:
            by_series[draft.series or ("X" if "A" in named else "A")].append(draft)
        if "" in named:
            self._remark("vouchers without a series were put in one")
        for series, drafts in sorted(by_series.items()):
            for number, draft in zip(self._numbers(series, drafts), drafts, strict=True):
                self._add_voucher(series, number, draft)

    def _numbers(self, series: str, drafts: list[_Draft]) -> list[int]:
        """Return the file's own numbers, or new ones in order when they cannot all be kept."""
        texts = [draft.number for draft in drafts]
        if all(text.isdigit() and 0 < int(text) <= LARGEST_NUMBER for text in texts):
            numbers = [int(text) for text in texts]
            if len(set(numbers)) == len(numbers):
                return numbers
        self._remark(f"series {series}: numbers missing, repeated or not numeric; renumbered 1 to {len(drafts)}")
        return list(range(1, len(drafts) + 1))

    def _add_voucher(self, series: str, number: int, draft: _Draft) -> None:
        year = self.company.years[CURRENT_YEAR]
        name, item = f"voucher {series} {number}", draft.item
        day = _day_or(item.get(2), year.from_date)
        if not year.from_date <= day <= year.to_date:
            self._remark(f"{name}: {day} is outside the year and was moved into it")
            day = min(max(day, year.from_date), year.to_date)
        self._book(year, series, number, day, item.get(3), draft.rows, _day_or(item.get(4), day))

    def _book(
        self,
        year: FinancialYear,
        series: str,
        number: int,
        day: date,
        text: str,
        rows: list[VoucherRow],
        registered: date,
    ) -> None:
        modified = datetime.combine(registered, time(12), UTC)
        voucher = Voucher(year.id, series, number, day, text, rows, registered, modified)
        self.company.vouchers[voucher.key] = voucher
        booked = voucher.booked_rows
        if unbalanced := sum(row.amount_ore for row in booked):
            self._remark(f"voucher {series} {number} of {day} is out of balance by {unbalanced} öre")
        for row in booked:
            self.truth.post(year.id, row.account, day, row.amount_ore)
        added = sum(1 for row in booked if row.added_by)
        self.truth.count(year.id, vouchers=1, rows=len(booked), removed=len(rows) - len(booked), added=added)

    def _add_previous_year(self) -> None:
        """Book the whole change of the year before as one voucher, for the file has no rows of that year."""
        year = self.company.years.get(PREVIOUS_YEAR)
        if year is None:
            return
        opening, closing, results = (self.balances[label, "-1"] for label in ("IB", "UB", "RES"))
        change = {account: closing.get(account, 0) - opening.get(account, 0) for account in {*opening, *closing}}
        change.update(results)
        rows = [
            VoucherRow(account, debit_ore=max(amount_ore, 0), credit_ore=max(-amount_ore, 0))
            for account, amount_ore in sorted(change.items())
            if amount_ore
        ]
        if rows:
            self._remark("the year before is one voucher with the change of each account")
            self._book(year, "A", 1, year.to_date, "Årets förändring enligt SIE-fil", rows, year.to_date)

    def _add_accounts(self) -> None:
        used = {row.account for voucher in self.company.vouchers.values() for row in voucher.rows}
        stated = {account for balances in self.balances.values() for account in balances}
        current = self.balances["IB", "0"] or self.balances["UB", "-1"]
        for year_id in self.company.years:
            openings = current if year_id == CURRENT_YEAR else self.balances["IB", "-1"]
            for number in sorted({*self.names, *used, *stated}):
                opening_ore = openings.get(number, 0)
                self.company.accounts[year_id, number] = Account(
                    number, self.names.get(number, ""), sru=self.sru.get(number), opening_ore=opening_ore
                )
                if opening_ore:
                    self.truth.open(year_id, number, opening_ore)

    def _add_series(self) -> None:
        codes = {*chart.STANDARD_SERIES, *(voucher.series for voucher in self.company.vouchers.values())}
        for year_id in self.company.years:
            for code in sorted(codes):
                name = chart.STANDARD_SERIES.get(code, f"Serie {code}")
                self.company.series[year_id, code] = Series(code, name, code in chart.MANUAL_SERIES)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def _day_or(text: str, default: date) -> date:
    return _day(text) if re.fullmatch(r"\d{8}", text) else default


def _ore(text: str) -> int:
    """Return öre; an amount left out counts as 0."""
    return int((Decimal(text or "0") * 100).to_integral_value())
