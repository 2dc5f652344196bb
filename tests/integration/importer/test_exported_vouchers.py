"""An import after an export: our vouchers come back with the ledger, are known as ours, and count once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from services.gateway.differences import differences_of
from services.sandbox.company import Voucher, VoucherRow
from services.sandbox.generator import generate
from services.sandbox.sie_writer import write_sie
from shared.adjustments import plan_export
from shared.adjustments.recognition import CHECK, recognise
from shared.adjustments.undo import plan_undo
from shared.messaging.events import ExportRequested, new_event
from shared.store.adjustments import Adjustment, Export, ExportVoucher
from shared.store.engagements import Engagement
from shared.store.imports import Import
from tests.integration.exporter.closing import SERIES, YEAR_END, Closing
from tests.integration.importer.importing import Importer, check_of
from tests.scene import SMALL, Scene, open_scene

NOT_TOLD = (None, "it was posted after the ledger was read, or just before")


@dataclass
class Return:
    """A closing whose vouchers come back: exports, edits in Fortnox, and imports."""

    scene: Scene

    @property
    def closing(self) -> Closing:
        return Closing(self.scene)

    @property
    def importer(self) -> Importer:
        return Importer(self.scene)

    def export(self) -> list[Voucher]:
        """Export what waits; return what Fortnox has of ours then, in the order of its numbers."""
        self.closing.deliver(self.closing.plan())
        assert self.closing.finish().state == "completed"
        return self.booked()

    def export_beside(self) -> None:
        """Export what waits, and leave all else that is due in the outbox."""
        scene = self.scene
        with scene.store.write() as session:
            engagement = session.get_one(Engagement, scene.engagement_id)
            planned = plan_export(session, engagement, SERIES, None, "anna", scene.clock.now())
        payload = ExportRequested(export_id=planned.id)
        self.closing.deliver(new_event("export-requested", scene.engagement_id, payload, scene.clock.now()))
        assert self.closing.export().state == "completed"

    def booked(self) -> list[Voucher]:
        return sorted(self.closing.booked(), key=lambda voucher: voucher.key)

    def undo(self) -> None:
        with self.scene.store.write() as session:
            export = session.get_one(Export, self.closing.export().id)
            undo = plan_undo(session, export, None, "anna", self.scene.clock.now())
        self.scene.send("export-requested", ExportRequested(export_id=undo.id))
        assert self.closing.finish().state == "completed"

    def read(self) -> Import:
        """Import when Fortnox has had its time."""
        self.scene.clock.advance(timedelta(minutes=2))
        return self.importer.run()

    def seen(self) -> dict[str, tuple[str | None, str | None]]:
        """How each exported voucher has been seen, by its name in Fortnox, with the reason."""
        with self.scene.store.read() as session:
            vouchers = session.scalars(select(ExportVoucher).order_by(ExportVoucher.id)).all()
        return {
            f"{voucher.series}{voucher.fortnox_number}": (voucher.in_ledger, voucher.in_ledger_reason)
            for voucher in vouchers
        }

    def states(self) -> list[str | None]:
        return [state for state, _ in self.seen().values()]

    def statuses(self) -> dict[str, str]:
        with self.scene.store.read() as session:
            adjustments = session.scalars(select(Adjustment)).all()
        return {f"{adjustment.kind}{adjustment.number}": adjustment.status for adjustment in adjustments}

    def differing(self, run: Import) -> dict[str, Any]:
        """The differences of an import as the API shows them, by the names of the vouchers."""
        with self.scene.store.read() as session:
            shown = differences_of(session, run, limit=200)
        return {"counts": shown.counts} | {f"{one.series}{one.number}": one for one in shown.vouchers}


@pytest.fixture
def back(sqlite_url: str) -> Iterator[Return]:
    with open_scene(sqlite_url, SMALL, year_end=YEAR_END, generated=generate(SMALL)) as scene:
        yield Return(scene)


def name_of(voucher: Voucher) -> str:
    return f"{voucher.series}{voucher.number}"


def test_exported_vouchers_come_back_as_ours_on_either_database(url: str) -> None:
    with open_scene(url, SMALL, year_end=YEAR_END, generated=generate(SMALL)) as scene:
        back = Return(scene)
        back.importer.run()
        for number in range(1, 4):
            back.closing.adjust("V", number, text="Upplupna kostnader – “hyra”, §3", cost_center="10")
        back.closing.adjust("S", 1)
        ours = back.export()
        assert set(back.statuses().values()) == {"transferred"}

        row = back.read()
        assert row.state == "completed"
        assert back.seen() == {name_of(voucher): ("as-posted", None) for voucher in ours}
        assert set(back.statuses().values()) == {"transferred_excluded"}
        check = check_of(row, CHECK)
        assert (check["holds"], check["compared"], check["found"]) == (True, 4, [])
        shown = back.differing(row)
        assert {change: shown["counts"][change] for change in ("added", "ours", "gone")} == {
            "added": 4,
            "ours": 4,
            "gone": 0,
        }
        marks = [(shown[name_of(voucher)].adjustment, shown[name_of(voucher)].as_posted) for voucher in ours]
        assert sorted(marks) == [("S1", True), ("V1", True), ("V2", True), ("V3", True)]

        scene.desk.edit_voucher(ours[0].key, [VoucherRow(5020, debit_ore=7), VoucherRow(2990, credit_ore=7)])
        scene.desk.delete_voucher(ours[2].key)
        row = back.read()
        assert back.states() == ["edited", "as-posted", "missing", "as-posted"]
        assert sorted(back.statuses().values()) == ["transferred", *["transferred_excluded"] * 3]
        assert check_of(row, CHECK)["compared"] == 4


def test_an_edit_and_a_deletion_in_fortnox_are_named_and_an_edit_that_is_taken_back_is_forgotten(back: Return) -> None:
    back.closing.adjust("V", 1)
    back.closing.adjust("V", 2)
    edited, deleted = back.export()
    before = [VoucherRow(row.account, row.debit_ore, row.credit_ore) for row in edited.booked_rows]
    back.scene.desk.edit_voucher(edited.key, [VoucherRow(5020, debit_ore=9_900), VoucherRow(2990, credit_ore=9_900)])
    back.scene.desk.delete_voucher(deleted.key)
    row = back.read()
    rows = "rows: 2990 -12500.00, 5020 12500.00 became 2990 -99.00, 5020 99.00"
    assert back.seen() == {
        name_of(edited): ("edited", rows),
        name_of(deleted): ("missing", "the ledger has no voucher under its number"),
    }
    assert back.statuses() == {"V1": "transferred_excluded", "V2": "transferred"}
    check = check_of(row, CHECK)
    assert (check["holds"], check["required"], row.state) == (False, False, "completed")
    assert check["found"] == [
        f"A {edited.number} (V1): edited, {rows}",
        f"A {deleted.number} (V2): missing, the ledger has no voucher under its number",
    ]

    back.scene.desk.edit_voucher(edited.key, before)
    back.read()
    assert back.seen()[name_of(edited)] == ("as-posted", None)


def test_what_is_changed_between_two_imports_is_marked_as_ours_and_as_changed(back: Return) -> None:
    for number in range(1, 4):
        back.closing.adjust("V", number)
    kept, edited, deleted = back.export()
    back.read()
    back.scene.desk.edit_voucher(edited.key, [VoucherRow(5020, debit_ore=7), VoucherRow(2990, credit_ore=7)])
    back.scene.desk.delete_voucher(deleted.key)
    own = back.scene.desk.add_voucher(
        kept.year,
        "I",
        day=YEAR_END,
        description="Ny",
        rows=[VoucherRow(6570, debit_ore=700), VoucherRow(1930, credit_ore=700)],
    )
    shown = back.differing(back.read())
    assert shown["counts"] | {"accounts": 0} == {"added": 1, "changed": 1, "gone": 1, "ours": 2, "accounts": 0}
    marks = {name: (one.adjustment, one.as_posted) for name, one in shown.items() if name != "counts"}
    assert marks == {name_of(edited): ("V2", False), name_of(deleted): ("V3", None), name_of(own): (None, None)}


def test_a_number_that_was_deleted_and_given_again_is_not_taken_for_ours(back: Return) -> None:
    back.closing.adjust("V", 1)
    [ours] = back.export()
    back.scene.desk.delete_voucher(ours.key)
    other = back.scene.desk.add_voucher(
        ours.year,
        ours.series,
        day=YEAR_END,
        description="Kvitto taxi",
        rows=[VoucherRow(5800, debit_ore=700), VoucherRow(1930, credit_ore=700)],
    )
    assert other.key == ours.key
    back.read()
    reason = "its number has another voucher now: 'Kvitto taxi' of 2025-12-31"
    assert back.seen() == {name_of(ours): ("missing", reason)}
    assert back.statuses() == {"V1": "transferred"}


@pytest.mark.parametrize("gone", [False, True])
def test_what_was_posted_after_the_file_was_asked_for_is_neither_missing_nor_edited(back: Return, gone: bool) -> None:
    """The import has read the year, the export posts, the import ends: its ledger cannot have the voucher."""
    back.closing.adjust("V", 1)
    back.importer.ask()
    for _ in range(7):  # the request, then company, registers, three years
        if not (runs := back.scene.imports()) or runs[-1].stage != "proof":
            back.importer.step()
    assert back.scene.imports()[-1].stage == "proof"
    back.scene.clock.advance(timedelta(minutes=5))
    back.export_beside()
    [ours] = back.booked()
    if gone:
        back.scene.desk.delete_voucher(ours.key)
    back.scene.clock.advance(timedelta(minutes=5))
    back.importer.go_on()
    assert back.scene.imports()[-1].state == "completed"
    assert back.seen() == {name_of(ours): NOT_TOLD}
    assert back.statuses() == {"V1": "transferred"}
    back.read()
    assert back.states() == ["missing" if gone else "as-posted"]


def test_what_was_posted_just_before_the_file_was_asked_for_is_told_only_if_it_is_there(back: Return) -> None:
    back.closing.adjust("V", 1)
    [ours] = back.export()
    back.importer.run()
    assert back.states() == ["as-posted"]
    back.scene.desk.delete_voucher(ours.key)
    back.importer.run()
    assert back.seen() == {name_of(ours): NOT_TOLD}
    assert back.statuses() == {"V1": "transferred"}  # the ledger has it no more, and ours has to count


def without(back: Return, voucher: Voucher) -> bytes:
    """The year's file with the end of it lost: it lacks the voucher, and its balances tell of it."""
    whole = write_sie(back.scene.company, voucher.year, 4, generated=date(2026, 3, 1)).decode("cp437")
    start = whole.index(f"#VER {voucher.series} {voucher.number} ")
    return (whole[:start] + whole[whole.index("\n}", start) + 2 :].lstrip()).encode("cp437")


