"""The lease: a worker that was away too long can neither send nor record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.exporter.lease import Lease
from services.exporter.steps import Steps
from shared.errors import Later
from shared.messaging.consumer import Delivery
from shared.messaging.events import Event
from tests.integration.exporter.closing import A_LEASE, Closing


def leased(closing: Closing, event: Event) -> Lease:
    scene = closing.scene
    lease = Lease(scene.store, scene.clock, closing.export().id)
    assert lease.take(Delivery(event, "exporter", scene.firm_id, scene.store, scene.clock))
    lease.take_tenant(scene.company.database_number)
    return lease


def test_no_request_leaves_near_the_end_of_the_lease(closing: Closing) -> None:
    closing.adjust("V", 1)
    lease = leased(closing, closing.plan())
    lease.before_request()
    closing.scene.clock.advance(timedelta(seconds=111))
    with pytest.raises(Later, match="lease-lost"):
        lease.before_request()


def test_a_worker_whose_export_was_taken_over_records_nothing_more(closing: Closing) -> None:
    """The first worker stands still after it has committed `sending`; the second comes when the lease is over and
    finds the voucher's outcome unknown; then the first wakes up."""
    closing.adjust("V", 1)
    event = closing.plan()
    first = leased(closing, event)
    (voucher,) = Steps(first).claim()
    Steps(first).sending(voucher.id, year_id=1)
    with pytest.raises(Later, match="export-busy"):
        leased(closing, event)

    closing.scene.clock.advance(A_LEASE)
    leased(closing, event)
    assert closing.states() == [("unknown", "worker-ended")]
    with pytest.raises(Later, match="lease-lost"):
        first.before_request()
    with pytest.raises(Later, match="lease-lost"):
        Steps(first).not_sent(voucher.id)
    first.let_go(None)
    assert closing.states() == [("unknown", "worker-ended")]


def test_what_was_only_claimed_is_planned_again(closing: Closing) -> None:
    closing.adjust("V", 1)
    event = closing.plan()
    Steps(leased(closing, event)).claim()
    closing.scene.clock.advance(A_LEASE)
    leased(closing, event)
    assert closing.states() == [("planned", None)]
