"""Planning an undo: for each voucher to take back one that mirrors it, as an export of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session, aliased, selectinload
from uuid6 import uuid7

from shared.adjustments.marker import markers_in, reversal_marker_of
from shared.adjustments.states import PLANNED, POSTED, REFUSED
from shared.errors import Rejected
from shared.fortnox import VoucherKey
from shared.store.adjustments import Export, ExportVoucher
from shared.store.engagements import Engagement

FINISHED = frozenset({"completed", "failed"})


def plan_undo(
    session: Session, export: Export, adjustment_ids: Collection[UUID] | None, requested_by: str, now: datetime
) -> Export:
    """Add an export that takes back what the given one has posted; with `adjustment_ids` only theirs.

    Each reversal goes to the series of the voucher that it takes back. What is being taken back already is left out,
    or refused where it is named. Whoever calls emits `export-requested` in the same transaction.

    Raises Rejected "export-not-finished", "export-is-undo", "nothing-to-undo", "adjustment-not-found",
    "adjustment-not-posted" and "undo-in-progress"; then nothing has been added.
    """
    # Locked as for a plan, because two undos at once would both find the same vouchers standing; and the export, so that
    # nobody decides about one of them meanwhile.
    session.get_one(Engagement, export.engagement_id, with_for_update=True)
    session.refresh(export, with_for_update=True)
    if export.undoes_id is not None:
        raise Rejected("export-is-undo", "a reversal is taken back by exporting the adjustment again")
    if export.state not in FINISHED:
        raise Rejected("export-not-finished", f"the export is {export.state}")
    undo = Export(
        id=uuid7(),
        firm_id=export.firm_id,
        engagement_id=export.engagement_id,
        undoes_id=export.id,
        series=dict(export.series),
        state="queued",
        requested_by=requested_by,
        created_at=now,
    )
    undo.vouchers = [_reversal(voucher, now) for voucher in _chosen(session, export, adjustment_ids)]
    session.add(undo)
    session.flush()
    return undo


def key_of(voucher: ExportVoucher) -> VoucherKey:
    """Return what names a posted voucher in Fortnox; raises ValueError for one that has no number."""
    if voucher.fortnox_number is None or voucher.fortnox_year is None:
        raise ValueError(f"voucher {voucher.id} is {voucher.state} and has no number")
    return VoucherKey(voucher.series, voucher.fortnox_number, voucher.fortnox_year)


def _chosen(session: Session, export: Export, adjustment_ids: Collection[UUID] | None) -> Sequence[ExportVoucher]:
    being_undone = set(
        session.scalars(select(ExportVoucher.id).where(ExportVoucher.export_id == export.id, _has_reversal()))
    )
    vouchers = session.scalars(
        select(ExportVoucher)
        .where(ExportVoucher.export_id == export.id)
        .order_by(ExportVoucher.id)
        .options(selectinload(ExportVoucher.adjustment))
    ).all()
    if adjustment_ids is None:
        chosen = [voucher for voucher in vouchers if voucher.state == POSTED and voucher.id not in being_undone]
    else:
        chosen = [voucher for voucher in vouchers if voucher.adjustment_id in adjustment_ids]
        if missing := set(adjustment_ids) - {voucher.adjustment_id for voucher in chosen}:
            raise Rejected("adjustment-not-found", f"not in the export: {', '.join(sorted(map(str, missing)))}")
    for voucher in chosen:
        name = f"{voucher.adjustment.kind}{voucher.adjustment.number}"
        if voucher.id in being_undone:
            raise Rejected("undo-in-progress", f"{name} is being taken back or has been")
        if voucher.state != POSTED:
            raise Rejected("adjustment-not-posted", f"the voucher of {name} is {voucher.state}")
    if not chosen:
        raise Rejected("nothing-to-undo", "the export has no voucher that stands in Fortnox")
    return chosen


def _has_reversal() -> Exists:
    reversal = aliased(ExportVoucher)
    return exists().where(reversal.reverses_id == ExportVoucher.id, reversal.state != REFUSED)


def _reversal(voucher: ExportVoucher, now: datetime) -> ExportVoucher:
    marker = reversal_marker_of(markers_in(voucher.marker)[0].document, key_of(voucher))
    return ExportVoucher(
        id=uuid7(),
        firm_id=voucher.firm_id,
        adjustment_id=voucher.adjustment_id,
        reverses_id=voucher.id,
        marker=str(marker),
        series=voucher.series,
        state=PLANNED,
        updated_at=now,
    )
