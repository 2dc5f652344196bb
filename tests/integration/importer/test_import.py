"""An import: what is stored is what the books in Fortnox say, to the öre, as it is and as it was known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from services.importer.runs import COMPLETED
from services.sandbox.company import VoucherRow
from services.sandbox.spec import CompanySpec
from shared.errors import Rejected
from shared.ledger.balances import run_known_at
from shared.messaging.events import ConnectionAuthorized, ImportFinished
from shared.store.imports import Import
from shared.store.ledger import FinancialYearFact
from tests.integration.importer.importing import Importer
from tests.scene import SMALL, names, open_scene

BROKEN = (
    (date(2021, 9, 1), date(2022, 8, 31)),
    (date(2022, 9, 1), date(2024, 2, 29)),
    (date(2024, 3, 1), date(2024, 12, 31)),
    (date(2025, 1, 1), date(2025, 12, 31)),
)
SPECS = [
    SMALL,
    replace(SMALL, seed=2, causes=frozenset({"D06", "D10", "D15"})),
    replace(SMALL, seed=3, years=BROKEN, close_last_ended=True),
    replace(SMALL, seed=4, years=BROKEN[1:], today=date(2025, 11, 3), correction_share=0.4),
]


def differences(row: Import) -> tuple[int, int, int]:
    """Vouchers added, changed and gone since the import before."""
    return row.counts["added"], row.counts["changed"], row.counts["gone"]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"seed-{spec.seed}")
def test_the_imported_trial_balance_is_the_truth_to_the_ore(sqlite_url: str, spec: CompanySpec) -> None:
    year_end = spec.years[-2][1]
    with open_scene(sqlite_url, spec, year_end=year_end) as scene:
        importer = Importer(scene)
        assert importer.run().state == COMPLETED
        read = [year for year in scene.company.years_by_date() if year.to_date <= year_end][-3:]
        for year in read:
            truth = {str(account): ore for account, ore in scene.truth.trial_balance(year.id).items() if ore}
            assert importer.balances(year.from_date) == truth
            middle = year.from_date + timedelta(days=111)
            truth = {str(account): ore for account, ore in scene.truth.trial_balance(year.id, middle).items() if ore}
            assert importer.balances(year.from_date, until=middle) == truth
        with scene.store.read() as session:
            stored = session.scalars(select(FinancialYearFact).order_by(FinancialYearFact.from_date)).all()
        assert [(year.fortnox_id, year.from_date, year.to_date) for year in stored] == [
            (year.id, year.from_date, year.to_date) for year in read
        ]


def test_an_import_tells_what_it_read_proved_and_asked_for(importer: Importer) -> None:
    row = importer.run()
    company = importer.scene.company
    read = [company.vouchers_of(year.id) for year in company.years_by_date()[:3]]
    assert row.counts["vouchers"] == row.counts["added"] == sum(map(len, read))
    assert row.counts["rows"] == sum(len(voucher.booked_rows) for vouchers in read for voucher in vouchers)
    assert {check["check"]: check["holds"] for check in row.completeness} == {
        "years-read": True,
        "registers-read": True,
        "rows-counted": True,
        "rows-stored": True,
        "balances-agree": True,
        "periods-agree": True,
        "periods-by-voucher-date": True,
        "trial-balance-agrees": True,
        "dates-within-year": True,
        "currency-is-sek": True,
        "objects-stored": True,
        "vouchers-counted": True,
        "numbers-without-gaps": True,
        "opening-follows-closing": True,
    }
    assert all(check["compared"] for check in row.completeness)
    assert row.requests == len(importer.scene.journal()) == 12
    assert (row.share_done, row.fault_count, row.faults) == (1.0, 0, [])
    assert (row.run, importer.scene.engagement().last_run) == (1, 1)
    finished = importer.scene.delivered[-1]
    assert finished.name == "import-completed"
    assert finished.payload == ImportFinished(import_id=row.id, state="completed", run=1)


def test_an_approved_connection_starts_the_first_import(importer: Importer) -> None:
    scene = importer.scene
    scene.send("connection-authorized", ConnectionAuthorized(connection_id=scene.connection_id), lane="bulk")
    events = importer.go_on()
    assert names(events)[-1] == "import-completed"
    assert {event.lane for event in events if event.name == "import-requested"} == {"bulk"}
    assert (scene.imports()[0].state, scene.imports()[0].requested_by) == (COMPLETED, "anna")
    assert scene.connection().company_name == scene.company.name


def test_an_import_renews_the_connection_for_thirty_days(importer: Importer) -> None:
    importer.scene.clock.advance(timedelta(days=20))
    importer.run()
    assert importer.scene.connection().active_until == importer.scene.clock.now() + timedelta(days=30)


def test_a_second_import_of_unchanged_books_writes_no_fact(importer: Importer) -> None:
    importer.run()
    facts = importer.facts()
    again = importer.run()
    assert (again.state, again.run) == (COMPLETED, 2)
    assert differences(again) == (0, 0, 0)
    assert importer.facts() == facts


def test_an_edited_a_deleted_and_a_new_voucher_are_noticed_and_the_old_state_stays_known(importer: Importer) -> None:
    scene, year = importer.scene, importer.scene.company.years_by_date()[1]
    importer.run()
    before, facts, imported_at = importer.balances(year.from_date), importer.facts(), scene.clock.now()

    edited, deleted = [voucher for voucher in scene.company.vouchers_of(year.id) if voucher.series == "A"][:2]
    scene.desk.edit_voucher(edited.key, [VoucherRow(5010, debit_ore=12_345), VoucherRow(1930, credit_ore=12_345)])
    scene.desk.delete_voucher(deleted.key)
    scene.desk.add_voucher(
        year.id,
        "A",
        day=year.to_date,
        description="Ny",
        rows=[VoucherRow(6570, debit_ore=700), VoucherRow(1930, credit_ore=700)],
    )
    scene.clock.advance(timedelta(days=1))
    row = importer.run()

    assert differences(row) == (1, 1, 1)
    assert importer.balances(year.from_date) == importer.truth(year.from_date) != before
    assert importer.balances(year.from_date, run=1) == before
    with scene.store.read() as session:
        assert run_known_at(session, scene.engagement(), imported_at) == 1
        assert run_known_at(session, scene.engagement(), None) == 2
    vouchers, ended = importer.facts()["VoucherFact"]
    assert (vouchers, ended) == (facts["VoucherFact"][0] + 2, 2)
    gaps = next(check for check in row.completeness if check["check"] == "numbers-without-gaps")
    assert (gaps["holds"], gaps["detail"]) == (False, f"{year.from_date}: {deleted.series} {deleted.number}")
    assert row.state == COMPLETED


def test_a_year_that_was_lengthened_in_fortnox_takes_the_place_of_the_shorter_one(url: str) -> None:
    with open_scene(url, replace(SMALL, years=BROKEN[2:]), year_end=BROKEN[3][1]) as scene:
        importer = Importer(scene)
        importer.run()
        before = importer.balances(BROKEN[2][0])
        moved = date(2024, 1, 1)
        year = next(year for year in scene.company.years.values() if year.from_date == BROKEN[2][0])
        year.from_date = moved
        row = importer.run()
        assert row.state == COMPLETED
        assert row.counts["gone"] == row.counts["added"] == len(scene.company.vouchers_of(year.id))
        assert importer.balances(moved) == before == importer.balances(BROKEN[2][0], run=1)
        assert importer.balances(BROKEN[2][0]) == {}


def test_before_the_first_import_nothing_is_known(importer: Importer) -> None:
    with importer.scene.store.read() as session, pytest.raises(Rejected, match="not-imported"):
        run_known_at(session, importer.scene.engagement(), None)
