"""A schedule is what the books in Fortnox say, item by item, at any day of the imported years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.sandbox.spec import CASH_METHOD, CAUSES, CompanySpec
from tests.integration.scheduler.building import Builder, differs, numbers
from tests.integration.scheduler.conftest import EVERY_CAUSE
from tests.scene import SMALL, open_scene

BROKEN = (
    (date(2022, 5, 1), date(2023, 4, 30)),
    (date(2023, 5, 1), date(2024, 8, 31)),
    (date(2024, 9, 1), date(2025, 8, 31)),
    (date(2025, 9, 1), date(2026, 8, 31)),
)
LONG_HISTORY = tuple((date(year, 1, 1), date(year, 12, 31)) for year in range(2019, 2027))
OLD_CAUSES = (date(2023, 12, 31), date(2024, 12, 31), date(2025, 6, 30))
SPECS = {
    "plain": SMALL,
    "every cause": EVERY_CAUSE,
    "every cause, broken years": replace(SMALL, seed=3, years=BROKEN, causes=CAUSES),
    "every cause, years before the imported ones": replace(SMALL, seed=4, years=LONG_HISTORY, causes=CAUSES),
    "every cause in each imported year": replace(
        SMALL, seed=5, years=LONG_HISTORY, causes=CAUSES, cause_dates=OLD_CAUSES
    ),
    "few parties, many credit notes and part payments": replace(
        SMALL, seed=6, customers=2, suppliers=2, invoices_per_year=80, credit_note_share=0.3, part_payment_share=0.3
    ),
    "cash method": replace(SMALL, seed=9, causes=CASH_METHOD, credit_note_share=0.2),
    "closed year, nobody abroad": replace(SMALL, seed=8, causes=CAUSES, close_last_ended=True, foreign_share=0.0),
}
DAYS_BEFORE = (1, 20, 31, 100, 365, 700)


@pytest.mark.parametrize("name", SPECS)
def test_every_item_and_sum_of_both_kinds_is_right(name: str, sqlite_url: str) -> None:
    with open_scene(sqlite_url, SPECS[name]) as scene:
        builder = Builder(scene)
        builder.after_import()
        for days in DAYS_BEFORE:
            assert builder.ask(scene.engagement().year_end - timedelta(days=days)) == []
        schedules = builder.schedules()
        assert {(each.kind, each.balance_date) for each in schedules} == {
            (kind, scene.engagement().year_end - timedelta(days=days))
            for kind in ("receivables", "payables")
            for days in (0, *DAYS_BEFORE)
        }
        assert [what for schedule in schedules for what in differs(scene, schedule)] == []
        assert [schedule.faults for schedule in schedules if schedule.faults] == []


def test_both_databases_hold_the_same_schedules(url: str) -> None:
    with open_scene(url, EVERY_CAUSE) as scene:
        builder = Builder(scene)
        builder.after_import()
        assert [what for schedule in builder.schedules() for what in differs(scene, schedule)] == []


def test_an_account_that_invoices_were_booked_on_belongs_to_the_schedule(builder: Builder) -> None:
    builder.after_import()
    assert [numbers(schedule) for schedule in builder.schedules()] == [["1510", "1511"], ["2440", "2441"]]


def test_the_predefined_account_is_the_one_of_fortnox(builder: Builder) -> None:
    builder.scene.company.predefined_accounts["CUSTCLAIM"] = 1500
    builder.after_import()
    receivables = builder.schedules()[0]
    assert numbers(receivables) == ["1500", "1510", "1511"]
    assert differs(builder.scene, receivables) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_company_of_ordinary_size_takes_few_requests(seed: int, sqlite_url: str) -> None:
    """Nearly 1,000 documents and as many payments: lists, and a handful of documents that nothing else tells of."""
    with open_scene(sqlite_url, CompanySpec(seed=seed, causes=CAUSES)) as scene:
        builder = Builder(scene)
        calls = builder.after_import()
        assert [what for schedule in builder.schedules() for what in differs(scene, schedule)] == []
    assert len(calls) <= 20
