"""The proof of completeness: what an import must show before it may say completed (pure; P13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from services.importer.cursor import Cursor, PlannedYear, YearBefore, YearRead
from services.importer.sie import Mismatch
from shared.money import kronor

MOST_NAMED = 10
EQUITY = "20"  # BAS class 20: equity
GAPS_OF_FORTNOX = "a gap shows that a voucher was deleted in Fortnox: the source lists every voucher that exists"
GAPS_OF_A_FILE = "a file does not tell whether a number was never used, deleted or left out"

OF_VOUCHERS = frozenset(
    {"rows-counted", "rows-stored", "balances-agree", "periods-agree", "trial-balance-agrees", "vouchers-counted"}
)  # the checks of which one at least fails when a voucher of the source did not arrive


class Check(NamedTuple):
    """One check with its outcome; `compared` counts what was held against what, `found` names what does not fit.

    `detail` says it in one sentence. A check whose `told_only` gives a reason is worth telling and does not mean that
    anything is missing; every other one must hold.
    """

    name: str
    holds: bool
    detail: str
    compared: int = 0
    found: tuple[str, ...] = ()
    told_only: str | None = None

    @property
    def required(self) -> bool:
        return self.told_only is None

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.name,
            "holds": self.holds,
            "required": self.required,
            "told_only": self.told_only,
            "compared": self.compared,
            "found": list(self.found),
            "detail": self.detail,
        }


Balances = Mapping[str, int]


class YearBalances(NamedTuple):
    """What is stored of a year, in öre per account.

    `opening`, `closing` and `results` are what the file states, `served` what the trial balance of the last day shows.
    """

    opening: Balances
    closing: Balances
    results: Balances
    served: Balances


def prove(cursor: Cursor, stored: Mapping[date, YearBalances]) -> list[Check]:
    """Return every check; `stored` has the balances of each planned year by its first day."""
    read = cursor.read
    rows = sum(year.rows_in_file for year in read)
    accounts = sum(year.accounts for year in read)
    balances, periods = sum(year.balances for year in read), sum(year.periods for year in read)
    objects = sum(year.objects for year in read)
    return [
        _years_read(cursor),
        _registers_read(cursor),
        _check("rows-counted", _miscounted(read), f"{rows} rows counted in the bytes are stored", rows),
        _check("rows-stored", _named(read, lambda year: year.stored_otherwise), "the sums per account agree", accounts),
        _check(
            "balances-agree",
            _unstated(read) + _named(read, lambda year: (*year.unproven, *year.contradictions)),
            "opening balance and rows give every closing balance and result",
            balances,
        ),
        _check(
            "periods-agree",
            _named(read, lambda year: year.period_contradictions),
            "the rows of each month give its stated change" if periods else "the files state no changes per month",
            periods,
        ),
        _check(
            "periods-by-voucher-date",
            _named(read, lambda year: year.periods_by_row_date),
            "the months of the files are those of the ledger",
            periods,
            told_only="the files' changes per month go by the rows' own dates, the ledger's by the vouchers'",
        ),
        _served(stored),
        _check(
            "dates-within-year",
            _named(read, lambda year: year.outside),
            "every voucher is dated within its year",
            sum(year.vouchers for year in read),
        ),
        _check("currency-is-sek", _other_currency(read), "all amounts are Swedish kronor", len(read)),
        _check("objects-stored", _objects_left_out(read), f"{objects} objects, none left out", objects),
        _vouchers_counted(cursor),
        _check(
            "numbers-without-gaps",
            _named(read, lambda year: year.gaps),
            "every series runs from its first number to its last",
            sum(year.vouchers for year in read),
            told_only=GAPS_OF_A_FILE if cursor.is_from_file else GAPS_OF_FORTNOX,
        ),
        _openings(cursor, stored),
    ]


def nothing_missing(checks: Iterable[Check]) -> bool:
    return all(check.holds for check in checks if check.required)


def holds_every_voucher(cursor: Cursor, stored: Mapping[date, YearBalances], year_end: date) -> bool:
    """Say whether all vouchers that the source has of the year that ends then were read, whatever else is missing."""
    year = next((year for year in cursor.years if year.to_date == year_end), None)
    read = tuple(read for read in cursor.read if year is not None and read.from_date == year.from_date)
    if year is None or not read:
        return False
    alone = cursor.model_copy(update={"years": (year,), "read": read, "before": None})
    checks = prove(alone, {year.from_date: stored[year.from_date]})
    return all(check.holds for check in checks if check.name in OF_VOUCHERS)


def contradictions_of(mismatches: Sequence[Mismatch]) -> tuple[str, ...]:
    """Return each figure of a file that its rows do not give, in words."""
    return shortened(
        [
            f"{found.kind} {found.account}{f' {found.period}' if found.period else ''}"
            f"{''.join(f' {dimension}:{code}' for dimension, code in found.objects)}: "
            f"{kronor(found.stated_ore)} stated, {kronor(found.computed_ore)} from the rows"
            for found in mismatches
        ]
    )


def differing_accounts(stored: Balances, in_file: Balances) -> tuple[str, ...]:
    """Return the accounts on which two sums differ; an account that is left out has 0."""
    accounts = sorted({*stored, *in_file})
    return shortened([account for account in accounts if stored.get(account, 0) != in_file.get(account, 0)])


def missing_at_the_end(last: Mapping[str, int], next_numbers: Mapping[str, int]) -> tuple[str, ...]:
    """Name the numbers that Fortnox has given out and the file does not reach, per series: ("A 118-120",).

    `last` is the file's last number of each series. Fortnox goes back when the last voucher of a series is deleted, so its
    next number is always one more than the last voucher that exists.
    """
    found: list[str] = []
    for series, next_number in sorted(next_numbers.items()):
        first, end = last.get(series, 0) + 1, next_number - 1
        if first <= end:
            found.append(f"{series} {first}" if first == end else f"{series} {first}-{end}")
    return shortened(found)


def _check(name: str, faults: Sequence[str], detail: str, compared: int, *, told_only: str | None = None) -> Check:
    found = shortened(faults)
    return Check(name, not faults, "; ".join(found) or detail, compared, found, told_only)


def _years_read(cursor: Cursor) -> Check:
    read = {year.from_date for year in cursor.read}
    missing = tuple(str(year) for year in cursor.years if year.from_date not in read)
    detail = f"not read: {', '.join(missing)}" if missing else ", ".join(map(str, cursor.years)) or "no year planned"
    if cursor.left_out:
        detail += f"; not asked for: {', '.join(cursor.left_out)}"
    return Check("years-read", bool(cursor.years) and not missing, detail, len(cursor.years), missing)


def _registers_read(cursor: Cursor) -> Check:
    if cursor.is_from_file:
        left_out = ("voucher series", "predefined accounts", "lock date")
        return _check("registers-read", left_out, "", 0, told_only="a SIE file does not hold them")
    of_fortnox = [year for year in cursor.years if year.id is not None]
    detail = "voucher series, predefined accounts, lock date" if of_fortnox else "a file has none but its dimensions"
    return _check("registers-read", cursor.refused, detail, len(of_fortnox))


def _miscounted(read: Sequence[YearRead]) -> list[str]:
    return [
        f"{year.from_date}: {year.rows_in_file} rows in the file, {year.rows_stored} stored"
        for year in read
        if year.rows_in_file != year.rows_stored
    ]


def _unstated(read: Sequence[YearRead]) -> list[str]:
    return [
        f"{year.from_date}: the file states no closing balance and no result"
        for year in read
        if year.rows_in_file and not year.balances
    ]


def _served(stored: Mapping[date, YearBalances]) -> Check:
    """Hold the trial balance that readers get at the end of each year against what the file states, account by account."""
    found: list[str] = []
    compared = 0
    for year_from, year in sorted(stored.items()):
        accounts = sorted({*year.served, *year.closing, *year.results})
        compared += len(accounts)
        found += [f"{year_from}: {fault}" for account in accounts for fault in _served_otherwise(year, account)]
    return _check("trial-balance-agrees", found, "every account closes as its file states", compared)


def _served_otherwise(year: YearBalances, account: str) -> list[str]:
    """Say where an account is served otherwise than stated; one that is not stated at all must close with 0 (5.17)."""
    served = year.served.get(account, 0)
    if account not in year.closing and account not in year.results:
        return [f"{account}: nothing stated, {kronor(served)} in the trial balance"] if served else []
    figures: list[tuple[str, int, int]] = []
    if account in year.results:
        figures.append(("RES", year.results[account], served - year.opening.get(account, 0)))
    if account in year.closing:
        figures.append(("UB", year.closing[account], served))
    return [
        f"{kind} {account}: {kronor(stated)} stated, {kronor(shown)} in the trial balance"
        for kind, stated, shown in figures
        if stated != shown
    ]


def _other_currency(read: Sequence[YearRead]) -> list[str]:
    return [f"{year.from_date}: amounts in {year.currency}" for year in read if year.currency.upper() != "SEK"]


def _objects_left_out(read: Sequence[YearRead]) -> list[str]:
    return [
        f"{year.from_date}: {year.objects} objects in the file, {year.objects_stored} stored"
        for year in read
        if year.objects != year.objects_stored
    ]


def _vouchers_counted(cursor: Cursor) -> Check:
    """Hold the files against Fortnox' own numbers: what a file leaves out at the end of a series shows nowhere else."""
    told = [year for year in cursor.read if year.vouchers_told is not None]
    found = [
        f"{year.from_date}: Fortnox counts {year.vouchers_told} vouchers, the file has {year.vouchers}"
        for year in told
        if (year.vouchers_told or 0) > year.vouchers
    ]
    found += _named(cursor.read, lambda year: year.missing)
    asked = ", ".join(str(year.from_date) for year in told)
    detail = f"as many as Fortnox counts: {asked}" if asked else "Fortnox was not asked"
    return _check("vouchers-counted", found, detail, sum(year.vouchers for year in told))


