"""Planning an export: which adjustments go, and which may not."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

import pytest

from shared.adjustments import plan_export
from shared.errors import Rejected
from shared.store.adjustments import Adjustment
from shared.store.engagements import Engagement
from tests.integration.exporter.closing import SERIES, Closing


def plan(closing: Closing, adjustment_ids: Collection[UUID] | None, series: dict[str, str] | None = None) -> None:
    scene = closing.scene
    with scene.store.write() as session:
        engagement = session.get_one(Engagement, scene.engagement_id)
        plan_export(
            session, engagement, SERIES if series is None else series, adjustment_ids, "anna", scene.clock.now()
        )


def planned(closing: Closing) -> list[str]:
    return [f"{v.adjustment.kind}{v.adjustment.number}>{v.series}" for v in closing.vouchers()]


def test_everything_not_transferred_goes_v_before_s_and_by_number(closing: Closing) -> None:
    closing.adjust("S", 1)
    closing.adjust("V", 2)
    closing.adjust("V", 1)
    closing.scene.change(Adjustment, closing.adjust("V", 3), status="not_applicable")
    plan(closing, None)
    assert planned(closing) == ["V1>A", "V2>A", "S1>I"]


def test_an_adjustment_is_in_one_export_at_a_time(closing: Closing) -> None:
    key = closing.adjust("V", 1)
    plan(closing, None)
    with pytest.raises(Rejected, match="nothing-to-export"):
        plan(closing, None)
    with pytest.raises(Rejected, match="adjustment-in-export"):
        plan(closing, [key])


def test_chosen_adjustments_go_alone_and_refused_ones_may_be_chosen(closing: Closing) -> None:
    closing.adjust("V", 1)
    key = closing.adjust("V", 2)
    closing.scene.change(Adjustment, key, status="refused")
    plan(closing, [key], {"V": "A"})
    assert planned(closing) == ["V2>A"]


def test_what_cannot_go_is_named(closing: Closing) -> None:
    key = closing.adjust("S", 1)
    with pytest.raises(Rejected, match="S1 needs a series"):
        plan(closing, [key], {"V": "A"})
    with pytest.raises(Rejected, match="adjustment-not-found"):
        plan(closing, [key, uuid4()])
    closing.scene.change(Adjustment, key, status="transferred")
    with pytest.raises(Rejected, match="S1 is transferred"):
        plan(closing, [key])


@pytest.mark.parametrize("series", [{}, {"V": ""}, {"V": "TOOLONGSERIES"}, {"X": "A"}])
def test_a_series_that_fortnox_cannot_have_is_refused(closing: Closing, series: dict[str, str]) -> None:
    closing.adjust("V", 1)
    with pytest.raises(Rejected, match="series-invalid"):
        plan(closing, None, series)


def test_markers_are_the_same_whenever_they_are_made(closing: Closing) -> None:
    closing.adjust("V", 1)
    closing.adjust("S", 1)
    plan(closing, None)
    first = {voucher.marker for voucher in closing.vouchers()}
    assert len(first) == 2
    with closing.scene.store.write() as session:
        for voucher in closing.vouchers():
            session.delete(voucher)
    plan(closing, None)
    assert {voucher.marker for voucher in closing.vouchers()} == first
