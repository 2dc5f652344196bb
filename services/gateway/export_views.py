"""Exports as they are shown, before and after they were started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.gateway.deps import GatewayDeps
from services.gateway.schemas.adjustments import RowView
from services.gateway.schemas.exports import (
    ExportedVoucher,
    ExportPreview,
    ExportView,
    PreviewedVoucher,
    VoucherFault,
)
from shared.adjustments.content import AdjustmentContent, as_it_arrives, content_of
from shared.adjustments.facts import YearFacts, read_year_facts
from shared.adjustments.preflight import verdict
from shared.store.adjustments import Adjustment, Export, ExportVoucher
from shared.store.engagements import Engagement


def preview_of(
    deps: GatewayDeps, engagement: Engagement, chosen: Sequence[Adjustment], series: Mapping[str, str]
) -> ExportPreview:
    """Read what Fortnox has for the year and hold each adjustment against it; no transaction is open meanwhile."""
    with deps.access.open(engagement.id, "interactive", renew=False) as fortnox:
        facts = read_year_facts(fortnox, engagement.year_end)
    return ExportPreview(vouchers=[_previewed(adjustment, series[adjustment.kind], facts) for adjustment in chosen])


def view_of(export: Export) -> ExportView:
    return ExportView(
        id=export.id,
        engagement_id=export.engagement_id,
        state=export.state,
        series=export.series,
        reason_code=export.reason_code,
        reason=export.reason,
        waiting_until=export.waiting_until,
        fortnox_requests=export.requests,
        created_at=export.created_at,
        finished_at=export.finished_at,
        vouchers=[_exported(voucher) for voucher in export.vouchers],
    )


def _previewed(adjustment: Adjustment, series: str, facts: YearFacts | None) -> PreviewedVoucher:
    content = content_of(adjustment)
    arriving = as_it_arrives(content)
    return PreviewedVoucher(
        adjustment_id=adjustment.id,
        kind=adjustment.kind,
        number=adjustment.number,
        series=series,
        date=arriving.date,
        text=arriving.text,
        rows=_rows(arriving),
        faults=[VoucherFault.model_validate(fault) for fault in verdict(content, series, facts)],
    )


def _rows(content: AdjustmentContent) -> list[RowView]:
    return [RowView.model_validate(row) for row in content.rows]


def _exported(voucher: ExportVoucher) -> ExportedVoucher:
    return ExportedVoucher(
        adjustment_id=voucher.adjustment_id,
        kind=voucher.adjustment.kind,
        number=voucher.adjustment.number,
        date=voucher.adjustment.date,
        text=voucher.adjustment.text,
        state=voucher.state,
        series=voucher.series,
        fortnox_number=voucher.fortnox_number,
        fortnox_year=voucher.fortnox_year,
        reason_code=voucher.reason_code,
        reason=voucher.reason,
        updated_at=voucher.updated_at,
    )
