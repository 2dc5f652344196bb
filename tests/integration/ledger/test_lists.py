"""Account lists over books made by hand: pages, periods, days, and two states of knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.errors import Rejected
from shared.ledger.transactions import Transaction, account_transactions
from tests.integration.importer.books import OPENING_ORE, YEAR, Books, Shelf, books, open_shelf

BEFORE = books(120)
AFTER = tuple(replace(entry, ore=entry.ore + 3) if place % 4 == 0 else entry for place, entry in enumerate(BEFORE))


@pytest.fixture(scope="module", params=["module_sqlite_url", "module_database_url"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """One year, written twice: a quarter of its vouchers was edited in between."""
    with open_shelf(request.getfixturevalue(request.param)) as shelf:
        shelf.write(1, BEFORE)
        shelf.write(2, AFTER)
        yield shelf


def page(shelf: Shelf, account: str = "1930", *, run: int = 2, **options: Any) -> list[Transaction]:
    with shelf.store.read() as session:
        return account_transactions(session, shelf.engagement_id, account, YEAR.from_date, run=run, **options)


def pages(shelf: Shelf, *, limit: int, **options: Any) -> list[Transaction]:
    found: list[Transaction] = []
    while more := page(shelf, limit=limit, after=found[-1].cursor if found else None, **options):
        found += more
    return found


def meant(entries: Books, account: str = "1930") -> list[tuple[date, str, str, int, int]]:
    """Date, series, number, amount and running balance; equal days in no particular order."""
    balance_ore = OPENING_ORE.get(account, 0)
    lines = []
    for entry in entries:
        if account in {entry.debit, entry.credit}:
            amount_ore = entry.ore if entry.debit == account else -entry.ore
            balance_ore += amount_ore
            lines.append((entry.day, entry.series, entry.number, amount_ore, balance_ore))
    return lines


def told(rows: list[Transaction]) -> list[tuple[date, str, str, int, int]]:
    return [(row.date, row.series, row.number, row.amount_ore, row.balance_ore) for row in rows]


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize(("run", "entries"), [(1, BEFORE), (2, AFTER)])
def test_pages_join_into_the_whole_year_as_it_was_known(shelf: Shelf, run: int, entries: Books, limit: int) -> None:
    assert told(pages(shelf, run=run, limit=limit)) == meant(entries)


@pytest.mark.parametrize("limit", [2, 1000])
@pytest.mark.parametrize("month", ["2025-01", "2025-06", "2025-12"])
def test_a_period_goes_on_from_the_balance_of_the_months_before(shelf: Shelf, month: str, limit: int) -> None:
    rows = told(pages(shelf, month=month, limit=limit))
    assert rows == [line for line in meant(AFTER) if f"{line[0]:%Y-%m}" == month]
    assert rows


def test_a_period_without_rows_is_empty(shelf: Shelf) -> None:
    assert page(shelf, month="2024-12") == []
    assert page(shelf, "9999") == []


def test_a_list_ends_at_the_day_that_was_asked_for(shelf: Shelf) -> None:
    until = date(2025, 6, 15)
    assert told(pages(shelf, until=until, limit=5)) == [line for line in meant(AFTER) if line[0] <= until]


def test_a_list_that_was_begun_is_read_to_its_end_as_it_was_known_then(shelf: Shelf) -> None:
    first = page(shelf, run=1, limit=20)
    assert told([*first, *page(shelf, run=2, after=first[-1].cursor, limit=1000)]) == meant(BEFORE)


def test_the_other_side_and_the_objects_of_a_row_are_named(shelf: Shelf) -> None:
    for row in page(shelf, "5010"):
        assert set(row.counter_accounts) <= {"1930", "2440"}
        assert len(row.counter_accounts) == 1
        assert row.objects == (("1", "10"),)


def test_a_cursor_of_another_list_is_refused(shelf: Shelf) -> None:
    cursor = page(shelf, "1930", limit=1)[0].cursor
    day, voucher_id, position, run, balance_ore = cursor.split(".")
    others = [
        page(shelf, "5010", limit=1)[0].cursor,
        f"2025-12-30.{voucher_id}.{position}.{run}.{balance_ore}",
        f"{day}.{voucher_id}.99.{run}.{balance_ore}",
        f"{day}.{2**63 - 1}.{position}.{run}.{balance_ore}",
        f"{day}.{voucher_id}.{position}.3.{balance_ore}",
        f"{day}.{2**63}.{position}.{run}.{balance_ore}",
        f"{day}.{voucher_id}.{position}.-1.{balance_ore}",
        f"{day}.{voucher_id}.{position}.{run}.{10**40}",
        f"{day}.{voucher_id}.{position}.{run}",
        "",
        "x",
    ]
    for other in others:
        with pytest.raises(Rejected, match="cursor-invalid"):
            page(shelf, "1930", after=other)