def test_a_voucher_that_is_absent_from_a_year_that_was_not_wholly_read_is_not_missing(back: Return) -> None:
    back.closing.adjust("V", 1)
    back.closing.adjust("V", 2)
    lost, edited = back.export()
    back.read()
    back.scene.desk.edit_voucher(edited.key, [VoucherRow(5020, debit_ore=7), VoucherRow(2990, credit_ore=7)])
    back.scene.desk.serve_sie(lost.year, without(back, lost))
    row = back.read()
    assert row.state == "incomplete"
    assert back.seen()[name_of(lost)] == (None, "the year was not wholly read")
    assert back.seen()[name_of(edited)][0] == "edited"
    assert back.statuses() == {"V1": "transferred", "V2": "transferred_excluded"}
    assert check_of(row, CHECK)["compared"] == 1
    back.scene.desk.serve_sie(lost.year, None)
    assert back.read().state == "completed"
    assert back.states() == ["as-posted", "edited"]


def test_an_import_that_is_incomplete_for_another_reason_still_tells_what_was_deleted(back: Return) -> None:
    back.closing.adjust("V", 1)
    [ours] = back.export()
    back.scene.desk.delete_voucher(ours.key)
    earlier = next(year for year in back.scene.company.years.values() if year.from_date.year == 2023)
    first = back.scene.company.vouchers_of(earlier.id)[0]
    back.scene.desk.serve_sie(earlier.id, without(back, first))
    assert back.read().state == "incomplete"
    assert back.states() == ["missing"]


