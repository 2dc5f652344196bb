"""Taking back: the mirror image of a voucher, sent with the same care as the voucher itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.sandbox.company import VoucherRow
from services.sandbox.faults import FaultKind
from shared.errors import Rejected
from shared.messaging.events import ExportFinished
from shared.store.adjustments import Export, ExportVoucher
from tests.integration.exporter.closing import YEAR_END, Closing

SENT = {5020: 1_250_000, 2990: -1_250_000}


def exported(closing: Closing, adjustments: int = 1) -> Export:
    """Export so many adjustments, V1 and on."""
    for number in range(1, adjustments + 1):
        closing.adjust("V", number)
    closing.deliver(closing.plan())
    closing.expect_each_once(adjustments)
    closing.scene.due_events()
    return closing.export()


def original_states(closing: Closing) -> list[str]:
    with closing.scene.store.read() as session:
        first = session.get_one(Export, closing.exports()[0].id)
        return [voucher.state for voucher in first.vouchers]


def test_an_undo_books_the_mirror_image_and_frees_the_adjustment(closing: Closing) -> None:
    before = closing.balances_ore()
    center = next(iter(closing.scene.company.cost_centers))
    closing.adjust("V", 1, text="Upplupen hyra", cost_center=center)
    closing.deliver(closing.plan())
    first = closing.export()
    closing.scene.due_events()
    closing.deliver(closing.undo())

    (original,), (reversal,) = closing.booked(), closing.reversals()
    assert (reversal.series, reversal.date) == (original.series, original.date)
    assert reversal.description == f"Återföring av A {original.number}: Upplupen hyra"
    marker = closing.vouchers()[0].marker
    assert reversal.comments == f"Återföring av bokslutshändelse V1 (A {original.number}), {marker}"
    assert [(row.account, row.amount_ore, row.cost_center) for row in reversal.rows] == [
        (row.account, -row.amount_ore, row.cost_center) for row in original.rows
    ]
    assert closing.moved_ore(before) == {}
    assert (closing.export().undoes_id, closing.export().state) == (first.id, "completed")
    assert (closing.states(), original_states(closing)) == ([("posted", None)], ["reversed"])
    assert closing.statuses() == {"V1": "not_transferred"}
    (finished,) = [event.payload for event in closing.scene.due_events() if event.name == "export-completed"]
    assert isinstance(finished, ExportFinished)
    assert finished.counts["posted"] == 1


def test_undo_and_push_again_nets_to_one_voucher_per_account(closing: Closing) -> None:
    before = closing.balances_ore()
    exported(closing)
    for _ in range(2):
        closing.deliver(closing.undo())
        assert closing.moved_ore(before) == {}
        closing.deliver(closing.plan())
        assert closing.moved_ore(before) == SENT
    assert (len(closing.booked()), len(closing.reversals())) == (3, 2)
    assert len({voucher.comments for voucher in closing.reversals()}) == 2
    assert closing.statuses() == {"V1": "transferred"}


def test_a_part_of_an_export_is_taken_back_and_the_rest_later(closing: Closing) -> None:
    first = exported(closing, 3)
    second = closing.vouchers()[1]
    closing.deliver(closing.undo(first, [second.adjustment_id]))
    assert closing.statuses() == {"V1": "transferred", "V2": "not_transferred", "V3": "transferred"}
    closing.deliver(closing.undo(first))
    assert [voucher.adjustment.number for voucher in closing.vouchers()] == [1, 3]
    assert set(closing.statuses().values()) == {"not_transferred"}
    assert len(closing.reversals()) == 3


def test_the_same_voucher_is_never_in_two_undos(closing: Closing) -> None:
    first = exported(closing)
    event = closing.undo(first)
    with pytest.raises(Rejected, match="nothing-to-undo"):
        closing.undo(first)
    for _ in range(3):
        closing.deliver(event)
    with pytest.raises(Rejected, match="nothing-to-undo"):
        closing.undo(first)
    assert len(closing.reversals()) == 1


@pytest.mark.parametrize("kind", ["cut-after-commit", "truncated-body"])
def test_a_reversal_that_was_booked_without_an_answer_is_found_at_once(closing: Closing, kind: FaultKind) -> None:
    exported(closing, 2)
    closing.misbehave(kind)
    closing.deliver(closing.undo())
    assert closing.states() == [("posted", None)] * 2
    assert len(closing.reversals()) == 2


@pytest.mark.parametrize("kind", ["cut-before-commit", "500", "502"])
def test_a_reversal_that_was_not_booked_is_sent_again_after_two_looks(closing: Closing, kind: FaultKind) -> None:
    exported(closing, 2)
    closing.misbehave(kind)
    closing.deliver(closing.undo())
    assert [state for state, _ in closing.states()] == ["unknown", "posted"]
    assert original_states(closing) == ["posted", "reversed"]
    assert closing.statuses() == {"V1": "unknown", "V2": "not_transferred"}
    assert closing.export().waiting_until == closing.scene.clock.now() + timedelta(seconds=60)
    assert closing.finish().state == "completed"
    assert [(voucher.state, voucher.attempts) for voucher in closing.vouchers()] == [("posted", 2), ("posted", 1)]
    assert len(closing.reversals()) == 2
    assert set(closing.statuses().values()) == {"not_transferred"}


def test_a_reversal_that_is_never_found_leaves_the_original_standing_and_goes_to_a_human(closing: Closing) -> None:
    exported(closing)
    closing.misbehave("cut-before-commit", count=None)
    closing.deliver(closing.undo())
    closing.finish()
    assert (closing.states(), original_states(closing)) == ([("needs-human", "never-found")], ["posted"])
    assert closing.statuses() == {"V1": "unknown"}
    with pytest.raises(Rejected):
        closing.plan()


def test_in_a_locked_period_the_undo_is_refused_and_may_be_asked_for_again(closing: Closing) -> None:
    before = closing.balances_ore()
    first = exported(closing)
    closing.scene.desk.lock_period(YEAR_END)
    closing.deliver(closing.undo(first))
    assert (closing.states(), original_states(closing)) == ([("refused", "period-locked")], ["posted"])
    assert closing.statuses() == {"V1": "transferred"}
    assert closing.export().state == "completed"
    closing.scene.desk.lock_period(date(2025, 6, 30))
    closing.deliver(closing.undo(first))
    assert closing.statuses() == {"V1": "not_transferred"}
    assert closing.moved_ore(before) == {}


def test_a_refused_undo_of_what_the_ledger_was_read_with_leaves_it_excluded(closing: Closing) -> None:
    exported(closing)
    closing.scene.change(ExportVoucher, closing.vouchers()[0].id, in_ledger="as-posted")
    closing.scene.desk.lock_period(YEAR_END)
    closing.deliver(closing.undo())
    assert closing.statuses() == {"V1": "transferred_excluded"}


def test_a_voucher_that_was_changed_in_fortnox_is_not_taken_back_by_what_it_no_longer_is(closing: Closing) -> None:
    exported(closing)
    (booked,) = closing.booked()
    rows = [VoucherRow(5020, debit_ore=100), VoucherRow(2990, credit_ore=100)]
    closing.scene.desk.edit_voucher(booked.key, rows)
    closing.deliver(closing.undo())
    assert (closing.states(), closing.reversals()) == ([("refused", "voucher-differs")], [])
    assert closing.statuses() == {"V1": "transferred"}


def test_a_voucher_that_was_deleted_in_fortnox_is_not_taken_back(closing: Closing) -> None:
    exported(closing)
    (booked,) = closing.booked()
    closing.scene.desk.delete_voucher(booked.key)
    closing.deliver(closing.undo())
    assert (closing.states(), closing.reversals()) == ([("refused", "original-missing")], [])


def test_an_undo_that_cannot_run_fails_and_what_was_posted_stands(closing: Closing) -> None:
    exported(closing)
    tenant = closing.scene.sandbox.state.tenants[closing.scene.company.database_number]
    tenant.unlicensed = {"bookkeeping"}
    closing.deliver(closing.undo())
    assert closing.export().state == "failed"
    assert closing.states() == [("refused", "licence-missing")]
    assert (original_states(closing), closing.statuses()) == (["posted"], {"V1": "transferred"})
    tenant.unlicensed = set()
    closing.deliver(closing.undo(closing.exports()[0]))
    assert closing.statuses() == {"V1": "not_transferred"}


def test_a_second_copy_of_a_reversal_is_shown_to_a_human(closing: Closing) -> None:
    """A person copies the reversal in Fortnox, comments and all, while its outcome is not known here."""
    exported(closing)
    closing.misbehave("cut-after-commit")
    closing.misbehave("500", method="GET", nth=2)  # the look right after the POST
    closing.deliver(closing.undo())
    assert closing.states() == [("unknown", "fortnox-answer-lost")]
    (reversal,) = closing.reversals()
    closing.scene.desk.add_voucher(
        1, "A", day=reversal.date, description="Kopia", rows=list(reversal.rows), comments=reversal.comments
    )
    closing.finish()
    assert closing.states() == [("needs-human", "several-vouchers-found")]
