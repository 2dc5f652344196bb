"""The voucher series to choose from before an export: what Fortnox has for the year, and what was chosen last."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.gateway.deps import GatewayDeps
from services.gateway.schemas.previews import SeriesList, SeriesView
from shared.adjustments.facts import year_ending
from shared.adjustments.plan import KINDS
from shared.errors import Rejected
from shared.fortnox import FinancialYear, VoucherSeries
from shared.store.adjustments import Export
from shared.store.engagements import Engagement

LOOK_BACK = 20  # exports


def chosen_last(session: Session, engagement: Engagement) -> dict[str, str]:
    """Return the series of each kind in the client's newest export that sent it, whatever the year."""
    exports = session.scalars(
        select(Export)
        .join(Engagement, Engagement.id == Export.engagement_id)
        .where(Engagement.client_id == engagement.client_id, Export.undoes_id.is_(None), Export.state != "failed")
        .order_by(Export.id.desc())
        .limit(LOOK_BACK)
    ).all()
    chosen: dict[str, str] = {}
    for export in exports:
        chosen = {kind: export.series[kind] for kind in KINDS if kind in export.series} | chosen
    return chosen


def series_of(deps: GatewayDeps, engagement: Engagement, chosen: dict[str, str]) -> SeriesList:
    """Ask Fortnox for the series of the engagement's year; raises Rejected "year-missing"."""
    with deps.access.open(engagement.id, "interactive", renew=False) as fortnox:
        year = year_ending(fortnox, engagement.year_end)
        if year is None:
            raise Rejected("year-missing", f"no financial year in Fortnox ends on {engagement.year_end}")
        locked_until = fortnox.locked_until()
        items = [_view_of(series, year, locked_until) for series in fortnox.voucher_series(year.id)]
    return SeriesList(
        year_id=year.id,
        year_from=year.from_date,
        year_to=year.to_date,
        locked_until=locked_until,
        chosen_last=chosen,
        items=items,
    )


def _view_of(series: VoucherSeries, year: FinancialYear, locked_until: date | None) -> SeriesView:
    code, reason = None, None
    if not series.manual:
        code, reason = "series-not-manual", f"series {series.code} is not open for manual vouchers"
    elif locked_until is not None and locked_until >= year.to_date:
        code, reason = "period-locked", f"Fortnox is locked up to {locked_until}"
    return SeriesView(
        code=series.code,
        description=series.description,
        manual=series.manual,
        open=code is None,
        approver=series.approver.name or None if series.approver else None,
        reason_code=code,
        reason=reason,
    )
