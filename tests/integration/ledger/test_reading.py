"""Reading the stored facts: trial balance, transactions of an account, and rows for the schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from shared.errors import Rejected
from shared.ledger.balances import trial_balance, year_containing
from shared.ledger.transactions import Transaction, account_transactions, voucher_rows_on
from tests.integration.importer.importing import Importer
from tests.scene import SMALL, Scene, open_scene

YEAR_FROM = date(2025, 1, 1)
MIDDLE = date(2025, 7, 31)


@pytest.fixture(scope="module", params=["module_sqlite_url", "module_database_url"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """An engagement for 2025 whose books have been imported."""
    with open_scene(request.getfixturevalue(request.param), SMALL, year_end=date(2025, 12, 31)) as scene:
        assert Importer(scene).run().state == "completed"
        yield scene


def transactions(scene: Scene, account: str, *, after: str | None = None, limit: int = 100) -> list[Transaction]:
    with scene.store.read() as session:
        return account_transactions(session, scene.engagement_id, account, YEAR_FROM, run=1, after=after, limit=limit)


def test_each_row_of_a_trial_balance_goes_from_opening_to_closing(scene: Scene) -> None:
    with scene.store.read() as session:
        rows = trial_balance(session, scene.engagement_id, YEAR_FROM, until=MIDDLE, run=1)
    year = scene.company.year_of(YEAR_FROM)
    assert year is not None
    assert [row.account for row in rows] == sorted(row.account for row in rows)
    for row in rows:
        assert row.closing_ore == row.opening_ore + row.debit_ore - row.credit_ore
        assert row.opening_ore == scene.truth.opening_ore(year.id, int(row.account))
        assert row.name == scene.company.accounts[year.id, int(row.account)].description
        assert min(row.debit_ore, row.credit_ore) >= 0
    assert sum(row.debit_ore for row in rows) == sum(row.credit_ore for row in rows) > 0


def test_the_year_is_found_by_any_of_its_days_and_said_when_missing(scene: Scene) -> None:
    with scene.store.read() as session:
        for day in (YEAR_FROM, MIDDLE, date(2025, 12, 31)):
            assert year_containing(session, scene.engagement_id, day, 1).from_date == YEAR_FROM
        with pytest.raises(Rejected, match="year-not-imported"):
            year_containing(session, scene.engagement_id, date(2019, 1, 1), 1)
        with pytest.raises(Rejected, match="year-not-imported"):
            year_containing(session, scene.engagement_id, MIDDLE, 0)


def test_the_running_balance_of_an_account_leads_from_its_opening_to_its_closing(scene: Scene) -> None:
    rows = transactions(scene, "1930", limit=10_000)
    year = scene.company.year_of(YEAR_FROM)
    assert year is not None
    balance_ore = scene.truth.opening_ore(year.id, 1930)
    for row in rows:
        balance_ore += row.amount_ore
        assert row.balance_ore == balance_ore
    assert balance_ore == scene.truth.trial_balance(year.id)[1930]
    assert [row.date for row in rows] == sorted(row.date for row in rows)


@pytest.mark.parametrize("limit", [1, 7])
def test_pages_of_transactions_join_without_a_seam(scene: Scene, limit: int) -> None:
    paged: list[Transaction] = []
    while page := transactions(scene, "1510", after=paged[-1].cursor if paged else None, limit=limit):
        assert len(page) <= limit
        paged += page
    assert paged == transactions(scene, "1510", limit=10_000)
    assert len(paged) > limit


def test_a_transaction_names_its_voucher_its_counter_accounts_and_its_objects(scene: Scene) -> None:
    vouchers = {(v.series, str(v.number)): v for v in scene.company.vouchers.values() if v.date.year == YEAR_FROM.year}
    seen_objects = False
    for account in ("1930", "5010", "6540", "3001"):
        for row in transactions(scene, account, limit=10_000):
            voucher = vouchers[row.series, row.number]
            assert (row.date, row.voucher_text) == (voucher.date, voucher.description)
            own = [booked for booked in voucher.booked_rows if str(booked.account) == account]
            assert row.amount_ore in [booked.amount_ore for booked in own]
            assert set(row.counter_accounts) == {
                str(booked.account)
                for booked in voucher.booked_rows
                if str(booked.account) != account and booked.amount_ore * row.amount_ore < 0
            }
            seen_objects = seen_objects or bool(row.objects)
    assert seen_objects


def test_a_cursor_that_is_none_is_refused(scene: Scene) -> None:
    with pytest.raises(Rejected, match="cursor-invalid"):
        transactions(scene, "1930", after="the beginning")


def test_the_rows_for_a_schedule_add_up_to_the_ledger_and_carry_fortnox_key(scene: Scene) -> None:
    with scene.store.read() as session:
        rows = voucher_rows_on(session, scene.engagement_id, ["1510"], run=1, until=MIDDLE)
    assert {row.account for row in rows} == {"1510"}
    assert max(row.date for row in rows) <= MIDDLE
    first = scene.company.years_by_date()[0]
    opening_ore = scene.truth.opening_ore(first.id, 1510)
    assert opening_ore + sum(row.amount_ore for row in rows) == scene.truth.ledger_balance((1510,), MIDDLE)
    for row in rows:
        voucher = scene.company.vouchers[row.fortnox_year or 0, row.series, int(row.number)]
        assert (voucher.date, voucher.description) == (row.date, row.voucher_text)
