"""A POST whose answer does not arrive: found out by reading back, never repeated blindly (P3, P4)."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from services.sandbox.faults import FaultKind, FaultRule
from tests.integration.exporter.closing import Closing
from tests.scene import Scene

AFTER_COMMIT: list[FaultKind] = ["cut-after-commit", "truncated-body"]
BEFORE_COMMIT: list[FaultKind] = ["cut-before-commit", "500", "502"]


@pytest.mark.parametrize("kind", AFTER_COMMIT)
def test_a_voucher_that_was_booked_without_an_answer_is_found_at_once(closing: Closing, kind: FaultKind) -> None:
    for number in range(1, 4):
        closing.adjust("V", number)
    closing.misbehave(kind, nth=2)
    closing.deliver(closing.plan())
    assert closing.states() == [("posted", None)] * 3
    assert closing.export().state == "completed"
    closing.expect_each_once(3)


@pytest.mark.parametrize("kind", BEFORE_COMMIT)
def test_a_voucher_that_was_not_booked_is_sent_again_after_two_looks(closing: Closing, kind: FaultKind) -> None:
    for number in range(1, 4):
        closing.adjust("V", number)
    closing.misbehave(kind, nth=2)
    closing.deliver(closing.plan())
    assert [state for state, _ in closing.states()] == ["posted", "unknown", "posted"]
    assert closing.vouchers()[1].adjustment.status == "unknown"
    export = closing.export()
    assert (export.state, export.waiting_until) == ("waiting", closing.scene.clock.now() + timedelta(seconds=60))

    look_once(closing.scene, closing, seconds=59)
    assert closing.vouchers()[1].misses == 0
    look_once(closing.scene, closing, seconds=1)
    assert (closing.vouchers()[1].state, closing.vouchers()[1].misses) == ("unknown", 1)
    assert len(posts(closing)) == 2
    look_once(closing.scene, closing, seconds=60)
    assert closing.vouchers()[1].state == "planned"
    assert closing.finish().state == "completed"
    assert closing.vouchers()[1].attempts == 2
    closing.expect_each_once(3)


def test_a_look_that_fails_leaves_the_voucher_unknown_and_is_repeated(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.misbehave("cut-after-commit")
    closing.scene.sandbox.state.faults.add(reading_fails_once())
    closing.deliver(closing.plan())
    assert closing.states() == [("unknown", "fortnox-answer-lost")]
    assert closing.finish().state == "completed"
    closing.expect_each_once(1)
    assert len(posts(closing)) == 1


def test_a_voucher_that_is_never_found_and_never_confirmed_goes_to_a_human(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.misbehave("cut-before-commit", count=None)
    closing.deliver(closing.plan())
    assert closing.finish().state == "completed"
    assert closing.states() == [("needs-human", "never-found")]
    assert closing.vouchers()[0].attempts == 3
    assert closing.booked() == []


def test_two_vouchers_with_one_marker_are_shown_to_a_human(closing: Closing) -> None:
    closing.adjust("V", 1)
    event = closing.plan()
    closing.misbehave("cut-after-commit")
    closing.scene.sandbox.state.faults.add(reading_fails_once())
    closing.deliver(event)
    company = closing.scene.company
    (booked,) = closing.booked()
    twin = copy.deepcopy(booked)
    twin.number += 1
    company.vouchers[twin.key] = twin
    closing.finish()
    (voucher,) = closing.vouchers()
    assert (voucher.state, voucher.reason_code) == ("needs-human", "several-vouchers-found")
    assert voucher.reason is not None
    assert f"A{booked.number}, A{twin.number}" in voucher.reason


def test_a_voucher_that_was_changed_in_fortnox_meanwhile_is_shown_to_a_human(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.misbehave("cut-after-commit")
    closing.scene.sandbox.state.faults.add(reading_fails_once())
    closing.deliver(closing.plan())
    (booked,) = closing.booked()
    booked.rows[0].debit_ore += 100
    booked.rows[1].credit_ore += 100
    closing.finish()
    assert closing.states() == [("needs-human", "voucher-differs")]


def reading_fails_once() -> FaultRule:
    """Let the look right after the POST fail: of the lists of vouchers that is the second one."""
    return FaultRule("500", path="/3/vouchers", method="GET", nth=2)


def look_once(scene: Scene, closing: Closing, *, seconds: int) -> None:
    scene.clock.advance(timedelta(seconds=seconds))
    scene.step({"export-requested": closing.exporter()})


def posts(closing: Closing) -> list[str]:
    return [call for call in closing.scene.journal() if call.startswith("POST")]
