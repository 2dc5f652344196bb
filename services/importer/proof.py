"""The proof of completeness: what an import must show before it may say completed (pure; P13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from services.importer.cursor import Cursor, YearRead
from services.importer.sie import Mismatch
from shared.money import kronor

MOST_NAMED = 10


class Check(NamedTuple):
    """One check with its outcome; `detail` says what was compared, or what does not fit.

    `required` is False for what is worth telling and does not mean that anything is missing.
    """

    name: str
    holds: bool
    detail: str
    required: bool = True

    def to_json(self) -> dict[str, str | bool]:
        return {"check": self.name, "holds": self.holds, "detail": self.detail}


Balances = Mapping[str, int]


def prove(cursor: Cursor, opening: Mapping[date, Balances], closing: Mapping[date, Balances]) -> list[Check]:
    """Return every check; `opening` and `closing` are the stored balances per year and account, in öre."""
    read = cursor.read
    return [
        _years_read(cursor),
        _check("rows-counted", _miscounted(read), f"{sum(year.rows_in_file for year in read)} rows"),
        _check("rows-stored", _named(read, lambda year: year.stored_otherwise), "the sums per account agree"),
        _check("balances-agree", _named(read, lambda year: year.contradictions), "rows and balances agree"),
        _check("numbers-without-gaps", _named(read, lambda year: year.gaps), "every series", required=False),
        _check("opening-follows-closing", _not_carried(cursor, opening, closing), "for each account", required=False),
    ]


def nothing_missing(checks: Iterable[Check]) -> bool:
    return all(check.holds for check in checks if check.required)


def contradictions_of(mismatches: Sequence[Mismatch]) -> tuple[str, ...]:
    """Return each figure of a file that its rows do not give, in words."""
    return _shortened(
        [
            f"{found.kind} {found.account}{f' {found.period}' if found.period else ''}: "
            f"{kronor(found.stated_ore)} stated, {kronor(found.computed_ore)} from the rows"
            for found in mismatches
        ]
    )


def differing_accounts(stored: Balances, in_file: Balances) -> tuple[str, ...]:
    """Return the accounts on which two sums differ; an account that is left out has 0."""
    accounts = sorted({*stored, *in_file})
    return _shortened([account for account in accounts if stored.get(account, 0) != in_file.get(account, 0)])


def _check(name: str, faults: Sequence[str], detail: str, *, required: bool = True) -> Check:
    return Check(name, not faults, "; ".join(_shortened(faults)) or detail, required)


def _years_read(cursor: Cursor) -> Check:
    read = {year.from_date for year in cursor.read}
    missing = [str(year) for year in cursor.years if year.from_date not in read]
    holds = bool(cursor.years) and not missing
    detail = f"not read: {', '.join(missing)}" if missing else ", ".join(map(str, cursor.years)) or "no year planned"
    return Check("years-read", holds, detail)


def _miscounted(read: Sequence[YearRead]) -> list[str]:
    return [
        f"{year.from_date}: {year.rows_in_file} rows in the file, {year.rows_stored} stored"
        for year in read
        if year.rows_in_file != year.rows_stored
    ]


def _named(read: Sequence[YearRead], faults_of: Callable[[YearRead], Sequence[str]]) -> list[str]:
    return [f"{year.from_date}: {fault}" for year in read for fault in faults_of(year)]


def _not_carried(cursor: Cursor, opening: Mapping[date, Balances], closing: Mapping[date, Balances]) -> list[str]:
    """Name what one year opens with otherwise than the year before it closed with (product: ledger side)."""
    faults: list[str] = []
    for before, year in zip(cursor.years, cursor.years[1:], strict=False):
        if before.to_date + timedelta(days=1) != year.from_date:
            continue
        closed, opened = closing[before.from_date], opening[year.from_date]
        faults += [
            f"{year.from_date}: {account} opens with {kronor(opened.get(account, 0))}, "
            f"closed with {kronor(closed.get(account, 0))}"
            for account in sorted({*closed, *opened})
            if closed.get(account, 0) != opened.get(account, 0)
        ]
    return faults


def _shortened(faults: Sequence[str]) -> tuple[str, ...]:
    more = len(faults) - MOST_NAMED
    return (*faults[:MOST_NAMED], f"and {more} more") if more > 0 else tuple(faults)