def _named(read: Sequence[YearRead], faults_of: Callable[[YearRead], Sequence[str]]) -> list[str]:
    return [f"{year.from_date}: {fault}" for year in read for fault in faults_of(year)]


def _openings(cursor: Cursor, stored: Mapping[date, YearBalances]) -> Check:
    """Hold what each year opens with against what the year before it closed with (product: ledger side).

    While the year before can still be booked in, the difference is only told; so is one that lies within equity alone,
    because the result of the year before is carried over there when a year is opened.
    """
    found: list[str] = []
    reasons: list[str | None] = []
    compared = 0
    chain: list[PlannedYear | YearBefore] = [*([cursor.before] if cursor.before else []), *cursor.years]
    for before, year in pairwise(chain):
        if before.to_date + timedelta(days=1) != year.from_date:
            continue
        closed = before.closing if isinstance(before, YearBefore) else stored[before.from_date].closing
        opened = stored[year.from_date].opening
        accounts = sorted({*closed, *opened})
        moved = {account: opened.get(account, 0) - closed.get(account, 0) for account in accounts}
        moved = {account: ore for account, ore in moved.items() if ore}
        compared += len(accounts)
        found += [
            f"{year.from_date}: {account} opens with {kronor(opened.get(account, 0))}, "
            f"closed with {kronor(closed.get(account, 0))}"
            for account in moved
        ]
        if moved:
            reasons.append(_why_told(cursor, before, moved))
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None
    told_only = None if None in reasons else why
    detail = "each year opens as the one before it closed" if compared else "no year follows another one"
    return _check("opening-follows-closing", found, detail, compared, told_only=told_only)


def _why_told(cursor: Cursor, before: PlannedYear | YearBefore, moved: Balances) -> str | None:
    if cursor.is_from_file:
        return f"the year that ends on {before.to_date} did not come with this file"
    if any(year.id is None for year in cursor.years):
        return "a file does not tell whether the year before is closed"
    if cursor.locked_until is None or cursor.locked_until < before.to_date:
        return f"the year that ends on {before.to_date} is open in Fortnox: its closing balances may still change"
    if all(account.startswith(EQUITY) for account in moved) and sum(moved.values()) == 0:
        return "the difference lies within equity: the result of the year before was carried over"
    return None


def shortened(faults: Sequence[str]) -> tuple[str, ...]:
    more = len(faults) - MOST_NAMED
    return (*faults[:MOST_NAMED], f"and {more} more") if more > 0 else tuple(faults)