def test_a_reversal_is_known_as_ours_and_both_stay_known_when_the_adjustment_changes(back: Return) -> None:
    key = back.closing.adjust("V", 1)
    back.importer.run()
    [original] = back.export()
    back.undo()
    assert back.statuses() == {"V1": "not_transferred"}
    with back.scene.store.write() as session:
        adjustment = session.get_one(Adjustment, key)
        adjustment.text, adjustment.rows[0].debit_ore, adjustment.rows[1].credit_ore = "Rättad", 5, 5
    row = back.read()
    reversal = next(voucher for voucher in back.scene.company.vouchers.values() if "FPR-" in (voucher.comments or ""))
    assert back.seen() == {name_of(original): ("as-posted", None), name_of(reversal): ("as-posted", None)}
    assert back.statuses() == {"V1": "not_transferred"}
    shown = back.differing(row)
    assert (shown[name_of(reversal)].adjustment, shown[name_of(reversal)].reverses) == (
        "V1",
        f"A {original.number}",
    )

    back.scene.desk.delete_voucher(reversal.key)
    found = check_of(back.read(), CHECK)["found"]
    assert found == [
        f"A {reversal.number} (takes back A {original.number}, V1): missing, the ledger has no voucher under its number"
    ]


def statements(back: Return, act: Callable[[], object]) -> int:
    """How many statements the database gets meanwhile."""
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    engine = back.scene.store.engine
    event.listen(engine, "before_cursor_execute", one_more)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", one_more)
    return count


def test_however_many_vouchers_there_are_the_database_is_asked_as_often(back: Return) -> None:
    def recognise_again() -> None:
        with back.scene.store.write() as session:
            recognise(session, session.scalars(select(Import).order_by(Import.run.desc()).limit(1)).one())

    asked: list[int] = []
    for numbers in (range(1, 3), range(3, 13)):
        for number in numbers:
            back.closing.adjust("V", number)
        back.export()
        back.read()
        asked.append(statements(back, recognise_again))
    assert set(back.states()) == {"as-posted"}
    assert len(back.states()) == 12
    assert asked[0] == asked[1] <= 9
