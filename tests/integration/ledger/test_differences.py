"""What a later import says otherwise: vouchers, accounts and months, whatever share of the year was changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import pytest

from shared.ledger.differences import (
    Between,
    VoucherDifference,
    between,
    count_vouchers,
    differing_accounts,
    page_of_vouchers,
)
from tests.integration.importer.books import Books, Entry, Shelf, balances_of, books, open_shelf

VOUCHERS = 200
BEFORE = books(VOUCHERS)


@pytest.fixture(params=["sqlite_url", "database_url"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    with open_shelf(request.getfixturevalue(request.param)) as shelf:
        yield shelf


def pair(shelf: Shelf, before: int = 1, after: int = 2) -> Between:
    with shelf.store.read() as session:
        return between(session, shelf.engagement_id, before, after)


def all_vouchers(shelf: Shelf, limit: int = 30) -> list[VoucherDifference]:
    found: list[VoucherDifference] = []
    skip, more = 0, True
    while more:
        with shelf.store.read() as session:
            items, more = page_of_vouchers(session, pair(shelf), skip=skip, limit=limit)
        found += items
        skip += limit
    return found


def months(entries: Books) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        sums[entry.debit, f"{entry.day:%Y-%m}"] += entry.ore
        sums[entry.credit, f"{entry.day:%Y-%m}"] -= entry.ore
    return sums


@pytest.mark.parametrize("changed", [0, 2, VOUCHERS])
def test_edited_vouchers_are_told_with_the_months_and_accounts_that_they_move(shelf: Shelf, changed: int) -> None:
    every = VOUCHERS // changed if changed else VOUCHERS + 1
    after = tuple(
        replace(entry, ore=entry.ore + 7) if place % every == 0 and changed else entry
        for place, entry in enumerate(BEFORE)
    )
    shelf.write(1, BEFORE)
    shelf.write(2, after)
    with shelf.store.read() as session:
        counts = count_vouchers(session, pair(shelf))
        accounts = differing_accounts(session, pair(shelf))
    vouchers = all_vouchers(shelf)
    assert counts == {"added": 0, "changed": changed, "gone": 0}
    assert {(found.series, found.number) for found in vouchers} == {
        (entry.series, entry.number) for entry, was in zip(after, BEFORE, strict=True) if entry != was
    }
    assert {found.change for found in vouchers} <= {"changed"}
    moved = months(after)
    moved.subtract(months(BEFORE))
    assert {(row.account, month.period): month.difference_ore for row in accounts for month in row.periods} == {
        key: ore for key, ore in moved.items() if ore
    }
    assert {row.account: row.closing_after_ore for row in accounts}.items() <= balances_of(after).items()
    assert {row.account: row.closing_before_ore for row in accounts}.items() <= balances_of(BEFORE).items()


def test_new_and_deleted_vouchers_are_told_in_the_order_of_their_numbers(shelf: Shelf) -> None:
    new = Entry("A", "1000", BEFORE[0].day, "Ny", "5010", "1930", 5)
    shelf.write(1, BEFORE)
    shelf.write(2, (*BEFORE[20:], new))
    vouchers = all_vouchers(shelf, limit=3)
    assert Counter(found.change for found in vouchers) == {"added": 1, "gone": 20}
    for _, series in groupby(vouchers, key=lambda found: found.series):
        numbers = [int(found.number) for found in series]
        assert numbers == sorted(numbers)


def test_what_came_and_went_between_two_runs_moves_no_account(shelf: Shelf) -> None:
    shelf.write(1, BEFORE)
    shelf.write(2, BEFORE[1:])
    shelf.write(3, BEFORE)
    with shelf.store.read() as session:
        assert differing_accounts(session, pair(shelf, 1, 3)) == []
        assert differing_accounts(session, pair(shelf, 1, 2)) != []
