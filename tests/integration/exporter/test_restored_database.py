"""A database restored from before an export: its vouchers are found in Fortnox and not posted again (P11)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.store.adjustments import Adjustment
from tests.integration.exporter.closing import Closing

Backup = Callable[[], None]


@pytest.fixture
def backup(closing: Closing, tmp_path: Path) -> Iterator[tuple[Backup, Backup]]:
    """Return what copies the database aside, and what brings the copy back."""
    database, aside = tmp_path / "pipeline.db", tmp_path / "aside.db"

    def copy(source: Path, target: Path) -> None:
        closing.scene.store.close()
        read, write = sqlite3.connect(source), sqlite3.connect(target)
        read.backup(write)
        write.close()
        read.close()

    yield lambda: copy(database, aside), lambda: copy(aside, database)
    closing.scene.store.close()


def test_vouchers_of_a_lost_export_are_adopted_even_into_another_series(
    closing: Closing, backup: tuple[Backup, Backup]
) -> None:
    save, restore = backup
    for number in range(1, 4):
        closing.adjust("V", number)
    save()
    closing.deliver(closing.plan())
    before = {voucher.key for voucher in closing.booked()}
    restore()
    closing.scene.reconnect()  # the refresh token in the copy has been used
    assert closing.exports() == []

    closing.deliver(closing.plan({"V": "I"}))
    assert {voucher.key for voucher in closing.booked()} == before
    assert {voucher.series for voucher in closing.vouchers()} == {"A"}
    closing.expect_each_once(3)


def test_an_export_restored_half_done_goes_on_without_duplicates(
    closing: Closing, backup: tuple[Backup, Backup]
) -> None:
    save, restore = backup
    for number in range(1, 5):
        closing.adjust("V", number)
    event = closing.plan()
    save()
    closing.deliver(event)
    restore()
    closing.scene.reconnect()
    closing.deliver(event)
    assert closing.export().state == "completed"
    closing.expect_each_once(4)


def test_an_adopted_voucher_is_posted_even_when_its_period_was_locked_meanwhile(
    closing: Closing, backup: tuple[Backup, Backup]
) -> None:
    save, restore = backup
    closing.adjust("V", 1)
    save()
    closing.deliver(closing.plan())
    restore()
    closing.scene.reconnect()
    closing.scene.company.locked_until = closing.booked()[0].date
    closing.deliver(closing.plan())
    closing.expect_each_once(1)


def test_another_version_of_the_adjustment_in_fortnox_is_shown_to_a_human(
    closing: Closing, backup: tuple[Backup, Backup]
) -> None:
    """The adjustment was changed after the copy was made, and exported as changed."""
    save, restore = backup
    key = closing.adjust("V", 1)
    save()
    closing.scene.change(Adjustment, key, text="Upplupna kostnader, rättad")
    closing.deliver(closing.plan())
    restore()
    closing.scene.reconnect()
    closing.deliver(closing.plan())
    assert closing.states() == [("needs-human", "other-version-found")]
    assert len(closing.booked()) == 1
