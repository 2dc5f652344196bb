"""What SIE lacks: read in few calls, stored as facts, and asked for again only where something is missing."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.importer.runs import COMPLETED, INCOMPLETE
from services.sandbox.company import CostCenter, Series
from services.sandbox.generator import generate
from services.sandbox.sie_writer import write_sie
from shared.messaging.events import ImportRequested
from shared.store.imports import Import
from shared.store.ledger import AccountFact
from shared.store.registers import DimensionFact, LockFact, ObjectFact, PredefinedAccountFact, SeriesFact
from tests.integration.importer.importing import Importer, check_of
from tests.scene import SMALL, open_scene

LAST = date(2025, 1, 1)


def stored(importer: Importer, *columns: Any) -> list[tuple[Any, ...]]:
    """What is known now, in order."""
    fact = columns[0].class_
    with importer.scene.store.read() as session:
        rows = session.execute(select(*columns).where(fact.until_run.is_(None)).order_by(*columns))
        return [tuple(row) for row in rows]


def kinds_of_calls(importer: Importer) -> Counter[str]:
    return Counter(call.removeprefix("GET /3/").partition("?")[0] for call in importer.scene.journal())


def test_a_first_import_of_three_years_makes_twelve_calls_whatever_the_number_of_vouchers(importer: Importer) -> None:
    assert importer.run().requests == 12
    assert kinds_of_calls(importer) == {
        "companyinformation": 1,
        "financialyears": 1,
        "predefinedaccounts": 1,
        "settings/lockedperiod": 1,
        "voucherseries": 3,
        "vouchers": 1,
        "voucherseries/A": 1,
        "sie/4": 3,
    }


def test_series_predefined_accounts_and_the_lock_date_are_stored(importer: Importer) -> None:
    company = importer.scene.company
    importer.scene.desk.lock_period(date(2024, 12, 31))
    importer.run()
    by_date = {year.id: year.from_date for year in company.years_by_date()[:3]}
    assert stored(importer, SeriesFact.year_from, SeriesFact.code, SeriesFact.manual) == sorted(
        (by_date[year], code, one.manual) for (year, code), one in company.series.items() if year in by_date
    )
    last = next(year for year, day in by_date.items() if day == LAST)
    numbered = [
        row for row in stored(importer, SeriesFact.year_from, SeriesFact.code, SeriesFact.next_number) if row[2]
    ]
    assert numbered == [(LAST, "A", company.next_voucher_number(last, "A"))]
    assert stored(importer, PredefinedAccountFact.name, PredefinedAccountFact.account) == sorted(
        (name, str(account)) for name, account in company.predefined_accounts.items()
    )
    assert stored(importer, LockFact.locked_until) == [(date(2024, 12, 31),)]


def test_a_register_that_changes_is_a_new_fact_and_the_old_one_stays_known(importer: Importer) -> None:
    importer.run()
    importer.scene.clock.advance(timedelta(hours=1))
    importer.scene.desk.lock_period(date(2025, 6, 30))
    last = next(year.id for year in importer.scene.company.years.values() if year.from_date == LAST)
    importer.scene.desk.add_series(last, Series("Z", "Bokslut", manual=True))
    before = importer.facts()
    assert importer.run().state == COMPLETED
    after = importer.facts()
    assert (after["LockFact"], after["SeriesFact"][0] - before["SeriesFact"][0]) == ((1, 0), 1)
    importer.scene.desk.lock_period(None)
    importer.scene.clock.advance(timedelta(hours=1))
    importer.run()
    assert importer.facts()["LockFact"] == (1, 1)


def test_dimensions_and_more_than_five_hundred_objects_are_kept(url: str) -> None:
    company, truth = generate(SMALL)
    for number in range(700):
        company.cost_centers[f"KS{number}"] = CostCenter(f"KS{number}", f"Avdelning {number}")
    with open_scene(url, SMALL, year_end=date(2025, 12, 31), generated=(company, truth)) as scene:
        importer = Importer(scene)
        row = importer.run()
        assert row.state == COMPLETED
        assert {number for _, number in stored(importer, DimensionFact.year_from, DimensionFact.number)} == {"1", "6"}
        of_last = [row for row in stored(importer, ObjectFact.year_from, ObjectFact.code) if row[0] == LAST]
        assert len(of_last) == len(company.cost_centers) + len(company.projects) > 700
        assert check_of(row, "objects-stored")["compared"] == 3 * len(of_last)


def test_an_object_that_only_a_row_names_is_kept_too(importer: Importer) -> None:
    company = importer.scene.company
    voucher = next(voucher for voucher in company.vouchers.values() if company.years[voucher.year].from_date == LAST)
    voucher.booked_rows[0].cost_center = "X9"
    assert importer.run().state == COMPLETED
    assert ("X9", "") in [row[1:] for row in stored(importer, ObjectFact.year_from, ObjectFact.code, ObjectFact.name)]


def test_the_chart_is_asked_for_only_when_the_file_lacks_an_account_that_is_used(importer: Importer) -> None:
    company = importer.scene.company
    last = next(year.id for year in company.years.values() if year.from_date == LAST)
    whole = write_sie(company, last, 4, generated=date(2026, 3, 1))
    line = next(line for line in whole.split(b"\r\n") if line.startswith(b"#KONTO 1930 "))
    importer.scene.desk.serve_sie(last, whole.replace(line + b"\r\n", b""))
    row = importer.run()
    assert row.state == COMPLETED
    pages = -(-len(company.accounts_of(last)) // 500)
    assert row.requests == 12 + pages
    assert kinds_of_calls(importer)["accounts"] == pages
    names = {row[1]: row[2] for row in stored(importer, AccountFact.year_from, AccountFact.number, AccountFact.name)}
    assert names["1930"] == company.accounts[last, 1930].description


def test_registers_that_may_not_be_read_leave_the_import_incomplete_and_the_ledger_is_there(importer: Importer) -> None:
    tenant = importer.scene.sandbox.state.tenants[importer.scene.company.database_number]
    tenant.unlicensed.add("settings")
    row = importer.run()
    assert row.state == INCOMPLETE
    assert check_of(row, "registers-read")["found"][0].startswith("predefined accounts and lock date: ")
    assert importer.balances(LAST) == importer.truth(LAST)


@pytest.mark.parametrize(("asked", "read"), [(1, 1), (2, 2), (4, 3), (20, 3)])
def test_as_many_years_are_read_as_were_asked_for(importer: Importer, asked: int, read: int) -> None:
    importer.scene.send("import-requested", ImportRequested(years=asked))
    importer.go_on()
    row = importer.scene.imports()[0]
    assert (row.state, row.years, len(row.cursor["read"])) == (COMPLETED, asked, read)
    assert importer.balances(LAST) == importer.truth(LAST)


def test_later_imports_read_the_years_that_the_engagement_has_and_more_when_asked(importer: Importer) -> None:
    def years_read() -> int:
        importer.scene.clock.advance(timedelta(hours=1))
        importer.go_on()
        return len(importer.scene.imports()[-1].cursor["read"])

    importer.scene.send("import-requested", ImportRequested(years=1))
    assert years_read() == 1
    importer.ask()
    assert years_read() == 1
    importer.scene.send("import-requested", ImportRequested(years=3))
    assert years_read() == 3
    importer.scene.send("import-requested", ImportRequested(years=2))
    assert years_read() == 3  # what the engagement has is never left to grow old
    importer.ask()
    assert years_read() == 3


def test_years_asked_for_by_the_gateway_are_kept_with_the_import_that_it_made(importer: Importer) -> None:
    importer.ask()
    importer.step()
    made = importer.scene.imports()[0]
    importer.scene.due_events()
    importer.scene.send("import-requested", ImportRequested(import_id=made.id, years=2))
    importer.go_on()
    row: Import = importer.scene.imports()[0]
    assert (row.years, len(row.cursor["read"])) == (2, 2)
