"""What an export would do, told before it does anything: each adjustment held against what Fortnox has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from services.gateway.schemas.adjustments import RowView
from services.gateway.schemas.previews import (
    ExportPreview,
    PreviewCounts,
    PreviewedVoucher,
    TextChangeView,
    VoucherFault,
    VoucherInFortnox,
)
from shared.adjustments import (
    AdjustmentContent,
    Doubt,
    Fault,
    Marker,
    Readback,
    YearFacts,
    as_it_arrives,
    content_of,
    marker_of,
    read_year_facts,
    text_changes,
    verdict,
)
from shared.adjustments.files import name_in_fortnox
from shared.connections.access import FortnoxAccess
from shared.fortnox import VoucherKey
from shared.store.adjustments import Adjustment
from shared.store.engagements import Engagement


def preview_of(
    access: FortnoxAccess,
    engagement: Engagement,
    organisation_number: str,
    chosen: Sequence[Adjustment],
    series: Mapping[str, str],
) -> ExportPreview:
    """Read what Fortnox has for the year and give a verdict on each; no transaction is open meanwhile.

    The verdicts are those that guard the sending itself, so what is ready goes unless Fortnox changes meanwhile.
    """
    contents = [content_of(adjustment) for adjustment in chosen]
    previewed = []
    with access.open(engagement.id, "interactive", renew=False) as fortnox:
        facts = read_year_facts(fortnox, engagement.year_end, contents)
        readback = Readback(fortnox)
        for adjustment, content in zip(chosen, contents, strict=True):
            marker = marker_of(engagement.firm_id, organisation_number, engagement.year_end, content)
            found = readback.find(content, str(marker), facts.year_id) if facts else None
            previewed.append(_previewed(adjustment, content, series[content.kind], marker, facts, found))
    counts = Counter(voucher.verdict for voucher in previewed)
    return ExportPreview(
        counts=PreviewCounts(ready=counts["ready"], refused=counts["refused"], already_there=counts["already_there"]),
        vouchers=previewed,
    )


def _previewed(
    adjustment: Adjustment,
    content: AdjustmentContent,
    series: str,
    marker: Marker,
    facts: YearFacts | None,
    found: VoucherKey | Doubt | None,
) -> PreviewedVoucher:
    arriving = as_it_arrives(content)
    is_there = isinstance(found, VoucherKey)
    faults = [] if is_there else _faults(content, series, facts, found)
    return PreviewedVoucher(
        adjustment_id=adjustment.id,
        kind=adjustment.kind,
        number=adjustment.number,
        series=series,
        date=arriving.date,
        text=arriving.text,
        rows=[RowView.model_validate(row) for row in arriving.rows],
        text_changes=[TextChangeView.model_validate(change) for change in text_changes(content)],
        files=[name_in_fortnox(file.name, marker.document, file.sha256) for file in adjustment.files],
        verdict="already_there" if is_there else "refused" if faults else "ready",
        faults=[VoucherFault.model_validate(fault) for fault in faults],
        found=VoucherInFortnox.model_validate(found) if is_there else None,
    )


def _faults(
    content: AdjustmentContent, series: str, facts: YearFacts | None, found: VoucherKey | Doubt | None
) -> list[Fault]:
    in_doubt = [Fault(None, found.code, found.reason)] if isinstance(found, Doubt) else []
    return [*in_doubt, *verdict(content, series, facts)]
