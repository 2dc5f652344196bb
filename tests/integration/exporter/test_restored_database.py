"""A database restored from before an export: its vouchers are found in Fortnox and not posted again (P11)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.adjustments import content_hash, content_of
from shared.store.adjustments import Adjustment
from tests.integration.exporter.closing import Closing
from tests.integration.exporter.conftest import Backup


def test_vouchers_of_a_lost_export_are_adopted_even_into_another_series(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    for number in range(1, 4):
        closing.adjust("V", number)
    save()
    closing.deliver(closing.plan())
    before = {voucher.key for voucher in closing.booked()}
    restore()
    assert closing.exports() == []

    closing.deliver(closing.plan({"V": "I"}))
    assert {voucher.key for voucher in closing.booked()} == before
    assert {voucher.series for voucher in closing.vouchers()} == {"A"}
    closing.expect_each_once(3)


def test_an_export_restored_half_done_goes_on_without_duplicates(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    for number in range(1, 5):
        closing.adjust("V", number)
    event = closing.plan()
    save()
    closing.deliver(event)
    restore()
    closing.deliver(event)
    assert closing.export().state == "completed"
    closing.expect_each_once(4)


def test_an_adopted_voucher_is_posted_even_when_its_period_was_locked_meanwhile(
    closing: Closing, backup: Backup
) -> None:
    save, restore = backup
    closing.adjust("V", 1)
    save()
    closing.deliver(closing.plan())
    restore()
    closing.scene.company.locked_until = closing.booked()[0].date
    closing.deliver(closing.plan())
    closing.expect_each_once(1)


def test_another_version_of_the_adjustment_in_fortnox_is_shown_to_a_human(closing: Closing, backup: Backup) -> None:
    """The adjustment was changed after the copy was made, and exported as changed."""
    save, restore = backup
    key = closing.adjust("V", 1)
    save()
    closing.scene.change(Adjustment, key, text="Upplupna kostnader, rättad")
    closing.deliver(closing.plan())
    restore()
    closing.deliver(closing.plan())
    assert closing.states() == [("needs-human", "other-version-found")]
    assert len(closing.booked()) == 1


@pytest.mark.parametrize("moment", ["before the export", "before the undo"])
def test_an_adjustment_that_was_moved_to_another_day_in_a_lost_life_is_not_booked_beside_it(
    closing: Closing, backup: Backup, moment: str
) -> None:
    """Exported, taken back, changed and exported again; the copy knows the adjustment of the old day."""
    save, restore = backup
    key = closing.adjust("V", 1)
    if moment == "before the export":
        save()
    closing.deliver(closing.plan())
    if moment == "before the undo":
        save()
    closing.deliver(closing.undo())
    with closing.scene.store.write() as session:
        adjustment = session.get_one(Adjustment, key)
        adjustment.date = date(2025, 11, 30)
        adjustment.content_hash = content_hash(content_of(adjustment))
    closing.deliver(closing.plan())
    restore()
    if moment == "before the undo":
        closing.deliver(closing.undo())
    closing.deliver(closing.plan())
    assert closing.states() == [("needs-human", "other-version-found")]
    assert (len(closing.booked()), len(closing.reversals())) == (2, 1)


def test_a_voucher_that_was_moved_to_another_day_in_fortnox_is_found_there(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    closing.adjust("V", 1)
    save()
    closing.deliver(closing.plan())
    closing.booked()[0].date = date(2025, 11, 30)
    restore()
    closing.deliver(closing.plan())
    assert closing.states() == [("needs-human", "voucher-differs")]
    assert len(closing.booked()) == 1


@pytest.mark.parametrize("moment", ["before the export", "before the undo", "before the undo was carried out"])
def test_an_undo_that_the_database_has_forgotten_is_not_done_twice(
    closing: Closing, backup: Backup, moment: str
) -> None:
    """Exported, taken back and exported again in Fortnox; the copy knows the first of it, or less."""
    save, restore = backup
    before = closing.balances_ore()
    for number in range(1, 3):
        closing.adjust("V", number)
    if moment == "before the export":
        save()
    closing.deliver(closing.plan())
    if moment == "before the undo":
        save()
    event = closing.undo()
    if moment == "before the undo was carried out":
        save()
    closing.deliver(event)
    closing.deliver(closing.plan())
    once = closing.moved_ore(before)
    assert (len(closing.booked()), len(closing.reversals())) == (4, 2)

    restore()
    if moment == "before the undo":
        closing.deliver(closing.undo())
        assert [state for state, _ in closing.states()] == ["posted", "posted"]
    elif moment == "before the undo was carried out":
        closing.deliver(event)
    if moment != "before the export":
        assert set(closing.statuses().values()) == {"not_transferred"}
    closing.deliver(closing.plan())

    assert (len(closing.booked()), len(closing.reversals())) == (4, 2)
    assert closing.moved_ore(before) == once
    standing = {voucher.key for voucher in closing.booked()[2:]}
    assert {(v.fortnox_year, v.series, v.fortnox_number) for v in closing.vouchers()} == standing
    assert set(closing.statuses().values()) == {"transferred"}


def test_what_was_taken_back_after_the_copy_was_made_is_booked_anew_once(closing: Closing, backup: Backup) -> None:
    save, restore = backup
    before = closing.balances_ore()
    closing.adjust("V", 1)
    save()
    closing.deliver(closing.plan())
    once = closing.moved_ore(before)
    closing.deliver(closing.undo())
    for _ in range(2):
        restore()
        closing.deliver(closing.plan())
        assert (len(closing.booked()), len(closing.reversals())) == (2, 1)
        assert closing.moved_ore(before) == once
