"""The posts outside vouchers: identification, chart of accounts, dimensions and balances."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date
from operator import eq
from typing import TypeVar

from services.importer.sie import values
from services.importer.sie.errors import SieError
from services.importer.sie.faults import Faults
from services.importer.sie.lexer import Line
from services.importer.sie.records import (
    Account,
    BalanceKind,
    Dimension,
    ObjectBalanceKind,
    Objects,
    Year,
)
from shared.organisation_number import is_same

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_ACCOUNT_TYPES = {"T", "S", "K", "I"}


class Posts:
    """Collects the posts outside vouchers, in whatever order they come; raises SieError or FieldError on what it cannot take.

    `takes` maps each label to its handler.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.flag = 0
        self.program = ""
        self.version = ""
        self.sie_type = 1  # 11 #SIETYP: without the post the file is of type 1
        self.generated: date | None = None
        self.company_name = ""
        self.organisation_number = ""
        self.currency = "SEK"  # 11 #VALUTA: without the post the amounts are Swedish kronor
        self.years: dict[int, Year] = {}
        self.dimensions: dict[str, Dimension] = {}
        self.objects: dict[tuple[str, str], str] = {}
        self.balances: dict[tuple[BalanceKind, int], dict[str, int]] = {}
        self.object_balances: dict[tuple[ObjectBalanceKind, int], dict[tuple[str, Objects], int]] = {}
        self.period_balances: dict[tuple[int, str, str, Objects], int] = {}
        self._names: dict[str, str] = {}
        self._types: dict[str, tuple[str, int]] = {}
        self._sru: dict[str, list[str]] = {}
        self._sru_lines: dict[str, int] = {}
        self._said_once: dict[str, str] = {}
        self.takes: dict[str, Callable[[Line], None]] = {
            "#FLAGGA": self._flag,
            "#PROGRAM": self._program,
            "#SIETYP": self._sie_type,
            "#GEN": self._generated,
            "#FNAMN": self._company_name,
            "#ORGNR": self._organisation_number,
            "#VALUTA": self._currency,
            "#RAR": self._year,
            "#KONTO": self._account,
            "#KTYP": self._account_type,
            "#SRU": self._account_sru,
            "#DIM": self._dimension,
            "#UNDERDIM": self._dimension,
            "#OBJEKT": self._object,
            "#IB": lambda line: self._balance(line, "IB"),
            "#UB": lambda line: self._balance(line, "UB"),
            "#RES": lambda line: self._balance(line, "RES"),
            "#OIB": lambda line: self._object_balance(line, "OIB"),
            "#OUB": lambda line: self._object_balance(line, "OUB"),
            "#PSALDO": self._period_balance,
        }

    def accounts(self) -> dict[str, Account]:
        """Return the chart; types and SRU codes of accounts that no #KONTO names are reported and left out."""
        for number, (_, line) in self._types.items():
            self._report_unless_declared(number, line, "#KTYP")
        for number, line in self._sru_lines.items():
            self._report_unless_declared(number, line, "#SRU")
        return {
            number: Account(number, name, self._types.get(number, (None, 0))[0], tuple(self._sru.get(number, ())))
            for number, name in self._names.items()
        }

    def _report_unless_declared(self, number: str, line: int, label: str) -> None:
        if number not in self._names:
            self._faults.report_at(line, label, f"no #KONTO names account {number}")

    # identification

    def _flag(self, line: Line) -> None:
        value = self._once(line)
        if value in {"0", "1"}:
            self.flag = int(value)
        else:
            self._faults.report(line, f"{value!r} is neither 0 nor 1")

    def _program(self, line: Line) -> None:
        self.program = values.text(values.at(line.fields, 0))
        self.version = values.text(values.at(line.fields, 1))

    def _sie_type(self, line: Line) -> None:
        value = self._once(line)
        if value not in {"1", "2", "3", "4"}:
            raise values.FieldError("sie-bad-type", "type", value, "a SIE type from 1 to 4")
        self.sie_type = int(value)

    def _generated(self, line: Line) -> None:
        try:
            self.generated = values.day(values.at(line.fields, 0), "date")
        except values.FieldError as bad:
            self._faults.report(line, bad.why)

    def _company_name(self, line: Line) -> None:
        self.company_name = self._once(line)
        self._report_if_empty(line, self.company_name, "company name")

    def _organisation_number(self, line: Line) -> None:
        self.organisation_number = self._once(line, is_same)
        self._report_if_empty(line, self.organisation_number, "organisation number")

    def _currency(self, line: Line) -> None:
        value = self._once(line)
        if value:
            self.currency = value
        else:
            self._faults.report(line, "the currency is missing; SEK holds")

    def _year(self, line: Line) -> None:
        number = values.year_no(values.at(line.fields, 0))
        first, last = values.at(line.fields, 1), values.at(line.fields, 2)
        if first == last == "":
            self._faults.report(line, f"year {number} has no dates")
            return
        year = Year(values.day(first, "first day"), values.day(last, "last day"))
        if year.from_date > year.to_date:
            raise SieError("sie-bad-date", "the year ends before it begins", line=line.number, label=line.label)
        self._enter(line, self.years, number, year)

    # chart of accounts

    def _account(self, line: Line) -> None:
        number = values.account(values.at(line.fields, 0))
        name = values.text(values.at(line.fields, 1))
        if self._names.get(number, name) != name:
            self._faults.report(line, f"account {number} is named again, and differently; the later name holds")
        self._names[number] = name

    def _account_type(self, line: Line) -> None:
        number = values.account(values.at(line.fields, 0))
        kind = values.text(values.at(line.fields, 1))
        if kind in _ACCOUNT_TYPES:
            self._types[number] = (kind, line.number)
        else:
            self._faults.report(line, f"account {number}: {kind!r} is no account type (T, S, K or I)")

    def _account_sru(self, line: Line) -> None:
        number = values.account(values.at(line.fields, 0))
        code = values.text(values.at(line.fields, 1))
        if len(code) > values.SRU_CHARS:
            self._faults.report(line, f"account {number}: the SRU code is longer than {values.SRU_CHARS} characters")
        elif code:
            self._sru.setdefault(number, []).append(code)
            self._sru_lines.setdefault(number, line.number)
        else:
            self._faults.report(line, f"account {number}: the SRU code is missing")

    # dimensions and objects

    def _dimension(self, line: Line) -> None:
        number = _identifier(line, 0, "dimension")
        name = values.text(values.at(line.fields, 1))
        parent = _identifier(line, 2, "parent dimension") if line.label == "#UNDERDIM" else ""
        self.dimensions[number] = Dimension(number, name, parent or None)

    def _object(self, line: Line) -> None:
        dimension, code = _identifier(line, 0, "dimension"), _identifier(line, 1, "object")
        self.objects[dimension, code] = values.text(values.at(line.fields, 2))

    # balances

    def _balance(self, line: Line, kind: BalanceKind) -> None:
        year = values.year_no(values.at(line.fields, 0))
        account = values.account(values.at(line.fields, 1))
        amount_ore = values.amount_ore(values.at(line.fields, 2))
        self._enter(line, self.balances.setdefault((kind, year), {}), account, amount_ore)

    def _object_balance(self, line: Line, kind: ObjectBalanceKind) -> None:
        year = values.year_no(values.at(line.fields, 0))
        key = values.account(values.at(line.fields, 1)), values.objects(values.at(line.fields, 2))
        amount_ore = values.amount_ore(values.at(line.fields, 3))
        self._enter(line, self.object_balances.setdefault((kind, year), {}), key, amount_ore)

    def _period_balance(self, line: Line) -> None:
        year = values.year_no(values.at(line.fields, 0))
        period = values.period(values.at(line.fields, 1))
        account = values.account(values.at(line.fields, 2))
        objects = values.objects(values.at(line.fields, 3))
        amount_ore = values.amount_ore(values.at(line.fields, 4))
        self._enter(line, self.period_balances, (year, period, account, objects), amount_ore)

    # what may be said only once

    def _once(self, line: Line, is_same: Callable[[str, str], bool] = eq) -> str:
        value = values.text(values.at(line.fields, 0))
        if not is_same(self._said_once.setdefault(line.label, value), value):
            why = f"{value!r}, but {self._said_once[line.label]!r} further up"
            raise SieError("sie-contradiction", why, line=line.number, label=line.label)
        return value

    def _enter(self, line: Line, into: dict[K, V], key: K, value: V) -> None:
        if key not in into:
            into[key] = value
        elif into[key] == value:
            self._faults.report(line, "it repeats an earlier line")
        else:
            why = "another value stands for the same further up"
            raise SieError("sie-contradiction", why, line=line.number, label=line.label)

    def _report_if_empty(self, line: Line, value: str, what: str) -> None:
        if not value:
            self._faults.report(line, f"the {what} is missing")


def _identifier(line: Line, index: int, field: str) -> str:
    return values.at_most(values.OBJECT_CHARS, values.text(values.at(line.fields, index)), field)
