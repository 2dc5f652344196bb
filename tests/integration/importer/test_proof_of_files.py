"""A file is completed only when the trial balance that readers get is what the file states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from services.importer.cursor import Cursor
from services.importer.facts import stored_balances
from services.importer.proof import Check, nothing_missing, prove
from services.importer.source import take_file, year_before
from services.importer.year_file import store_year
from shared.ledger.balances import closing_balances
from tests.integration.importer.books import Shelf, open_shelf

FILE = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Bok" 1
#GEN 20260101
#FNAMN "Böckerna AB"
#ORGNR 556016-0680
#RAR 0 20250101 20251231
#KONTO 1930 Bank
#KONTO 3001 Intäkter
#IB 0 1930 100.00
#UB 0 1930 200.00
#RES 0 3001 -100.00
#VER A 1 20250105 Text
{
#TRANS 1930 {} 100.00
#TRANS 3001 {} -100.00
}
"""
SERVED = {"1930": 20_000, "3001": -10_000}


class Outcome(NamedTuple):
    """The checks that do not hold, and the trial balance of the year's last day without zeros."""

    failing: dict[str, Check]
    served: dict[str, int]

    @property
    def is_complete(self) -> bool:
        return nothing_missing(self.failing.values())


@pytest.fixture
def shelf(sqlite_url: str) -> Iterator[Shelf]:
    with open_shelf(sqlite_url) as shelf:
        yield shelf


def imported(shelf: Shelf, content: str, run: int = 1) -> Outcome:
    taken = take_file(content.encode("cp437"), "556016-0680")
    with shelf.store.write() as session:
        target, year = shelf.target(run), taken.year
        before = year_before(session, target, taken)
        cursor = Cursor(years=(year,), before=before).with_year(store_year(session, target, taken))
        checks = prove(cursor, stored_balances(session, shelf.engagement_id, [year], run=run))
        served = closing_balances(session, shelf.engagement_id, year.from_date, until=year.to_date, run=run)
    failing = {check.name: check for check in checks if not check.holds and check.name != "registers-read"}
    return Outcome(failing, {account: ore for account, ore in served.items() if ore})


def with_line(old: str, new: str = "") -> str:
    assert old in FILE
    return FILE.replace(f"{old}\n", f"{new}\n" if new else "")


def test_a_file_that_states_what_its_rows_give_is_complete(shelf: Shelf) -> None:
    assert imported(shelf, FILE) == ({}, SERVED)


def test_the_closing_balance_of_last_year_opens_the_year_where_the_file_states_no_opening_one(shelf: Shelf) -> None:
    content = with_line("#IB 0 1930 100.00", "#RAR -1 20240101 20241231\n#UB -1 1930 100.00")
    assert imported(shelf, content) == ({}, SERVED)


@pytest.mark.parametrize("year", [2022, 2024])
def test_a_year_that_states_no_opening_balance_opens_with_none_whatever_an_earlier_one_closed_with(
    shelf: Shelf, year: int
) -> None:
    imported(shelf, FILE.replace("2025", str(year)))
    content = with_line("#IB 0 1930 100.00").replace("#UB 0 1930 200.00", "#UB 0 1930 100.00")
    failing, served = imported(shelf, content, run=2)
    assert served == {"1930": 10_000, "3001": -10_000}
    assert list(failing) == (["opening-follows-closing"] if year == 2024 else [])
    if year == 2024:
        assert failing["opening-follows-closing"].found == ("2025-01-01: 1930 opens with 0.00, closed with 200.00",)


@pytest.mark.parametrize("day", ["20260105", "20240105"])
def test_a_voucher_dated_outside_the_year_is_named_and_keeps_the_file_from_being_complete(
    shelf: Shelf, day: str
) -> None:
    outcome = imported(shelf, FILE.replace("#VER A 1 20250105", f"#VER A 1 {day}"))
    assert not outcome.is_complete
    named = f"A 1 of {day[:4]}-01-05"
    assert outcome.failing["dates-within-year"].found == (f"2025-01-01: {named}",)
    assert ("trial-balance-agrees" in outcome.failing) == (outcome.served != SERVED)


@pytest.mark.parametrize(
    ("line", "kind", "account"), [("#UB 0 1930 200.00", "UB", "1930"), ("#RES 0 3001 -100.00", "RES", "3001")]
)
def test_accounts_whose_kind_of_balance_the_file_never_states_are_not_proven(
    shelf: Shelf, line: str, kind: str, account: str
) -> None:
    outcome = imported(shelf, with_line(line))
    assert not outcome.is_complete
    unproven = outcome.failing["balances-agree"]
    assert unproven.found == (f"2025-01-01: no #{kind} in the file: {account}",)
    assert unproven.compared == 1


def test_amounts_in_another_currency_are_not_taken_for_kronor(shelf: Shelf) -> None:
    outcome = imported(shelf, with_line("#ORGNR 556016-0680", "#ORGNR 556016-0680\n#VALUTA EUR"))
    assert list(outcome.failing) == ["currency-is-sek"]
    assert not outcome.is_complete


def test_months_by_the_dates_of_rows_are_told_and_those_by_the_dates_of_vouchers_hold(shelf: Shelf) -> None:
    months = "#PSALDO 0 202502 1930 {} 100.00\n#PSALDO 0 202502 3001 {} -100.00\n#VER"
    later = FILE.replace("{} 100.00", "{} 100.00 20250210").replace("{} -100.00", "{} -100.00 20250210")
    outcome = imported(shelf, later.replace("#VER", months))
    assert list(outcome.failing) == ["periods-by-voucher-date"]
    assert outcome.is_complete
    assert imported(shelf, later.replace("#VER", months.replace("202502", "202501")), run=2).failing == {}
