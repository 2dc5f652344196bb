"""Adjustments as they are shown, with what became of them in Fortnox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.schemas.adjustments import AdjustmentView, FileView, RowView, VoucherOfAdjustment
from shared.store.adjustments import Adjustment, AdjustmentFile, ExportVoucher


def views_of(session: Session, adjustments: Sequence[Adjustment]) -> list[AdjustmentView]:
    """Return the adjustments in their order, each with its newest way into Fortnox."""
    vouchers = session.scalars(
        select(ExportVoucher)
        .where(
            ExportVoucher.adjustment_id.in_([adjustment.id for adjustment in adjustments]),
            ExportVoucher.reverses_id.is_(None),
        )
        .order_by(ExportVoucher.id)
    )
    newest = {voucher.adjustment_id: voucher for voucher in vouchers}
    return [_view_of(adjustment, newest.get(adjustment.id)) for adjustment in adjustments]


def file_view_of(file: AdjustmentFile) -> FileView:
    return FileView(
        id=file.id,
        name=file.name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256.hex(),
        added_by=file.added_by,
        created_at=file.created_at,
    )


def _view_of(adjustment: Adjustment, voucher: ExportVoucher | None) -> AdjustmentView:
    return AdjustmentView(
        id=adjustment.id,
        kind=adjustment.kind,
        number=adjustment.number,
        date=adjustment.date,
        text=adjustment.text,
        status=adjustment.status,
        created_at=adjustment.created_at,
        rows=[RowView.model_validate(row) for row in adjustment.rows],
        files=[file_view_of(file) for file in adjustment.files],
        voucher=VoucherOfAdjustment.model_validate(voucher) if voucher else None,
    )
